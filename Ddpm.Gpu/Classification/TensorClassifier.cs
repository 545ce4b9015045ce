using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Ddpm.Gpu.Classification;

/// <summary>A classifier computed by libtorch's operations, and its gradient by libtorch's automatic differentiation; on any device.</summary>
/// <param name="classifier">The classifier.</param>
internal sealed class TensorClassifier(Classifier classifier) : IClassifierExecutor
{
    private Tensor? _theta;

    private Tensor Theta => _theta ?? throw new InvalidOperationException("no weights were taken");

    /// <inheritdoc/>
    public void Take(Tensor theta) => _theta = theta;

    /// <inheritdoc/>
    public Tensor Features(Tensor images)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        return classifier.Features(Layers(Theta), images.ChannelsLast()).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Logits(Tensor images)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        return Logits(Theta, images).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public double Gradient(Tensor images, ReadOnlyMemory<int> labels, double smoothing, int batch, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var theta = Theta.detach().requires_grad_();
        var logs = functional.log_softmax(Logits(theta, images), 1);
        var targets = tensor(labels.ToArray().Select(label => (long)label).ToArray()).to(images.device);
        var chosen = logs.gather(1, targets.unsqueeze(1)).sum();
        var loss = chosen.Times(smoothing - 1).Plus(logs.sum().Times(-smoothing / classifier.Config.Classes)).Times(1.0 / batch);
        gradient.Add(autograd.grad([loss], [theta])[0], 1);
        return loss.detach().to(float64).item<double>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private Tensor Logits(Tensor theta, Tensor images)
    {
        var layers = Layers(theta);
        return classifier.Logits(layers, classifier.Features(layers, images.ChannelsLast()));
    }

    private TensorLayers Layers(Tensor theta) => new(classifier.Layout.View(theta), TensorOperations.Libtorch);
}
