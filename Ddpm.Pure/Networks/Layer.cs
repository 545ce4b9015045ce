using Ddpm.Pure.Images;
using Ddpm.Pure.Random;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>A layer as a value: its name in the state dict, its sizes and its parameters. Ddpm.Gpu computes it.</summary>
/// <param name="Name">The prefix of its parameters' names.</param>
public abstract record Layer(string Name)
{
    /// <summary>The trained parameters, in state-dict order.</summary>
    public abstract Arr<Parameter> Parameters { get; }

    /// <summary>A weight and a bias with PyTorch's default initialisation, uniform within ±1/√fan_in.</summary>
    private protected static Arr<Parameter> WeightAndBias(string name, Arr<int> shape, int outputs, int fanIn)
    {
        var start = new Initialization.Uniform(1 / Math.Sqrt(fanIn));
        return Array(new Parameter(name + ".weight", shape, start), new Parameter(name + ".bias", Array(outputs), start));
    }
}

/// <summary>A layer that images pass through. Every reading of a network computes it.</summary>
/// <param name="Name">The prefix of its parameters' names.</param>
public abstract record ImageLayer(string Name) : Layer(Name)
{
    /// <summary>What the layer makes of x.</summary>
    /// <typeparam name="TActivation">What the reading works on.</typeparam>
    /// <param name="math">The reading.</param>
    /// <param name="x">The images.</param>
    public abstract TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x);

    /// <summary>Whether a reading may compute it in place. Abstract and internal, it closes the hierarchy to this assembly.</summary>
    internal abstract bool MayChangeItsInput { get; }
}

/// <summary>A convolution, N×In×H×W → N×Out×H'×W'.</summary>
/// <param name="Name">The prefix of its parameters' names.</param>
/// <param name="In">Channels in.</param>
/// <param name="Out">Channels out.</param>
/// <param name="Kernel">Kernel height and width.</param>
/// <param name="Stride">Stride.</param>
/// <param name="Padding">Zero padding on each side.</param>
public sealed record Convolution(string Name, int In, int Out, int Kernel, int Stride, int Padding) : ImageLayer(Name)
{
    /// <summary>Whether weight and bias start at 0, so that a residual block starts as the identity (Ho et al. 2020, their code).</summary>
    public bool StartsAtZero { get; init; }

    /// <summary>Rows and columns of zeros below and to the right of the image, beside <see cref="Padding"/>: 0 or 1.</summary>
    public int TrailingPadding { get; init; }

    /// <summary>Whether the state dict holds the weight of a 1×1 kernel as a matrix, Out×In, as PyTorch's linear layers do.</summary>
    public bool WeightIsMatrix { get; init; }

    /// <inheritdoc/>
    public override Arr<Parameter> Parameters =>
        WeightAndBias(Name, WeightIsMatrix ? Array(Out, In) : Array(Out, In, Kernel, Kernel), Out, In * Kernel * Kernel)
            .Map(parameter => StartsAtZero ? parameter with { Start = new Initialization.Constant(0) } : parameter);

    /// <summary>H' and W' for H and W.</summary>
    public ImageSize OutputSize(ImageSize size) => size.Map(side => (side + 2 * Padding + TrailingPadding - Kernel) / Stride + 1);

    /// <inheritdoc/>
    public override TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x) => math.Apply(this, x);

    internal override bool MayChangeItsInput => false;
}

/// <summary>A transposed convolution, N×In×H×W → N×Out×H'×W' with H' = (H − 1)·Stride − 2·Padding + Kernel.</summary>
/// <param name="Name">The prefix of its parameters' names.</param>
/// <param name="In">Channels in.</param>
/// <param name="Out">Channels out.</param>
/// <param name="Kernel">Kernel height and width.</param>
/// <param name="Stride">Stride.</param>
/// <param name="Padding">Pixels cut from each side.</param>
public sealed record TransposedConvolution(string Name, int In, int Out, int Kernel, int Stride, int Padding) : ImageLayer(Name)
{
    /// <summary>As in PyTorch, the fan-in counts the weight's second dimension, which here is Out.</summary>
    public override Arr<Parameter> Parameters => WeightAndBias(Name, Array(In, Out, Kernel, Kernel), Out, Out * Kernel * Kernel);

    /// <summary>H' and W' for H and W.</summary>
    public ImageSize OutputSize(ImageSize size) => size.Map(side => (side - 1) * Stride - 2 * Padding + Kernel);

    /// <inheritdoc/>
    public override TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x) => math.Apply(this, x);

    internal override bool MayChangeItsInput => false;
}

/// <summary>A linear layer, N×In → N×Out.</summary>
/// <param name="Name">The prefix of its parameters' names.</param>
/// <param name="In">Numbers in.</param>
/// <param name="Out">Numbers out.</param>
public sealed record Linear(string Name, int In, int Out) : Layer(Name)
{
    /// <inheritdoc/>
    public override Arr<Parameter> Parameters => WeightAndBias(Name, Array(Out, In), Out, In);
}

/// <summary>Layer normalisation over channels, height and width, with a scale and a shift for each element (ε = 1e-5).</summary>
/// <param name="Name">The prefix of its parameters' names.</param>
/// <param name="Channels">Channels.</param>
/// <param name="Size">Height and width.</param>
public sealed record LayerNorm(string Name, int Channels, ImageSize Size) : Layer(Name)
{
    /// <inheritdoc/>
    public override Arr<Parameter> Parameters => Array(
        new Parameter(Name + ".weight", Array(Channels, Size.Height, Size.Width), new Initialization.Constant(1)),
        new Parameter(Name + ".bias", Array(Channels, Size.Height, Size.Width), new Initialization.Constant(0)));
}

/// <summary>
/// Group normalisation (Wu and He 2018). It splits the channels into groups and normalises each group of an image to mean 0 and variance 1. Then it
/// scales each channel by γ and shifts it by β. Adaptive group normalisation (Dhariwal and Nichol 2021, section 3.1) also scales by 1 + s and shifts by b;
/// s and b depend on the timestep.
/// </summary>
/// <param name="Name">The prefix of its parameters' names.</param>
/// <param name="Channels">Channels, a multiple of the groups.</param>
/// <param name="Groups">Groups.</param>
/// <param name="Modulation">The projection to s of every channel, then b of every channel; none for plain group normalisation.</param>
/// <param name="Activated">Whether SiLU follows the normalisation.</param>
public sealed record GroupNorm(string Name, int Channels, int Groups, Option<TimeProjection> Modulation, bool Activated) : ImageLayer(Name)
{
    /// <summary>ε > 0, which is added to the variance.</summary>
    public double Epsilon { get; init; } = 1e-5;

    /// <inheritdoc/>
    public override Arr<Parameter> Parameters => Array(
            new Parameter(Name + ".weight", Array(Channels), new Initialization.Constant(1)),
            new Parameter(Name + ".bias", Array(Channels), new Initialization.Constant(0)))
        + Modulation.Match(projection => projection.Parameters, () => Arr<Parameter>.Empty);

    /// <inheritdoc/>
    public override TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x) => math.Apply(this, x);

    internal override bool MayChangeItsInput => false;
}

/// <summary>
/// A residual block (Dhariwal and Nichol 2021, section 3): twice a normalisation with SiLU and a 3×3 convolution. The timestep shifts the first convolution's
/// output, or modulates the second normalisation. The skip path is the identity, or a 1×1 convolution if the channel count changes.
/// </summary>
/// <param name="Name">The prefix of its parameters' names.</param>
/// <param name="FirstNorm">The normalisation before the first convolution.</param>
/// <param name="First">The first convolution.</param>
/// <param name="Shift">The timestep's shift after the first convolution; none if the timestep modulates <paramref name="SecondNorm"/>.</param>
/// <param name="SecondNorm">The normalisation before the second convolution.</param>
/// <param name="Second">The second convolution.</param>
/// <param name="Shortcut">The 1×1 convolution of the skip path, if the channel count changes.</param>
public sealed record ResidualBlock(
    string Name, GroupNorm FirstNorm, Convolution First, Option<TimeProjection> Shift, GroupNorm SecondNorm, Convolution Second,
    Option<Convolution> Shortcut) : ImageLayer(Name)
{
    /// <summary>The dropout before the second convolution; none if the block has no dropout.</summary>
    public Option<Dropout> Dropout { get; init; }

    /// <inheritdoc/>
    public override Arr<Parameter> Parameters => FirstNorm.Parameters + First.Parameters + ParametersOf(Shift) + SecondNorm.Parameters + Second.Parameters
        + ParametersOf(Shortcut);

    /// <inheritdoc/>
    public override TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x) => math.Apply(this, x);

    internal override bool MayChangeItsInput => false;

    private static Arr<Parameter> ParametersOf<TLayer>(Option<TLayer> layer)
        where TLayer : Layer => layer.Match(some => some.Parameters, () => Arr<Parameter>.Empty);
}

/// <summary>
/// Dropout (Srivastava et al. 2014): training sets each unit to 0 with probability p and multiplies all others by 1/(1 − p), so that the mean stays. Otherwise
/// it changes nothing. A unit is one channel of one pixel. Which units are dropped depends on (seed, image, epoch, layer, unit) alone.
/// </summary>
/// <param name="Name">Its place in the network.</param>
/// <param name="Rate">p, in (0, 1).</param>
/// <param name="Number">k, its number among the network's dropout layers, in [0, 128).</param>
public sealed record Dropout(string Name, double Rate, int Number) : ImageLayer(Name)
{
    private const uint BlocksPerLayer = 1 << 25;

    /// <summary>What units that stay are multiplied by.</summary>
    public double Factor => 1 / (1 - Rate);

    /// <inheritdoc/>
    public override Arr<Parameter> Parameters => Arr<Parameter>.Empty;

    /// <summary>Says which units stay.</summary>
    /// <param name="draws">The random numbers of an image in an epoch (<see cref="StreamName.Dropout"/>).</param>
    /// <param name="kept">Receives C·H·W answers, at most 2²⁷.</param>
    public void Fill(Draws draws, Span<bool> kept)
    {
        for (var i = 0; i < kept.Length; i += 4)
        {
            var words = draws.Block((uint)Number * BlocksPerLayer + (uint)i / 4);
            ReadOnlySpan<uint> four = [words.W0, words.W1, words.W2, words.W3];
            for (var k = 0; k < Math.Min(4, kept.Length - i); k++)
            {
                kept[i + k] = Draws.UniformOf(four[k]) >= Rate;
            }
        }
    }

    /// <inheritdoc/>
    public override TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x) => math.Drop(this, x);

    internal override bool MayChangeItsInput => true;
}

/// <summary>
/// Self-attention over the pixels of an image (Vaswani et al. 2017, equation 1). After normalisation, 1×1 convolutions make queries, keys and values of every
/// pixel. Each head averages the values of all pixels with weights softmax(q·k/√d). An output projection, a 1×1 convolution, follows. The skip path is the
/// identity.
/// </summary>
/// <param name="Name">The prefix of its parameters' names.</param>
/// <param name="Heads">Heads, a divisor of the channels. Each head takes consecutive channels.</param>
/// <param name="Norm">The normalisation.</param>
/// <param name="Projections">The projections. Their outputs together are the queries of all heads, then all keys, then all values.</param>
/// <param name="Back">The output projection.</param>
public sealed record SelfAttention(string Name, int Heads, GroupNorm Norm, Arr<Convolution> Projections, Convolution Back) : ImageLayer(Name)
{
    /// <inheritdoc/>
    public override Arr<Parameter> Parameters => Norm.Parameters + Projections.Bind(projection => projection.Parameters) + Back.Parameters;

    /// <inheritdoc/>
    public override TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x) => math.Apply(this, x);

    internal override bool MayChangeItsInput => false;
}

/// <summary>
/// The embedding that all later projections of the network share: linear, SiLU, linear, plus the conditions, then SiLU. It leaves the images as they are.
/// </summary>
/// <param name="Name">The prefix of its parameters' names.</param>
/// <param name="In">The dimension of the timestep embedding.</param>
/// <param name="Out">The dimension of the shared embedding.</param>
/// <param name="Conditions">What is added before the last SiLU, of dimension <paramref name="Out"/>.</param>
public sealed record TimeEmbedding(string Name, int In, int Out, EmbeddingConditions Conditions) : ImageLayer(Name)
{
    /// <summary>The first linear layer.</summary>
    public Linear First => new(Name + ".linear_1", In, Out);

    /// <summary>The second linear layer.</summary>
    public Linear Second => new(Name + ".linear_2", Out, Out);

    /// <inheritdoc/>
    public override Arr<Parameter> Parameters => First.Parameters + Second.Parameters + Conditions.Parameters;

    /// <inheritdoc/>
    public override TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x) => math.Embed(this, x);

    internal override bool MayChangeItsInput => false;
}

/// <summary>Makes each pixel a square of 2×2 equal pixels, N×C×H×W → N×C×2H×2W. It has no parameters.</summary>
/// <param name="Name">Its place in the network.</param>
public sealed record Upsampling(string Name) : ImageLayer(Name)
{
    /// <inheritdoc/>
    public override Arr<Parameter> Parameters => Arr<Parameter>.Empty;

    /// <inheritdoc/>
    public override TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x) => math.Upsample(x);

    internal override bool MayChangeItsInput => false;
}

/// <summary>Projects a timestep embedding to one or more numbers for each channel: linear, SiLU, linear; or one linear layer.</summary>
/// <param name="Name">The prefix of its parameters' names.</param>
/// <param name="In">The embedding's dimension.</param>
/// <param name="Out">How many numbers.</param>
public sealed record TimeProjection(string Name, int In, int Out) : ImageLayer(Name)
{
    /// <summary>Whether it is one linear layer, because the network's <see cref="TimeEmbedding"/> has done the rest.</summary>
    public bool IsLinear { get; init; }

    /// <summary>The linear layers, with SiLU between two.</summary>
    public Arr<Linear> Layers => IsLinear
        ? Array(new Linear(Name, In, Out))
        : Array(new Linear(Name + ".0", In, Out), new Linear(Name + ".2", Out, Out));

    /// <inheritdoc/>
    public override Arr<Parameter> Parameters => Layers.Bind(layer => layer.Parameters);

    /// <inheritdoc/>
    public override TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x) => math.Shift(this, x);

    internal override bool MayChangeItsInput => true;
}

/// <summary>
/// The tutorial's block: layer normalisation, 3×3 convolution, SiLU, 3×3 convolution, SiLU. With <paramref name="Residual"/>, a skip path as in Ho et al. 2020,
/// appendix B: the identity, or a 1×1 convolution if the channel count changes.
/// </summary>
/// <param name="Name">The prefix of its parameters' names.</param>
/// <param name="Size">Height and width.</param>
/// <param name="In">Channels in.</param>
/// <param name="Out">Channels out.</param>
/// <param name="Normalized">Whether the block applies its normalisation. As in the original, the parameters exist either way.</param>
/// <param name="Residual">Whether the block has a skip path.</param>
public sealed record Block(string Name, ImageSize Size, int In, int Out, bool Normalized, bool Residual) : ImageLayer(Name)
{
    /// <summary>The normalisation.</summary>
    public LayerNorm Norm => new(Name + ".ln", In, Size);

    /// <summary>The first convolution.</summary>
    public Convolution First => new(Name + ".conv1", In, Out, 3, 1, 1);

    /// <summary>The second convolution.</summary>
    public Convolution Second => new(Name + ".conv2", Out, Out, 3, 1, 1);

    /// <summary>The 1×1 convolution of the skip path, if the block has one.</summary>
    public Option<Convolution> Shortcut => Residual && In != Out ? new Convolution(Name + ".shortcut", In, Out, 1, 1, 0) : Option<Convolution>.None;

    /// <inheritdoc/>
    public override Arr<Parameter> Parameters =>
        Norm.Parameters + First.Parameters + Second.Parameters + Shortcut.Match(shortcut => shortcut.Parameters, () => Arr<Parameter>.Empty);

    /// <inheritdoc/>
    public override TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x) => math.Apply(this, x);

    internal override bool MayChangeItsInput => false;
}

/// <summary>Layers one after another.</summary>
/// <param name="Name">The prefix of its parameters' names.</param>
/// <param name="Layers">In order.</param>
public sealed record Sequential(string Name, Arr<ImageLayer> Layers) : ImageLayer(Name)
{
    /// <inheritdoc/>
    public override Arr<Parameter> Parameters => Layers.Bind(layer => layer.Parameters);

    /// <inheritdoc/>
    public override TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x) => Layers.Fold(x, (y, next) => next.ApplyTo(math, y));

    internal override bool MayChangeItsInput => !Layers.IsEmpty && Layers[0].MayChangeItsInput;
}

/// <summary>SiLU, x·σ(x). It has no parameters.</summary>
/// <param name="Name">Its place in a sequence.</param>
public sealed record Silu(string Name) : ImageLayer(Name)
{
    /// <inheritdoc/>
    public override Arr<Parameter> Parameters => Arr<Parameter>.Empty;

    /// <inheritdoc/>
    public override TActivation ApplyTo<TActivation>(INetworkMath<TActivation> math, TActivation x) => math.Silu(x);

    internal override bool MayChangeItsInput => true;
}
