using Ddpm.Pure.Training;
using LanguageExt;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Training;

/// <summary>
/// Threads that compute side by side, each on one core by itself. With small convolutions that keeps the cores busier than several threads
/// inside each operation do.
/// </summary>
/// <param name="Count">How many, ≥ 1.</param>
public sealed record Replicas(int Count)
{
    /// <summary>One for each thread that libtorch may use on the CPU; a single one on any other device, which is parallel in itself.</summary>
    public static Replicas For(Device device) => new(device.type == DeviceType.CPU ? get_num_threads() : 1);

    /// <summary>
    /// Computes all shares of a batch. The shares, and the order in which their results are put together, depend on the count alone, so that
    /// equal counts give equal bits.
    /// </summary>
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

        return Together(parts.Map<Func<T>>(part => () => share(part.First, part.Count)));
    }

    /// <summary>Computes pieces of work, each on one thread, in any order: what a piece comes to does not depend on the count.</summary>
    /// <param name="pieces">How many.</param>
    /// <param name="piece">Computes one, by its number.</param>
    public void ForEach(int pieces, Action<int> piece)
    {
        var taken = 0;
        Together(Enumerable.Repeat<Func<Unit>>(
            () =>
            {
                for (var next = Interlocked.Increment(ref taken); next <= pieces; next = Interlocked.Increment(ref taken))
                {
                    piece(next - 1);
                }

                return default;
            },
            Math.Min(Count, pieces)));
    }

    /// <summary>Does all at once, each on a thread of its own, and returns or throws when the last has ended.</summary>
    private static T[] Together<T>(IEnumerable<Func<T>> work)
    {
        var all = work.ToArray();
        return Task.WhenAll(all.Select(one => ComputeThreads.Start(one, all.Length)).ToArray()).GetAwaiter().GetResult();
    }
}
