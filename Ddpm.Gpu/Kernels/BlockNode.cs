using System.Numerics;
using Ddpm.Pure.Networks;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// The tutorial's block. Forward and backward passes go image by image, so each operation finds its input in the nearest cache. For the backward pass it
/// keeps both slopes of SiLU and the inputs of the weight gradients. It computes the weight gradients of all images at once.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class BlockNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelProgram<T> _program;
    private readonly Activation<T> _x, _y, _hidden, _outGradient;
    private readonly Activation<T>? _normalized, _slope1, _slope2, _inGradient;
    private readonly KernelNorm<T>? _norm;
    private readonly InnerWindow _first, _second;
    private readonly Window<T>? _shortcut;
    private readonly NativeArray<T>? _scaleGradient, _shiftGradient;
    private readonly (T Mean, T Rate)[] _moments;
    private readonly Block _block;
    private readonly int _use, _bias1, _bias2, _biasOfShortcut;

    /// <summary>Adds a block to a network under construction.</summary>
    public BlockNode(Block block, KernelProgram<T> program, Activation<T> x, out Activation<T> y)
    {
        var (weights, shape, training) = (program.Weights, x.Shape, program.WithGradient);
        (_block, _program, _x, _use) = (block, program, x, x.Use());
        (_first, _second) = (new(program, weights.Window(block.First, shape.Size), 0), new(program, weights.Window(block.Second, shape.Size), 1));
        (_bias1, _bias2) = (weights.Offset(block.First.Name + ".bias"), weights.Offset(block.Second.Name + ".bias"));
        if (block.Shortcut.Case is Convolution shortcut)
        {
            (_shortcut, _biasOfShortcut) = (weights.Window(shortcut, shape.Size), weights.Offset(shortcut.Name + ".bias"));
            program.Reserve(_shortcut);
        }

        y = _y = program.Allocate(shape, block.Out);
        _hidden = program.Scratch(shape, block.Out, 4);
        _norm = block.Normalized ? weights.Norm(block.Norm) : null;
        _normalized = block.Normalized ? program.Scratch(shape, block.In, 0) : null;
        (_slope1, _slope2) = training ? (program.Allocate(shape, block.Out, plain: true), program.Allocate(shape, block.Out, plain: true)) : (null, null);
        (_scaleGradient, _shiftGradient) = training && _norm is not null ? (program.Allocate(_norm.Room), program.Allocate(_norm.Room)) : (null, null);
        _inGradient = training ? program.Scratch(shape, block.In, 1) : null;
        _outGradient = program.Scratch(shape, block.Out, 2); // and in the forward pass the skip path
        _moments = new (T Mean, T Rate)[program.Images];
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        var theta = _program.Weights.Theta;
        var hidden = _hidden.Values(0);
        for (var n = 0; n < images; n++)
        {
            T* x = _x.Values(n), y = _y.Values(n), normalized = x;
            if (_norm is not null)
            {
                normalized = _normalized!.Values(0);
                _moments[n] = _norm.Forward(x, normalized);
            }

            _first.Gather(n, normalized, theta + _bias1, hidden);
            Silu(hidden, hidden, _slope1 is null ? null : _slope1.Values(n), _hidden.ImageStride);
            _second.Gather(n, hidden, theta + _bias2, y);
            Silu(y, y, _slope2 is null ? null : _slope2.Values(n), _y.ImageStride);
            if (_shortcut is not null)
            {
                _shortcut.Gather(x, null, _program.WindowScratch, theta + _biasOfShortcut, _outGradient.Values(0));
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
        var (inputs, outputs, add) = (_x.ImageStride, _y.ImageStride, !_x.IsFirstGradient(_use));
        T* hidden = _hidden.Values(0), made = _outGradient.Values(0), path = _inGradient!.Values(0), scratch = _program.WindowScratch;
        for (var n = 0; n < images; n++)
        {
            T* dy = _y.Gradient(n), dx = _x.Gradient(n);
            MultiplyPlanes(dy, _slope2!.Values(n), made, _block.Out, _y.Shape.Stride, gradient + _bias2);
            _second.Scatter(n, made, hidden);
            MultiplyPlanes(hidden, _slope1!.Values(n), made, _block.Out, _y.Shape.Stride, gradient + _bias1);
            _first.Scatter(n, made, path);
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
                _shortcut.Scatter(dy, scratch, null, path, add: false);
                Add(path, dx, inputs);
            }
            else if (_block.Residual)
            {
                Add(dy, dx, inputs);
            }
        }

        _first.WeightGradient(images, gradient);
        _second.WeightGradient(images, gradient);
        _shortcut?.WeightGradient(_y.Gradient(0), outputs, _x.Values(0), inputs, images, scratch, gradient);
        _norm?.Unpack(_scaleGradient!, _shiftGradient!, gradient);
    }

    /// <summary>A window, and the storage for its weight gradient: cells and parts, or the planes for a window without them.</summary>
    private sealed class InnerWindow
    {
        private readonly KernelProgram<T> _program;
        private readonly Window<T> _window;
        private readonly KeptRows<T> _big, _small;
        private readonly int _bigPlanes, _smallPlanes;

        public InnerWindow(KernelProgram<T> program, Window<T> window, int which)
        {
            (_program, _window) = (program, window);
            (_bigPlanes, _smallPlanes) = (window.Big.Channels * window.Big.Shape.Stride, window.Small.Channels * window.Small.Shape.Stride);
            program.Reserve(window);
            _big = program.Keep(window.CellRoom > 0 ? window.CellRoom : _bigPlanes, window.Big.Shape.Slack);
            _small = program.Pass(which, window.PartRoom > 0 ? window.PartRoom : _smallPlanes, window.Small.Shape.Slack);
        }

        public void Gather(int image, T* big, T* bias, T* small)
        {
            _window.Gather(big, _big.Of(image), _program.WindowScratch, bias, small);
            if (_program.WithGradient && _window.CellRoom == 0)
            {
                Put(big, _big.Of(image), _bigPlanes, add: false);
            }
        }

        public void Scatter(int image, T* small, T* big)
        {
            if (_window.PartRoom > 0)
            {
                _window.Part(small, _small.Of(image));
            }
            else
            {
                Put(small, _small.Of(image), _smallPlanes, add: false);
            }

            _window.Scatter(small, _program.WindowScratch, null, big, add: false);
        }

        public void WeightGradient(int images, T* gradient) =>
            _window.WeightGradient(_small.Of(0), _small.Stride, _big.Of(0), _big.Stride, images, _program.WindowScratch, gradient);
    }
}
