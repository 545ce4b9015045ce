using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Random;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Ddpm.Gpu.Executors;

/// <summary>
/// A network computed by libtorch's operations, and its gradient by libtorch's automatic differentiation; on any device. Whether they are right on a processor,
/// <see cref="ConvolutionCheck"/> tells: <see cref="Devices.ComputeDevice.Libtorch"/> asks it first.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="inside">What layers compute in; null for the network's type.</param>
/// <param name="operations">What convolves and normalises; null for libtorch's own.</param>
internal sealed class TensorExecutor(UNet network, ScalarType? inside = null, TensorOperations? operations = null) : INetworkExecutor
{
    private Tensor? _theta;

    private TensorOperations Operations { get; } = operations ?? TensorOperations.Libtorch;

    private Tensor Theta => _theta ?? throw new InvalidOperationException("no weights were taken");

    /// <inheritdoc/>
    public bool ComputesEachImageByItself => false;

    /// <summary>On the CPU enough to keep its operations long. A GPU is parallel in itself, and takes as much of the batch as the user allows.</summary>
    public int ShareSize(int batch, int parts) => ProcessorDevice.Is(network.Device) ? 64 : (batch - 1) / parts + 1;

    /// <inheritdoc/>
    public long PlannedBytes(int batch, int parts, int threads)
    {
        var size = (inside ?? network.Type).ElementSize();
        return (Math.Min(batch, ShareSize(batch, parts)) * NetworkCost.KeptNumbers(network.Config) + 2L * network.Layout.Count)
            * size * Math.Min(threads, BatchShares.Of(batch, (batch - 1) / ShareSize(batch, parts) + 1).Count);
    }

    /// <inheritdoc/>
    public void Take(Tensor theta, bool withGradient)
    {
        if (withGradient)
        {
            theta.requires_grad_();
        }

        _theta = theta;
    }

    /// <inheritdoc/>
    public Tensor Forward(Tensor x, ReadOnlyMemory<int> timesteps, ReadOnlyMemory<int> classes = default)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        return Output(x, timesteps, classes, default).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Gradient(
        Tensor x, ReadOnlyMemory<int> timesteps, Tensor target, Tensor? weights, int batch, Tensor gradient, ReadOnlyMemory<int> classes = default,
        LearnedVariance? variance = null, ImportanceFactors? importance = null, ReadOnlyMemory<Draws> dropout = default,
        ReadOnlyMemory<double> augmentation = default)
    {
        using var scope = NewDisposeScope();
        network.Check(variance);
        var (output, fraction) = network.Split(Output(x, timesteps, classes, dropout, augmentation));
        Tensor Errors()
        {
            var errors = functional.mse_loss(output, target, Reduction.None).mean([1, 2, 3]);
            return weights is null ? errors : errors * weights;
        }

        Tensor loss;
        if (importance is { } sampled)
        {
            var losses = Errors().to(float64);
            fraction.Iter(f =>
                losses = losses.Plus(VarianceTensors.NatsOfImages(variance!, timesteps, x, target, output.detach(), f).Times(variance!.LossWeight)));
            losses.detach().cpu().data<double>().CopyTo(sampled.Losses.Span);
            loss = (losses * tensor(sampled.Factors.ToArray(), float64).to(network.Device)).sum().Times(1.0 / batch);
        }
        else
        {
            loss = (weights is null ? functional.mse_loss(output, target) : Errors().mean()).Times((double)x.shape[0] / batch);
            fraction.Iter(f =>
            {
                var nats = VarianceTensors.Nats(variance!, timesteps, x, target, output.detach(), f);
                loss = loss.Plus(nats.Times(variance!.LossWeight / batch).to(network.Type));
            });
        }

        gradient.Add(autograd.grad([loss], [Theta])[0], 1);
        return loss.detach().to(float64).MoveToOuterDisposeScope();
    }

    // θ is narrowed as a whole, and gradients come back through that wide.
    private Tensor Output(
        Tensor x, ReadOnlyMemory<int> timesteps, ReadOnlyMemory<int> classes, ReadOnlyMemory<Draws> dropout = default,
        ReadOnlyMemory<double> augmentation = default)
    {
        network.Check(augmentation, timesteps.Length);
        var type = inside ?? network.Type;
        var told = augmentation.IsEmpty ? null : tensor(augmentation.ToArray(), [timesteps.Length, GeometricAugmentation.LabelCount], type).to(network.Device);
        var t = timesteps.ToTensor(network.Device);
        var k = classes.IsEmpty ? null : classes.ToTensor(network.Device);
        return inside is { } narrow
            ? network.Forward(network.Layout.View(Theta.to(narrow)), x.to(narrow), t, k, Operations, dropout, told).to(network.Type)
            : network.Forward(network.Layout.View(Theta), x, t, k, Operations, dropout, told);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
