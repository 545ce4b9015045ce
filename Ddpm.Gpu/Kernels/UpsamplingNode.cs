using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>Each pixel becomes a square of 2×2 pixels. The gradient of a pixel is the sum over its square, row by row.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class UpsamplingNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Activation<T> _x, _y;
    private readonly int _use;

    /// <summary>Adds upsampling to a network under construction.</summary>
    public UpsamplingNode(KernelProgram<T> program, Activation<T> x, out Activation<T> y)
    {
        (_x, _use) = (x, x.Use());
        y = _y = program.Allocate(program.Weights.Shape(x.Shape.Size.Map(side => 2 * side)), x.Channels);
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        for (var n = 0; n < images; n++)
        {
            EachRow((small, big) =>
            {
                T* x = _x.Values(n) + small, upper = _y.Values(n) + big, lower = upper + _y.Shape.Pitch;
                for (var w = 0; w < _x.Shape.Size.Width; w++)
                {
                    upper[2 * w] = upper[2 * w + 1] = lower[2 * w] = lower[2 * w + 1] = x[w];
                }
            });
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        var add = !_x.IsFirstGradient(_use);
        for (var n = 0; n < images; n++)
        {
            EachRow((small, big) =>
            {
                T* dx = _x.Gradient(n) + small, upper = _y.Gradient(n) + big, lower = upper + _y.Shape.Pitch;
                for (var w = 0; w < _x.Shape.Size.Width; w++)
                {
                    var sum = (upper[2 * w] + upper[2 * w + 1]) + (lower[2 * w] + lower[2 * w + 1]);
                    dx[w] = add ? dx[w] + sum : sum;
                }
            });
        }
    }

    /// <summary>Each row of the small image, and the first of its two rows in the big one.</summary>
    private void EachRow(Action<int, int> row)
    {
        for (var c = 0; c < _x.Channels; c++)
        {
            for (var h = 0; h < _x.Shape.Size.Height; h++)
            {
                row(_x.Row(c, h), _y.Row(c, 2 * h));
            }
        }
    }
}
