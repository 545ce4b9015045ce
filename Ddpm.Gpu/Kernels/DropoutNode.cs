using System.Numerics;
using Ddpm.Pure.Networks;

namespace Ddpm.Gpu.Kernels;

/// <summary>Dropout in training. It works in place: the gradient of its output becomes the gradient of its input.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class DropoutNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelProgram<T> _program;
    private readonly Dropout _layer;
    private readonly Activation<T> _x, _factors; // 0 for a dropped unit, 1/(1 − p) for all others
    private readonly bool[] _kept;

    /// <summary>Adds dropout after a layer of a network under construction. No other node uses the layer's output.</summary>
    public DropoutNode(KernelProgram<T> program, Dropout layer, Activation<T> x)
    {
        (_program, _layer, _x) = (program, layer, x);
        _factors = program.Allocate(x.Shape, x.Channels, plain: true);
        _kept = new bool[x.Channels * x.Shape.Size.Pixels];
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        if (_program.Dropout.IsEmpty)
        {
            return;
        }

        var (size, factor) = (_x.Shape.Size, T.CreateChecked(_layer.Factor));
        for (var n = 0; n < images; n++)
        {
            _layer.Fill(_program.Dropout.Span[n], _kept);
            var unit = 0;
            for (var c = 0; c < _x.Channels; c++)
            {
                for (var h = 0; h < size.Height; h++)
                {
                    var row = _factors.Values(n) + _factors.Row(c, h);
                    for (var w = 0; w < size.Width; w++)
                    {
                        row[w] = _kept[unit++] ? factor : T.Zero;
                    }
                }
            }

            Multiply(_x.Values(n), _factors.Values(n), _x.Values(n), _x.ImageStride);
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        for (var n = 0; n < images && !_program.Dropout.IsEmpty; n++)
        {
            Multiply(_x.Gradient(n), _factors.Values(n), _x.Gradient(n), _x.ImageStride);
        }
    }
}
