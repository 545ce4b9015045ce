using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Networks;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Networks;

/// <summary>
/// The tutorial's UNet as a function of its weights: o = network(x, t; θ). It holds no parameters, only the frozen embedding table.
/// </summary>
public sealed class UNet : IDisposable
{
    private readonly UNetLayers _layers;
    private readonly Tensor _timeEmbedding;

    /// <summary>Builds the network of a configuration.</summary>
    /// <param name="config">The network.</param>
    /// <param name="type">float32, or float64 for reference computations.</param>
    /// <param name="device">Where it computes.</param>
    public UNet(UNetConfig config, ScalarType type, Device device)
    {
        (Config, Type, Device) = (config, type, device);
        _layers = new UNetLayers(config);
        Layout = new WeightLayout(_layers.Parameters);
        using var scope = NewDisposeScope();
        _timeEmbedding = tensor(config.Embedding.Table(config.Timesteps, config.EmbeddingDimension).ToArray(),
            [config.Timesteps, config.EmbeddingDimension], type).to(device).DetachFromDisposeScope();
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

    /// <summary>The network: how images flow through its layers, whatever computes them.</summary>
    /// <typeparam name="TActivation">What the layers work on.</typeparam>
    /// <param name="math">What computes them. It knows the images' timesteps.</param>
    /// <param name="x">x_t.</param>
    /// <returns>o.</returns>
    public TActivation Compose<TActivation>(INetworkMath<TActivation> math, TActivation x)
    {
        var x1 = math.Apply(_layers.Stage1, math.Shift(_layers.Time1, x));
        var x2 = math.Apply(_layers.Stage2, math.Shift(_layers.Time2, math.Apply(_layers.Down1, x1)));
        var x3 = math.Apply(_layers.Stage3, math.Shift(_layers.Time3, math.Apply(_layers.Down2, x2)));
        var y = math.Apply(_layers.StageMiddle, math.Shift(_layers.TimeMiddle, math.Apply(_layers.Down3, x3)));
        y = math.Apply(_layers.Stage4, math.Shift(_layers.Time4, math.Concatenate(x3, math.Apply(_layers.Up1, y))));
        y = math.Apply(_layers.Stage5, math.Shift(_layers.Time5, math.Concatenate(x2, math.Apply(_layers.Up2, y))));
        y = math.Apply(_layers.StageOut, math.Shift(_layers.TimeOut, math.Concatenate(x1, math.Apply(_layers.Up3, y))));
        return math.Apply(_layers.Out, y);
    }

    /// <summary>The network's output by libtorch's operations, through which gradients flow.</summary>
    /// <param name="w">Its weights.</param>
    /// <param name="image">x_t, N×C×H×W, of the weights' type.</param>
    /// <param name="timesteps">t, N integers in [0, T).</param>
    /// <param name="classes">The class of each image, N integers in [0, K], K standing for none; null for none of all.</param>
    /// <returns>o, N×C×H×W.</returns>
    public Tensor Forward(Weights w, Tensor image, Tensor timesteps, Tensor? classes = null)
    {
        var embedding = _timeEmbedding.index_select(0, timesteps).to(image.dtype);
        return Compose(
            new TensorLayers(w, Config.Classes == 0 ? embedding : embedding.Plus(w[UNetLayers.ClassEmbeddingName].index_select(0, classes ?? Unclassified(timesteps.shape[0])))),
            image.ChannelsLast());
    }

    /// <summary>No class for any of so many images.</summary>
    public Tensor Unclassified(long images) => TensorMath.Repeated(Config.Classes, images, Device);

    /// <inheritdoc/>
    public void Dispose() => _timeEmbedding.Dispose();
}
