using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;

namespace Ddpm.Gpu.Kernels;

/// <summary>A linear layer over all pixels of an image, channel by channel. Each output is a channel of one pixel.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class LinearNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelProgram<T> _program;
    private readonly Activation<T> _x, _y;
    private readonly NativeArray<T> _rows; // the pixels of each image, without borders
    private readonly NativeArray<T>? _back; // and their gradients
    private readonly int _use, _in, _out, _weight, _bias;

    /// <summary>Adds a layer to a network under construction.</summary>
    public LinearNode(KernelProgram<T> program, Linear layer, Activation<T> x, out Activation<T> y)
    {
        (_program, _x, _use, _in, _out) = (program, x, x.Use(), layer.In, layer.Out);
        (_weight, _bias) = (program.Weights.Offset(layer.Name + ".weight"), program.Weights.Offset(layer.Name + ".bias"));
        y = _y = program.Allocate(program.Weights.Shape(ImageSize.Square(1)), _out);
        _rows = program.Allocate((long)program.Images * _in);
        _back = program.WithGradient ? program.Allocate((long)program.Images * _in) : null;
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        _x.Give(images, _rows.Pointer);
        T* weight = _program.Weights.Theta + _weight, bias = _program.Weights.Theta + _bias;
        for (var o = 0; o < _out; o++, weight += _in)
        {
            for (var n = 0; n < images; n++)
            {
                _y.Values(n)[_y.Row(o, 0)] = bias[o] + Dot(Of(_rows, n), weight, _in);
            }
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        _back!.Clear();
        var weight = _program.Weights.Theta + _weight;
        for (var o = 0; o < _out; o++, weight += _in)
        {
            for (var n = 0; n < images; n++)
            {
                var dy = _y.Gradient(n)[_y.Row(o, 0)];
                gradient[_bias + o] += dy;
                Lanes<T>.AddScaled(Of(_rows, n), dy, gradient + _weight + o * _in, _in);
                Lanes<T>.AddScaled(weight, dy, Of(_back, n), _in);
            }
        }

        var add = !_x.IsFirstGradient(_use);
        var size = _x.Shape.Size;
        var dx = _back.Pointer;
        for (var n = 0; n < images; n++)
        {
            for (var c = 0; c < _x.Channels; c++)
            {
                for (var h = 0; h < size.Height; h++)
                {
                    var row = _x.Gradient(n) + _x.Row(c, h);
                    for (var w = 0; w < size.Width; w++, dx++)
                    {
                        row[w] = add ? row[w] + *dx : *dx;
                    }
                }
            }
        }
    }

    private T* Of(NativeArray<T> rows, int image) => rows.Pointer + (long)image * _in;

    /// <summary>The scalar product of two rows. Four independent sums hide the latency of an addition.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static T Dot(T* x, T* w, int count)
    {
        var lanes = Vector512<T>.Count;
        Vector512<T> a = default, b = default, c = default, d = default;
        var i = 0;
        for (; i <= count - 4 * lanes; i += 4 * lanes)
        {
            a = Lanes<T>.MultiplyAdd(Vector512.Load(x + i), Vector512.Load(w + i), a);
            b = Lanes<T>.MultiplyAdd(Vector512.Load(x + i + lanes), Vector512.Load(w + i + lanes), b);
            c = Lanes<T>.MultiplyAdd(Vector512.Load(x + i + 2 * lanes), Vector512.Load(w + i + 2 * lanes), c);
            d = Lanes<T>.MultiplyAdd(Vector512.Load(x + i + 3 * lanes), Vector512.Load(w + i + 3 * lanes), d);
        }

        return Lanes<T>.Sum((a + b) + (c + d)) + Lanes<T>.Dot(x + i, w + i, count - i);
    }
}
