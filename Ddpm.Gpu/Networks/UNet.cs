using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Random;
using Ddpm.Pure.Sampling;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Networks;

/// <summary>
/// A UNet as a function of its weights: o = network(x, t; θ). It holds no parameters, only the frozen table of timestep embeddings.
/// </summary>
public sealed class UNet : IDisposable
{
    private readonly Tensor _timeEmbedding;

    /// <summary>Builds the network of a configuration.</summary>
    /// <param name="config">The network.</param>
    /// <param name="type">float32, or float64 for reference computations.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="table">The T×d table of timestep embeddings, row by row, where it came with the weights; none for the configuration's formula.</param>
    /// <exception cref="ArgumentException">There is neither a table of this size nor a formula.</exception>
    public UNet(UNetConfig config, ScalarType type, Device device, Option<ReadOnlyMemory<double>> table = default)
    {
        (Config, Type, Device) = (config, type, device);
        Layout = new WeightLayout(config.Parameters);
        using var scope = NewDisposeScope();
        var entries = table.IfNone(() => config.Embedding.Match(
            formula => formula.Table(config.NetworkTimes, config.EmbeddingDimension),
            () => throw new ArgumentException("the embedding of timesteps follows no formula, and no table was given", nameof(table))));
        _timeEmbedding = tensor(entries.ToArray(), [config.Timesteps, config.EmbeddingDimension], type).to(device).DetachFromDisposeScope();
    }

    /// <summary>What was built.</summary>
    public UNetConfig Config { get; }

    /// <summary>The type of its numbers.</summary>
    public ScalarType Type { get; }

    /// <summary>Where it computes.</summary>
    public Device Device { get; }

    /// <summary>Where its parameters lie in θ.</summary>
    public WeightLayout Layout { get; }

    /// <summary>The frozen T×d table of timestep embeddings.</summary>
    public Tensor TimeEmbedding => _timeEmbedding;

    /// <summary>θ at the start of a run: a function of the seed alone.</summary>
    public Tensor InitialWeights(ulong seed) =>
        Layout.Assemble((parameter, k, destination) => WeightInitialization.Fill(parameter, k, seed, destination), Type, Device);

    /// <summary>
    /// The network's output by libtorch's operations, through which gradients flow. On some processors libtorch convolves wrongly.
    /// <see cref="Devices.ComputeDevice.Executor"/> checks that; this method does not.
    /// </summary>
    /// <param name="w">Its weights.</param>
    /// <param name="image">x_t, N×C×H×W, of the weights' type.</param>
    /// <param name="timesteps">t, N integers in [0, T).</param>
    /// <param name="classes">The class of each image, N integers in [0, K], K standing for none; null for none of all.</param>
    /// <returns>o, N×C×H×W; N×2C×H×W if the network learns the variance.</returns>
    public Tensor Forward(Weights w, Tensor image, Tensor timesteps, Tensor? classes = null) =>
        Forward(w, image, timesteps, classes, TensorOperations.Libtorch);

    /// <summary>
    /// The network's output by other operations, and with dropout if each image has random numbers for it. <paramref name="augmentation"/>, N×9, tells how
    /// each image was changed; null if none was.
    /// </summary>
    internal Tensor Forward(
        Weights w, Tensor image, Tensor timesteps, Tensor? classes, TensorOperations operations, ReadOnlyMemory<Draws> dropout = default,
        Tensor? augmentation = null)
    {
        var embedding = _timeEmbedding[timesteps].to(image.dtype);
        var told = new TensorConditions(Config.Classes > 0 ? classes ?? Unclassified(timesteps.shape[0]) : null, augmentation);
        var conditioned = told.AddedTo(embedding, Config.Conditions, w);
        return Config.Compose(new TensorLayers(w, operations, conditioned, told, dropout), image.ChannelsLast());
    }

    /// <summary>The two outputs of the network: o and the fraction f of the variance, if the network learns it.</summary>
    /// <param name="output">N×C×H×W; or N×2C×H×W with v after o.</param>
    public NetworkOutput<Tensor> Split(Tensor output) => Config.LearnsVariance
        ? new NetworkOutput<Tensor>(
            output.narrow(1, 0, Config.ImageChannels),
            output.narrow(1, Config.ImageChannels, Config.ImageChannels).Times(LearnedVariance.Fraction.First).Add(LearnedVariance.Fraction.Second))
        : output;

    /// <summary>Refuses a loss of the variance for a network that learns none, and the lack of one for a network that does.</summary>
    internal void Check(LearnedVariance? variance)
    {
        if (Config.LearnsVariance != variance is not null)
        {
            throw new ArgumentException(
                Config.LearnsVariance ? "the network learns the variance, and no loss of it is given" : "the network learns no variance", nameof(variance));
        }
    }

    /// <summary>Refuses labels of changes for a network that is not told of them, and another number of labels than nine for each image.</summary>
    internal void Check(ReadOnlyMemory<double> augmentation, int images)
    {
        if (!augmentation.IsEmpty && (!Config.KnowsAugmentation || augmentation.Length != images * GeometricAugmentation.LabelCount))
        {
            throw new ArgumentException(
                Config.KnowsAugmentation
                    ? Invariant($"{images} images need {images}×{GeometricAugmentation.LabelCount} labels of their changes, got {augmentation.Length}")
                    : "the network is not told how images were changed",
                nameof(augmentation));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timeEmbedding.Dispose();

    private Tensor Unclassified(long images) => TensorMath.Repeated(Config.Classes, images, Device);
}
