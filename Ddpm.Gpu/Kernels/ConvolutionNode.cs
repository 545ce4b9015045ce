using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>A convolution, or a transposed one, by itself.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class ConvolutionNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelWeights<T> _weights;
    private readonly Window<T> _window;
    private readonly Activation<T> _x, _y;
    private readonly Activation<T>? _part; // where a gradient is made that is then added
    private readonly NativeArray<T> _cells;
    private readonly int _use, _bias;
    private readonly bool _gathers;

    /// <summary>A layer of a network that is being put together.</summary>
    /// <param name="program">The network.</param>
    /// <param name="window">What relates big and small image.</param>
    /// <param name="name">The layer.</param>
    /// <param name="gathers">Whether it is a convolution, and not a transposed one.</param>
    /// <param name="x">What it takes.</param>
    /// <param name="y">What it makes.</param>
    public ConvolutionNode(KernelProgram<T> program, Window<T> window, string name, bool gathers, Activation<T> x, out Activation<T> y)
    {
        (_weights, _window, _gathers, _x, _use) = (program.Weights, window, gathers, x, x.Use());
        var (channels, shape) = gathers ? window.Small : window.Big;
        y = _y = program.Allocate(shape, channels);
        _bias = program.Weights.Offset(name + ".bias");
        _part = program.WithGradient && !(gathers && window.CellRoom > 0) ? program.Scratch(x.Shape, x.Channels, 3) : null;
        _cells = program.Allocate((long)program.Images * window.CellRoom + window.Small.Shape.Slack);
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        var bias = _weights.Theta + _bias;
        for (var n = 0; n < images; n++)
        {
            if (_gathers)
            {
                _window.Gather(_x.Values(n), Cells(n), bias, _y.Values(n));
            }
            else
            {
                _window.Scatter(_x.Values(n), Cells(n), bias, _y.Values(n), add: false);
            }
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        for (var n = 0; n < images; n++)
        {
            BiasGradient(_y.Gradient(n), _y.Channels, _y.Shape.Stride, gradient + _bias);
        }

        var add = !_x.IsFirstGradient(_use);
        if (_gathers)
        {
            // Forward has left the cells of x.
            var plain = _window.CellRoom == 0;
            _window.WeightGradient(_y.Gradient(0), _y.ImageStride, plain ? _x.Values(0) : Cells(0), plain ? _x.ImageStride : _window.CellRoom, images, gradient);
        }

        for (var n = 0; n < images; n++)
        {
            var dx = add && _part is not null ? _part.Values(0) : _x.Gradient(n);
            if (_gathers)
            {
                _window.Scatter(_y.Gradient(n), Cells(n), null, dx, add && _part is null);
            }
            else
            {
                _window.Gather(_y.Gradient(n), Cells(n), null, dx);
            }

            if (add && _part is not null)
            {
                Add(dx, _x.Gradient(n), _x.ImageStride);
            }
        }

        if (!_gathers)
        {
            _window.WeightGradient(_x.Values(0), _x.ImageStride, Cells(0), _window.CellRoom, images, gradient);
        }
    }

    private T* Cells(int image) => _cells.Pointer + (long)image * _window.CellRoom;
}
