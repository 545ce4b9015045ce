using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Random;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Executors;

/// <summary>What computes a network and its gradient. Several threads may ask at the same time.</summary>
public interface INetworkExecutor : IDisposable
{
    /// <summary>
    /// How many images of a training batch to compute in one piece. The gradients of pieces are added in an order that their number alone decides
    /// (<see cref="Pure.Optimisation.SumOrder"/>), so that no number of threads changes a bit.
    /// </summary>
    /// <param name="batch">Images in the batch, ≥ 1.</param>
    /// <param name="parts">
    /// The least number of pieces that the user wants, ≥ 1, to save memory. Only a device that would compute the batch whole follows it.
    /// </param>
    int ShareSize(int batch, int parts);

    /// <summary>Whether an image's output has the same bits in a batch of any size, so that no images have to fill up a micro-batch.</summary>
    bool ComputesEachImageByItself { get; }

    /// <summary>The bytes that training with it takes on its device, beside θ and its gradient. An estimate for libtorch. Asking takes no memory.</summary>
    /// <param name="batch">Images in a batch, ≥ 1.</param>
    /// <param name="parts">As for <see cref="ShareSize"/>.</param>
    /// <param name="threads">How many threads compute at the same time, ≥ 1.</param>
    long PlannedBytes(int batch, int parts, int threads);

    /// <summary>Takes weights, to compute with from here on. They have to stay alive, and nobody may ask meanwhile.</summary>
    /// <param name="theta">θ.</param>
    /// <param name="withGradient">Whether gradients will be asked for.</param>
    void Take(Tensor theta, bool withGradient);

    /// <summary>The network's output.</summary>
    /// <param name="x">x_t, N×C×H×W.</param>
    /// <param name="timesteps">t, N integers in [0, T).</param>
    /// <param name="classes">The class of each image, N integers in [0, K]; K means no class. Empty where no image has a class.</param>
    /// <returns>o, N×C×H×W; N×2C×H×W where the network learns the variance, v after o: see <see cref="Networks.UNet.Split"/>.</returns>
    Tensor Forward(Tensor x, ReadOnlyMemory<int> timesteps, ReadOnlyMemory<int> classes = default);

    /// <summary>The loss of some of a batch's images; its gradient is added to a vector.</summary>
    /// <param name="x">x_t, N×C×H×W.</param>
    /// <param name="timesteps">t, N integers in [0, T).</param>
    /// <param name="target">The output that the network should have, N×C×H×W.</param>
    /// <param name="weights">How much the mean squared error of each image counts, N numbers; null for 1 each.</param>
    /// <param name="batch">The number of images in the whole batch. The loss is the sum of the weighted errors, divided by it.</param>
    /// <param name="gradient">∇θ is added to it.</param>
    /// <param name="classes">The class of each image, as for <see cref="Forward"/>.</param>
    /// <param name="variance">How the variance is learned: given if the network learns it, and only then. Its loss is added, without weights.</param>
    /// <param name="importance">With importance sampling, the factor of each image's whole loss, and where the losses go; else null.</param>
    /// <param name="dropout">The random numbers of each image's dropout; empty for no dropout.</param>
    /// <param name="augmentation">
    /// What the network is told of each image's change (<see cref="Ddpm.Pure.Images.GeometricAugmentation.Labels"/>), N×9 numbers; empty where none is changed.
    /// </param>
    /// <returns>The loss in float64, on the network's device.</returns>
    Tensor Gradient(
        Tensor x, ReadOnlyMemory<int> timesteps, Tensor target, Tensor? weights, int batch, Tensor gradient, ReadOnlyMemory<int> classes = default,
        LearnedVariance? variance = null, ImportanceFactors? importance = null, ReadOnlyMemory<Draws> dropout = default,
        ReadOnlyMemory<double> augmentation = default);
}
