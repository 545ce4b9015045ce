using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Sampling;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Sampling;

/// <summary>A network with classes and guidance, if a sampler has them. Several threads may use it at the same time.</summary>
/// <param name="network">The network.</param>
/// <param name="executor">Computes the network.</param>
/// <param name="condition">The classes of the images by their numbers, and the guidance scale.</param>
internal sealed class ConditionedNetwork(UNet network, INetworkExecutor executor, Option<ClassCondition> condition)
{
    /// <summary>The network's output.</summary>
    /// <param name="x">x_t, N×C×H×W.</param>
    /// <param name="timestep">t, in [0, T), of all N.</param>
    /// <param name="firstImage">The number of the first image; the others follow it.</param>
    /// <returns>
    /// o, N×C×H×W, and the fraction of a learned variance. Guidance (Ho and Salimans 2022) combines two outputs of the network. An output whose factor is
    /// 0 is not computed. It combines o alone. The fraction is the one with the class, because guidance moves the mean of a step and not its spread.
    /// </returns>
    public NetworkOutput<Tensor> Output(Tensor x, int timestep, int firstImage)
    {
        var count = (int)x.shape[0];
        var timesteps = Enumerable.Repeat(timestep, count).ToArray();
        return condition.Match(
            known =>
            {
                var (plain, classed) = (known.Guidance.Output.First, known.Guidance.Output.Second);
                NetworkOutput<Tensor> Plain() => network.Split(executor.Forward(x, timesteps));
                NetworkOutput<Tensor> Classed() =>
                    network.Split(executor.Forward(x, timesteps, Enumerable.Range(firstImage, count).Select(known.ClassOf).ToArray()));
                if (plain == 0 || classed == 0)
                {
                    return plain == 0 ? Classed() : Plain();
                }

                var (without, with) = (Plain(), Classed());
                return with with { Value = without.Value.Times(plain).Plus(with.Value.Times(classed)) };
            },
            () => network.Split(executor.Forward(x, timesteps)));
    }
}
