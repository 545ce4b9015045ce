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

    /// <summary>The network's output.</summary>
    /// <param name="w">Its weights.</param>
    /// <param name="image">x_t, N×C×H×W.</param>
    /// <param name="timesteps">t, N integers in [0, T).</param>
    /// <returns>o, N×C×H×W, its channels last in memory.</returns>
    public Tensor Forward(Weights w, Tensor image, Tensor timesteps)
    {
        var embedding = _timeEmbedding.index_select(0, timesteps);
        Tensor Shifted(Tensor y, TimeProjection projection) => y.Plus(projection.Apply(embedding, w).unsqueeze(-1).unsqueeze(-1));

        var x = image.ChannelsLast();
        var x1 = _layers.Stage1.Apply(Shifted(x, _layers.Time1), w);
        var x2 = _layers.Stage2.Apply(Shifted(_layers.Down1.Apply(x1, w), _layers.Time2), w);
        var x3 = _layers.Stage3.Apply(Shifted(_layers.Down2.Apply(x2, w), _layers.Time3), w);
        var y = _layers.StageMiddle.Apply(Shifted(_layers.Down3.Apply(x3, w), _layers.TimeMiddle), w);
        y = _layers.Stage4.Apply(Shifted(cat([x3, _layers.Up1.Apply(y, w)], 1), _layers.Time4), w);
        y = _layers.Stage5.Apply(Shifted(cat([x2, _layers.Up2.Apply(y, w)], 1), _layers.Time5), w);
        y = _layers.StageOut.Apply(Shifted(cat([x1, _layers.Up3.Apply(y, w)], 1), _layers.TimeOut), w);
        return _layers.Out.Apply(y, w);
    }

    /// <inheritdoc/>
    public void Dispose() => _timeEmbedding.Dispose();
}
