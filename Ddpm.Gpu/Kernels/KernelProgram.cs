using System.Numerics;
using Ddpm.Gpu.Networks;
using Ddpm.Pure.Networks;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// A network put together once from its definition: its operations in order and the memory they work in, for so many images at a time. One thread
/// runs it at a time; as many programs as threads share the weights.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class KernelProgram<T> : INetworkMath<Activation<T>>, IClassifierMath<Activation<T>>, IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>
    /// So many images that the weights are read often enough for what they cost, and so few that a layer's images stay in a near cache; fewer of larger ones.
    /// </summary>
    public const int ForwardImages = 4, GradientImages = 16;

    private const int UpToSize = 32;

    private readonly List<KernelNode<T>> _nodes = [];
    private readonly Dictionary<(int Size, int Channels, int Purpose), Activation<T>> _scratch = [];
    private readonly List<IDisposable> _memory = [];
    private readonly SharedRoom<T> _windowScratch = new();
    private readonly SharedRoom<T>[] _passing = [new(), new()];
    private readonly KernelConditions<T>? _conditions;

    /// <summary>Puts a network together.</summary>
    /// <param name="weights">Its weights.</param>
    /// <param name="size">Height and width of its images.</param>
    /// <param name="channels">Their channels.</param>
    /// <param name="withGradient">Whether gradients will be asked for.</param>
    /// <param name="compose">Its definition.</param>
    /// <param name="conditions">What it knows of each image, for a network with timesteps. The program owns it.</param>
    public KernelProgram(
        KernelWeights<T> weights, int size, int channels, bool withGradient, Func<KernelProgram<T>, Activation<T>, Activation<T>> compose,
        KernelConditions<T>? conditions = null)
    {
        (Weights, Images, WithGradient, _conditions) = (weights, ImagesAtOnce(size, withGradient), withGradient, conditions);
        Input = Allocate(weights.Shape(size), channels);
        Output = compose(this, Input);
    }

    /// <summary>The weights.</summary>
    public KernelWeights<T> Weights { get; }

    /// <summary>How many images there is room for.</summary>
    public int Images { get; }

    /// <summary>Whether gradients will be asked for.</summary>
    public bool WithGradient { get; }

    /// <summary>x_t.</summary>
    public Activation<T> Input { get; }

    /// <summary>The network's output.</summary>
    public Activation<T> Output { get; }

    /// <summary>The scratch of all windows that were <see cref="Reserve">reserved</see>.</summary>
    public T* WindowScratch => _windowScratch.Pointer;

    /// <summary>What the network knows of each image.</summary>
    public KernelConditions<T> Conditions => _conditions ?? throw new InvalidOperationException("this network knows no timesteps");

    /// <summary>How many images of a size are computed together.</summary>
    public static int ImagesAtOnce(int size, bool withGradient)
    {
        var most = withGradient ? GradientImages : ForwardImages;
        return Math.Clamp(most * UpToSize * UpToSize / (size * size), 1, most);
    }

    /// <summary>Computes <see cref="Output"/> from <see cref="Input"/>, which is changed.</summary>
    /// <param name="images">How many images.</param>
    public void Forward(int images)
    {
        foreach (var node in _nodes)
        {
            node.Forward(images);
        }
    }

    /// <summary>From the gradient of <see cref="Output"/> that of θ, which is added to what is there.</summary>
    /// <param name="images">How many images.</param>
    /// <param name="gradient">Of θ.</param>
    public void Backward(int images, T* gradient)
    {
        _conditions?.ClearGradients();
        for (var i = _nodes.Count - 1; i >= 0; i--)
        {
            _nodes[i].Backward(images, gradient);
        }

        _conditions?.AddGradients(images, gradient);
    }

    /// <summary>Room for what a layer makes.</summary>
    /// <param name="shape">The shape of its planes.</param>
    /// <param name="channels">Its channels.</param>
    /// <param name="plain">Whether nobody asks for its gradient.</param>
    public Activation<T> Allocate(PlaneShape<T> shape, int channels, bool plain = false) => Own(new Activation<T>(shape, channels, Images, WithGradient && !plain));

    /// <summary>Room for some numbers, zeros at first.</summary>
    public NativeArray<T> Allocate(long count) => Own(new NativeArray<T>(count));

    /// <summary>Room that layers of the same shape share for one purpose.</summary>
    public Activation<T> Scratch(PlaneShape<T> shape, int channels, int purpose)
    {
        if (!_scratch.TryGetValue((shape.Size, channels, purpose), out var scratch))
        {
            _scratch.Add((shape.Size, channels, purpose), scratch = Allocate(shape, channels, plain: true));
        }

        return scratch;
    }

    /// <summary>Makes sure of a window's scratch.</summary>
    public void Reserve(Window<T> window) => _windowScratch.Reserve(window.Scratch);

    /// <summary>Room for what is kept of each image until its gradient is made; of one image where none will be.</summary>
    /// <param name="each">How many numbers of an image.</param>
    /// <param name="slack">How many behind the last.</param>
    public KeptRows<T> Keep(int each, int slack)
    {
        var room = new SharedRoom<T>();
        _memory.Add(room);
        return Rows(room, each, slack);
    }

    /// <summary>The same that a layer needs no longer than it computes, and shares with all others.</summary>
    /// <param name="which">Which of two such rooms.</param>
    /// <param name="each">How many numbers of an image.</param>
    /// <param name="slack">How many behind the last.</param>
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
        _nodes.Add(new ConcatenationNode<T>(this, first, second, out var y));
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
    public void Dispose()
    {
        foreach (var memory in (IDisposable[])[.. _memory, _windowScratch, .. _passing])
        {
            memory.Dispose();
        }

        _conditions?.Dispose();
    }

    private KeptRows<T> Rows(SharedRoom<T> room, int each, int slack)
    {
        room.Reserve((long)(WithGradient ? Images + Images % 2 : 1) * each + slack); // even, as products of bfloat16 take images two by two
        return new(room, each, WithGradient);
    }

    private M Own<M>(M memory)
        where M : IDisposable
    {
        _memory.Add(memory);
        return memory;
    }
}
