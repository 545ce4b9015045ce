using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Sampling;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Sampling;

/// <summary>A network with its weights.</summary>
/// <param name="Network">The network.</param>
/// <param name="Theta">Its weights.</param>
/// <param name="Guide">A worse network for the same images and timesteps, of any architecture, for plans that ask a guide.</param>
public sealed record TrainedNetwork(UNet Network, Tensor Theta, Option<TrainedNetwork> Guide = default)
{
    /// <summary>The number format of its arithmetic, and of its guide's. Another format changes images a little.</summary>
    public Precision Precision { get; init; }
}

/// <summary>The networks that the lines of a plan ask. Several threads may use them at the same time.</summary>
internal sealed class GuidedNetwork : IDisposable
{
    private readonly (UNet Network, INetworkExecutor Executor) _model;
    private readonly Option<(UNet Network, INetworkExecutor Executor)> _guide;
    private readonly Option<ClassCondition> _condition;

    /// <param name="model">The model, with its guide if plans ask one.</param>
    /// <param name="condition">The classes of the images by their numbers.</param>
    public GuidedNetwork(TrainedNetwork model, Option<ClassCondition> condition)
    {
        (_model, _guide, _condition) = (Ready(model), model.Guide.Map(Ready), condition);

        (UNet, INetworkExecutor) Ready(TrainedNetwork trained)
        {
            var executor = ComputeDevice.Executor(trained.Network, model.Precision);
            executor.Take(trained.Theta, withGradient: false);
            return (trained.Network, executor);
        }
    }

    /// <summary>The output of a line.</summary>
    /// <param name="x">What the network sees, N×C×H×W.</param>
    /// <param name="line">The line.</param>
    /// <param name="part">The numbers of the images in x, and which of them are wanted.</param>
    /// <returns>o, N×C×H×W, and the fraction of a learned variance; 0 for images that are not wanted, where that saves time.</returns>
    /// <exception cref="ArgumentException">The line asks a guide, and there is none.</exception>
    public NetworkOutput<Tensor> Output(Tensor x, SamplingLine line, MicroBatches.Part part)
    {
        return PlanState<Tensor>.Output(line, TensorArithmetic.Instance, source =>
        {
            var (network, executor) = source != NetworkSource.Guide ? _model
                : _guide.IfNone(() => throw new ArgumentException("the plan asks a guide, and there is none", nameof(line)));
            var (from, count) = executor.ComputesEachImageByItself ? (part.From, part.Count) : (0, (int)x.shape[0]);
            var timesteps = Enumerable.Repeat(line.Timestep, count).ToArray();
            int[] classes = source != NetworkSource.Unconditional && network.Config.Classes > 0
                ? _condition.Map(known => Enumerable.Range(part.First + from, count).Select(known.ClassOf).ToArray()).IfNone([])
                : [];
            return network.Split(Among(executor.Forward(x.narrow(0, from, count), timesteps, classes), from, x.shape[0]));
        });
    }

    /// <summary>The outputs of some images among those of a whole micro-batch.</summary>
    private static Tensor Among(Tensor outputs, int from, long images)
    {
        if (outputs.shape[0] == images)
        {
            return outputs;
        }

        var all = zeros([images, .. outputs.shape[1..]], outputs.dtype, outputs.device);
        using var place = all.narrow(0, from, outputs.shape[0]);
        place.copy_(outputs);
        return all;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _model.Executor.Dispose();
        _guide.Iter(guide => guide.Executor.Dispose());
    }
}
