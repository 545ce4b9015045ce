using Ddpm.Pure.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Training;

/// <summary>
/// Shares a batch out to threads that compute side by side, each on one core by itself. With small convolutions that keeps the cores
/// busier than several threads inside each operation do. The shares, and the order in which their results are put together, depend on
/// the count alone, so that equal counts give equal bits.
/// </summary>
/// <param name="Count">How many share a batch, ≥ 1.</param>
public sealed record Replicas(int Count)
{
    /// <summary>One for each thread that libtorch may use on the CPU; a single one on any other device, which is parallel in itself.</summary>
    public static Replicas For(Device device) => new(device.type == DeviceType.CPU ? get_num_threads() : 1);

    /// <summary>Computes all shares of a batch.</summary>
    /// <param name="batch">Its images.</param>
    /// <param name="share">Computes the share of count images from first on.</param>
    /// <returns>The results in the order of the shares.</returns>
    public T[] Run<T>(int batch, Func<int, int, T> share)
    {
        var parts = BatchShares.Of(batch, Count);
        if (parts.Count == 1)
        {
            return [share(0, batch)];
        }

        var running = parts.Map(part => Task.Factory.StartNew(
            () =>
            {
                set_num_threads(1); // of this thread; the others keep theirs
                return share(part.First, part.Count);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        return [.. running.Select(task => task.GetAwaiter().GetResult())];
    }
}
