using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Training;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Host.Benchmarks;

/// <summary>The same steps with libtorch's operations in place of the kernels, with channels last in memory.</summary>
/// <param name="bench">The benchmark with libtorch's operations.</param>
internal sealed class LibtorchRival(NetworkBench bench) : IRival
{
    /// <inheritdoc/>
    public string Name => "libtorch";

    /// <summary>Prepares it, or says why libtorch cannot be measured.</summary>
    public static Fin<IRival> Of(TrainingConfig config, Device device, Replicas workers)
    {
        var advice = Option<string>.None;
        var bench = new NetworkBench(config, device, workers, network =>
        {
            (var executor, advice) = ComputeDevice.Libtorch(network, ComputeDevice.Inside(config.Precision));
            return executor;
        });
        return advice.Match(
            why =>
            {
                bench.Dispose();
                return LanguageExt.Common.Error.New($"--against libtorch: {why}");
            },
            () => Fin<IRival>.Succ(new LibtorchRival(bench)));
    }

    /// <inheritdoc/>
    public Fin<Rates> Measure(Pace pace) => bench.Rates(pace);

    /// <inheritdoc/>
    public void Dispose() => bench.Dispose();
}
