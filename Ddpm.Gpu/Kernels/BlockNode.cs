using System.Numerics;
using Ddpm.Pure.Networks;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// The tutorial's block, image by image, so that what one operation leaves is in the nearest cache when the next one takes it. Kept for the gradient
/// are the normalised input, the first activation, and both slopes of SiLU.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class BlockNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelWeights<T> _weights;
    private readonly Activation<T> _x, _y, _hidden, _outGradient;
    private readonly Activation<T>? _normalized, _slope1, _slope2, _inGradient;
    private readonly KernelNorm<T>? _norm;
    private readonly Window<T> _first, _second;
    private readonly Window<T>? _shortcut;
    private readonly NativeArray<T>? _scaleGradient, _shiftGradient;
    private readonly (T Mean, T Rate)[] _moments;
    private readonly Block _block;
    private readonly int _use, _bias1, _bias2, _biasOfShortcut;

    /// <summary>A block of a network that is being put together.</summary>
    public BlockNode(Block block, KernelProgram<T> program, Activation<T> x, out Activation<T> y)
    {
        (_block, _weights, _x, _use) = (block, program.Weights, x, x.Use());
        var (shape, training) = (x.Shape, program.WithGradient);
        y = _y = program.Allocate(shape, block.Out);
        _hidden = program.Allocate(shape, block.Out, plain: true);
        _norm = block.Normalized ? _weights.Norm(block.Norm) : null;
        _normalized = block.Normalized ? training ? program.Allocate(shape, block.In, plain: true) : program.Scratch(shape, block.In, 0) : null;
        (_slope1, _slope2) = training ? (program.Allocate(shape, block.Out, plain: true), program.Allocate(shape, block.Out, plain: true)) : (null, null);
        (_scaleGradient, _shiftGradient) = training && _norm is not null ? (program.Allocate(_norm.Room), program.Allocate(_norm.Room)) : (null, null);
        _inGradient = training ? program.Scratch(shape, block.In, 1) : null;
        _outGradient = program.Scratch(shape, block.Out, 2); // and in the forward pass the way round the block
        (_first, _second) = (_weights.Window(block.First, shape.Size), _weights.Window(block.Second, shape.Size));
        (_bias1, _bias2) = (_weights.Offset(block.First.Name + ".bias"), _weights.Offset(block.Second.Name + ".bias"));
        if (block.Shortcut.Case is Convolution shortcut)
        {
            (_shortcut, _biasOfShortcut) = (_weights.Window(shortcut, shape.Size), _weights.Offset(shortcut.Name + ".bias"));
        }

        _moments = new (T Mean, T Rate)[program.Images];
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        var theta = _weights.Theta;
        for (var n = 0; n < images; n++)
        {
            var x = _x.Values(n);
            var hidden = _hidden.Values(n);
            var y = _y.Values(n);
            var normalized = x;
            if (_norm is not null)
            {
                normalized = _normalized!.Values(n);
                _moments[n] = _norm.Forward(x, normalized);
            }

            _first.Gather(normalized, null, theta + _bias1, hidden);
            Silu(hidden, hidden, _slope1 is null ? null : _slope1.Values(n), _hidden.ImageStride);
            _second.Gather(hidden, null, theta + _bias2, y);
            Silu(y, y, _slope2 is null ? null : _slope2.Values(n), _y.ImageStride);
            if (_shortcut is not null)
            {
                _shortcut.Gather(x, null, theta + _biasOfShortcut, _outGradient.Values(0));
                Add(_outGradient.Values(0), y, _y.ImageStride);
            }
            else if (_block.Residual)
            {
                Add(x, y, _y.ImageStride);
            }
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        var (inputs, outputs) = (_x.ImageStride, _y.ImageStride);
        for (var n = 0; n < images; n++)
        {
            Multiply(_y.Gradient(n), _slope2!.Values(n), _outGradient.Values(n), outputs);
            BiasGradient(_outGradient.Values(n), _block.Out, _y.Shape.Stride, gradient + _bias2);
        }

        _second.WeightGradient(_outGradient.Values(0), outputs, _hidden.Values(0), outputs, images, gradient);
        for (var n = 0; n < images; n++)
        {
            // The first activation has given the weights their gradient, and makes room for its own.
            _second.Scatter(_outGradient.Values(n), null, null, _hidden.Values(n), add: false);
            Multiply(_hidden.Values(n), _slope1!.Values(n), _outGradient.Values(n), outputs);
            BiasGradient(_outGradient.Values(n), _block.Out, _y.Shape.Stride, gradient + _bias1);
        }

        var normalized = _normalized ?? _x;
        _first.WeightGradient(_outGradient.Values(0), outputs, normalized.Values(0), inputs, images, gradient);
        if (_shortcut is not null)
        {
            _shortcut.WeightGradient(_y.Gradient(0), outputs, _x.Values(0), inputs, images, gradient);
        }

        for (var n = 0; n < images; n++)
        {
            var dy = _y.Gradient(n);
            var dx = _x.Gradient(n);
            var add = !_x.IsFirstGradient(_use);
            var path = _inGradient!.Values(_norm is null ? n : 0);
            _first.Scatter(_outGradient.Values(n), null, null, path, add: false);
            if (_norm is null)
            {
                Put(path, dx, inputs, add);
            }
            else
            {
                _norm.Backward(_x.Values(n), path, _moments[n], _scaleGradient!.Pointer, _shiftGradient!.Pointer, dx, add);
            }

            if (_shortcut is not null)
            {
                BiasGradient(dy, _block.Out, _y.Shape.Stride, gradient + _biasOfShortcut);
                _shortcut.Scatter(dy, null, null, path, add: false);
                Add(path, dx, inputs);
            }
            else if (_block.Residual)
            {
                Add(dy, dx, inputs);
            }
        }

        _norm?.Unpack(_scaleGradient!, _shiftGradient!, gradient);
    }
}
