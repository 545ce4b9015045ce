using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// 2×2 max pooling. The gradient goes to the first maximum of the four, row by row; a maximum over NaN is NaN. Two rows of whole vectors make one row. A
/// vector may write beyond the end of its row; the next row overwrites that.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class PoolNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Activation<T> _x, _y;

    /// <summary>Adds pooling after a layer of a network under construction. No other node uses the layer's output, and its height and width are even.</summary>
    public PoolNode(KernelProgram<T> program, Activation<T> x, out Activation<T> y) =>
        (_x, y) = (x, _y = program.Allocate(program.Weights.Shape(x.Shape.Size.Map(side => side / 2)), x.Channels));

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        for (var n = 0; n < images; n++)
        {
            for (var c = 0; c < _x.Channels; c++)
            {
                for (var h = 0; h < _y.Shape.Size.Height; h++)
                {
                    T* x = _x.Values(n) + _x.Row(c, 2 * h), y = _y.Values(n) + _y.Row(c, h), mask = _y.Shape.Mask.Pointer + _y.Row(0, h);
                    Largest(x, _x.Shape.Pitch, mask, y, _y.Shape.Size.Width);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        for (var n = 0; n < images; n++)
        {
            for (var c = 0; c < _x.Channels; c++)
            {
                for (var h = 0; h < _y.Shape.Size.Height; h++)
                {
                    T* x = _x.Values(n) + _x.Row(c, 2 * h), dx = _x.Gradient(n) + _x.Row(c, 2 * h), mask = _x.Shape.Mask.Pointer + _x.Row(0, 2 * h);
                    var dy = _y.Gradient(n) + _y.Row(c, h);
                    Choose(x, _x.Shape.Pitch, dy, mask, dx, _y.Shape.Size.Width, second: false);
                    Choose(x, _x.Shape.Pitch, dy, mask + _x.Shape.Pitch, dx + _x.Shape.Pitch, _y.Shape.Size.Width, second: true);
                }
            }
        }
    }

    /// <summary>The four numbers of each window, row by row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<T> A, Vector512<T> B, Vector512<T> C, Vector512<T> D) Windows(T* x, int pitch, int i)
    {
        var lanes = Vector512<T>.Count;
        var (a, b) = Lanes<T>.Unzip(Vector512.Load(x + 2 * i), Vector512.Load(x + 2 * i + lanes));
        var (c, d) = Lanes<T>.Unzip(Vector512.Load(x + pitch + 2 * i), Vector512.Load(x + pitch + 2 * i + lanes));
        return (a, b, c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Largest(T* x, int pitch, T* mask, T* y, int count)
    {
        for (var i = 0; i < count; i += Vector512<T>.Count)
        {
            var (a, b, c, d) = Windows(x, pitch, i);
            Lanes<T>.Where(Vector512.Load(mask + i), Vector512.Max(Vector512.Max(a, b), Vector512.Max(c, d))).Store(y + i);
        }
    }

    /// <summary>The gradient of a window's first or second row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Choose(T* x, int pitch, T* dy, T* mask, T* dx, int count, bool second)
    {
        var lanes = Vector512<T>.Count;
        for (var i = 0; i < count; i += lanes)
        {
            var (a, b, c, d) = Windows(x, pitch, i);
            var largest = Vector512.Max(Vector512.Max(a, b), Vector512.Max(c, d));
            var gradients = Vector512.Load(dy + i);
            Vector512<T> taken = Vector512.Equals(a, largest), leaves = taken | Vector512.Equals(b, largest);
            var (left, right) = (taken, Vector512.AndNot(leaves, taken));
            if (second)
            {
                left = Vector512.AndNot(Vector512.Equals(c, largest), leaves);
                right = Vector512.AndNot(Vector512.Equals(d, largest), leaves | left);
            }

            var (first, next) = Lanes<T>.Zip(left & gradients, right & gradients);
            Lanes<T>.Where(Vector512.Load(mask + 2 * i), first).Store(dx + 2 * i);
            Lanes<T>.Where(Vector512.Load(mask + 2 * i + lanes), next).Store(dx + 2 * i + lanes);
        }
    }
}
