using static TorchSharp.torch;

namespace Ddpm.Gpu.Classification;

/// <summary>What computes a classifier and its gradient. Several threads may ask at the same time.</summary>
internal interface IClassifierExecutor : IDisposable
{
    /// <summary>Takes weights, to compute with from here on. They have to stay alive, and nobody may ask meanwhile.</summary>
    /// <param name="theta">θ.</param>
    void Take(Tensor theta);

    /// <summary>The features of images.</summary>
    /// <param name="images">N×C×H×W in [−1, 1], of the type of θ.</param>
    /// <returns>N×D.</returns>
    Tensor Features(Tensor images);

    /// <summary>The logits of images.</summary>
    /// <param name="images">N×C×H×W in [−1, 1], of the type of θ.</param>
    /// <returns>N×K.</returns>
    Tensor Logits(Tensor images);

    /// <summary>The cross entropy of some of a batch's images; its gradient is added to a vector.</summary>
    /// <param name="images">N×C×H×W in [−1, 1], of the type of θ.</param>
    /// <param name="labels">The class of each.</param>
    /// <param name="smoothing">The part of each target that is spread evenly over all classes.</param>
    /// <param name="batch">The images of the whole batch: the loss is the sum over images, divided by that.</param>
    /// <param name="gradient">What ∇θ is added to.</param>
    double Gradient(Tensor images, ReadOnlyMemory<int> labels, double smoothing, int batch, Tensor gradient);
}
