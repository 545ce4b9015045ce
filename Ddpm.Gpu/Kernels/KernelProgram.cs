using System.Numerics;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Random;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// A network compiled once from its definition: its operations in order, with memory for a batch of images. One thread at a time runs a program. Programs of
/// different threads share the weights.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class KernelProgram<T> : INetworkMath<Activation<T>>, IClassifierMath<Activation<T>>, IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>
    /// The largest batch: large enough to reuse loaded weights well, small enough to keep a layer's images in a near cache. Larger images have a smaller batch.
    /// </summary>
    public const int ForwardImages = 4, GradientImages = 16;

    private const int UpToSize = 32;

    private readonly List<KernelNode<T>> _nodes = [];
    private readonly Dictionary<(ImageSize Size, int Channels, int Purpose), Activation<T>> _scratch = [];
    private readonly List<IDisposable> _memory = [];
    private readonly NativeArray<T> _windowScratch = new();
    private readonly NativeArray<T>[] _passing = [new(), new()];
    private readonly KernelConditions<T>? _conditions;

    /// <summary>Compiles a network.</summary>
    /// <param name="weights">Its weights.</param>
    /// <param name="size">Height and width of its images.</param>
    /// <param name="channels">The channels of its images.</param>
    /// <param name="withGradient">Whether a backward pass will follow.</param>
    /// <param name="compose">Its definition.</param>
    /// <param name="conditions">The timestep and class of each image, for a network with timesteps. The program owns it.</param>
    public KernelProgram(
        KernelWeights<T> weights, ImageSize size, int channels, bool withGradient, Func<KernelProgram<T>, Activation<T>, Activation<T>> compose,
        KernelConditions<T>? conditions = null)
    {
        (Weights, Images, WithGradient, _conditions) = (weights, ImagesAtOnce(size, withGradient), withGradient, conditions);
        Input = Allocate(weights.Shape(size), channels);
        Output = compose(this, Input);
    }

    /// <summary>The weights.</summary>
    public KernelWeights<T> Weights { get; }

    /// <summary>The largest batch, in images.</summary>
    public int Images { get; }

    /// <summary>Whether a backward pass will follow.</summary>
    public bool WithGradient { get; }

    /// <summary>The random numbers of each image's dropout; empty for no dropout.</summary>
    public ReadOnlyMemory<Draws> Dropout { get; set; }

    /// <summary>x_t.</summary>
    public Activation<T> Input { get; }

    /// <summary>The network's output.</summary>
    public Activation<T> Output { get; }

    /// <summary>The scratch of all windows that were <see cref="Reserve">reserved</see>.</summary>
    public T* WindowScratch => _windowScratch.Pointer;

    /// <summary>The timestep and class of each image.</summary>
    public KernelConditions<T> Conditions => _conditions ?? throw new InvalidOperationException("this network knows no timesteps");

    /// <summary>The batch size for an image size.</summary>
    public static int ImagesAtOnce(ImageSize size, bool withGradient)
    {
        var most = withGradient ? GradientImages : ForwardImages;
        return Math.Clamp(most * UpToSize * UpToSize / size.Pixels, 1, most);
    }

    /// <summary>Computes <see cref="Output"/> from <see cref="Input"/>. It overwrites the input.</summary>
    /// <param name="images">The number of images.</param>
    public void Forward(int images)
    {
        foreach (var node in _nodes)
        {
            node.Forward(images);
        }
    }

    /// <summary>Computes the gradient of θ from the gradient of <see cref="Output"/>, and adds it.</summary>
    /// <param name="images">The number of images.</param>
    /// <param name="gradient">The gradient of θ.</param>
    public void Backward(int images, T* gradient)
    {
        _conditions?.ClearGradients();
        for (var i = _nodes.Count - 1; i >= 0; i--)
        {
            _nodes[i].Backward(images, gradient);
        }

        _conditions?.AddGradients(images, gradient);
    }

    /// <summary>Allocates the output of a layer.</summary>
    /// <param name="shape">The shape of its planes.</param>
    /// <param name="channels">Its channels.</param>
    /// <param name="plain">Whether it needs no gradient.</param>
    public Activation<T> Allocate(PlaneShape<T> shape, int channels, bool plain = false) =>
        Own(new Activation<T>(shape, channels, Images, WithGradient && !plain));

    /// <summary>Allocates numbers, initially zero.</summary>
    public NativeArray<T> Allocate(long count) => Own(new NativeArray<T>(count));

    /// <summary>Memory that layers of the same shape share for one purpose.</summary>
    public Activation<T> Scratch(PlaneShape<T> shape, int channels, int purpose)
    {
        if (!_scratch.TryGetValue((shape.Size, channels, purpose), out var scratch))
        {
            _scratch.Add((shape.Size, channels, purpose), scratch = Allocate(shape, channels, plain: true));
        }

        return scratch;
    }

    /// <summary>Reserves a window's scratch memory.</summary>
    public void Reserve(Window<T> window) => _windowScratch.Reserve(window.Scratch);

    /// <summary>Per-image storage, kept until the backward pass. Without gradients, one slot that every image reuses.</summary>
    /// <param name="each">The numbers of an image.</param>
    /// <param name="slack">Further numbers after the last image.</param>
    public KeptRows<T> Keep(int each, int slack) => Rows(Allocate(0), each, slack);

    /// <summary>Per-image storage that a layer needs only while it computes. All layers share it.</summary>
    /// <param name="which">Which of the two shared storages.</param>
    /// <param name="each">The numbers of an image.</param>
    /// <param name="slack">Further numbers after the last image.</param>
    public KeptRows<T> Pass(int which, int each, int slack) => Rows(_passing[which], each, slack);

    /// <inheritdoc/>
    public Activation<T> Shift(TimeProjection projection, Activation<T> x)
    {
        _nodes.Add(new ShiftNode<T>(this, projection, x));
        return x;
    }

    /// <inheritdoc/>
    public Activation<T> Apply(Block block, Activation<T> x)
    {
        _nodes.Add(new BlockNode<T>(block, this, x, out var y));
        return y;
    }

    /// <inheritdoc/>
    public Activation<T> Apply(Convolution layer, Activation<T> x)
    {
        _nodes.Add(new ConvolutionNode<T>(this, Weights.Window(layer, x.Shape.Size), layer.Name, gathers: true, x, out var y));
        return y;
    }

    /// <inheritdoc/>
    public Activation<T> Apply(TransposedConvolution layer, Activation<T> x)
    {
        _nodes.Add(new ConvolutionNode<T>(this, Weights.Window(layer, x.Shape.Size), layer.Name, gathers: false, x, out var y));
        return y;
    }

    /// <inheritdoc/>
    public Activation<T> Silu(Activation<T> x)
    {
        _nodes.Add(new SiluNode<T>(this, x));
        return x;
    }

    /// <inheritdoc/>
    public Activation<T> Pool(Activation<T> x)
    {
        _nodes.Add(new PoolNode<T>(this, x, out var y));
        return y;
    }

    /// <inheritdoc/>
    public Activation<T> Apply(Linear layer, Activation<T> x)
    {
        _nodes.Add(new LinearNode<T>(this, layer, x, out var y));
        return y;
    }

    /// <inheritdoc/>
    public Activation<T> Concatenate(Activation<T> first, Activation<T> second)
    {
        _nodes.Add(new ConcatenationNode<T>(this, [first, second], out var y));
        return y;
    }

    /// <inheritdoc/>
    public Activation<T> Copy(Activation<T> x)
    {
        _nodes.Add(new ConcatenationNode<T>(this, [x], out var y));
        return y;
    }

    /// <inheritdoc/>
    public Activation<T> Apply(GroupNorm norm, Activation<T> x)
    {
        _nodes.Add(new GroupNormNode<T>(norm, this, x, out var y));
        return y;
    }

    /// <inheritdoc/>
    public Activation<T> Attend(int heads, Activation<T> queriesKeysValues)
    {
        _nodes.Add(new AttentionNode<T>(this, heads, queriesKeysValues, out var y));
        return y;
    }

    /// <inheritdoc/>
    public Activation<T> Add(Activation<T> x, Activation<T> y)
    {
        _nodes.Add(new AdditionNode<T>(x, y));
        return y;
    }

    /// <inheritdoc/>
    public Activation<T> Drop(Dropout layer, Activation<T> x)
    {
        if (WithGradient)
        {
            _nodes.Add(new DropoutNode<T>(this, layer, x));
        }

        return x;
    }

    /// <inheritdoc/>
    public Activation<T> Embed(TimeEmbedding embedding, Activation<T> x)
    {
        _nodes.Add(new EmbeddingNode<T>(this, embedding));
        return x;
    }

    /// <inheritdoc/>
    public Activation<T> Upsample(Activation<T> x)
    {
        _nodes.Add(new UpsamplingNode<T>(this, x, out var y));
        return y;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var memory in (IDisposable[])[.. _memory, _windowScratch, .. _passing])
        {
            memory.Dispose();
        }

        _conditions?.Dispose();
    }

    private KeptRows<T> Rows(NativeArray<T> room, int each, int slack)
    {
        room.Reserve((long)(WithGradient ? Images + Images % 2 : 1) * each + slack); // even, because bfloat16 products take images in pairs
        return new(room, each, WithGradient);
    }

    private M Own<M>(M memory)
        where M : IDisposable
    {
        _memory.Add(memory);
        return memory;
    }
}
