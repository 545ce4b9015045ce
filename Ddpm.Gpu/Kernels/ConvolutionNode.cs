using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>A convolution or transposed convolution outside of a block.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class ConvolutionNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelProgram<T> _program;
    private readonly Window<T> _window;
    private readonly Activation<T> _x, _y;
    private readonly Activation<T>? _part; // receives a gradient before it is added
    private readonly KeptRows<T> _cells, _parts;
    private readonly int _use, _bias;
    private readonly bool _gathers;

    /// <summary>Adds a layer to a network under construction.</summary>
    /// <param name="program">The network.</param>
    /// <param name="window">The relation between the big and the small image.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="gathers">Whether it is a convolution, not a transposed convolution.</param>
    /// <param name="x">The input.</param>
    /// <param name="y">The output.</param>
    public ConvolutionNode(KernelProgram<T> program, Window<T> window, string name, bool gathers, Activation<T> x, out Activation<T> y)
    {
        (_program, _window, _gathers, _x, _use) = (program, window, gathers, x, x.Use());
        var (channels, shape) = gathers ? window.Small : window.Big;
        y = _y = program.Allocate(shape, channels);
        _bias = program.Weights.Offset(name + ".bias");
        _part = program.WithGradient && !(gathers && window.Adds) ? program.Scratch(x.Shape, x.Channels, 3) : null;
        program.Reserve(window);
        (_cells, _parts) = (program.Keep(window.CellRoom, window.Small.Shape.Slack), program.Pass(0, window.PartRoom, window.Small.Shape.Slack));
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        T* bias = _program.Weights.Theta + _bias, scratch = _program.WindowScratch;
        for (var n = 0; n < images; n++)
        {
            if (_gathers)
            {
                _window.Gather(_x.Values(n), _cells.Of(n), scratch, bias, _y.Values(n));
            }
            else
            {
                _window.Scatter(_x.Values(n), scratch, bias, _y.Values(n), add: false);
            }
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        var add = !_x.IsFirstGradient(_use);
        var scratch = _program.WindowScratch;
        for (var n = 0; n < images; n++)
        {
            BiasGradient(_y.Gradient(n), _y.Channels, _y.Shape.Stride, gradient + _bias);
            if (_window.PartRoom > 0)
            {
                _window.Part(_gathers ? _y.Gradient(n) : _x.Values(n), _parts.Of(n));
            }

            var dx = add && _part is not null ? _part.Values(0) : _x.Gradient(n);
            if (_gathers)
            {
                _window.Scatter(_y.Gradient(n), scratch, null, dx, add && _part is null);
            }
            else
            {
                _window.Gather(_y.Gradient(n), _cells.Of(n), scratch, null, dx);
            }

            if (add && _part is not null)
            {
                Add(dx, _x.Gradient(n), _x.ImageStride);
            }
        }

        // The small image is the output of a convolution and the input of a transposed convolution.
        var (small, big) = _gathers ? (_y, _x) : (_x, _y);
        var (ofSmall, ofBig) = (_window.PartRoom > 0, _window.CellRoom > 0);
        _window.WeightGradient(
            ofSmall ? _parts.Of(0) : _gathers ? small.Gradient(0) : small.Values(0), ofSmall ? _parts.Stride : small.ImageStride,
            ofBig ? _cells.Of(0) : _gathers ? big.Values(0) : big.Gradient(0), ofBig ? _cells.Stride : big.ImageStride,
            images, scratch, gradient);
    }
}
