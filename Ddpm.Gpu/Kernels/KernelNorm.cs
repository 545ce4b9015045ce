using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// Layer normalisation over an image's planes: y = γ·x̂ + β with x̂ = (x − μ)/√(σ² + ε). Scale and shift also lie in planes, 0 outside of the image.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class KernelNorm<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly T Epsilon = T.CreateChecked(1e-5);

    private readonly PlaneShape<T> _shape;
    private readonly int _channels, _scaleOffset, _shiftOffset, _room;
    private readonly T _count;
    private readonly NativeArray<T> _scale, _shift;

    /// <summary>A normalisation with its scale and shift at two offsets in θ.</summary>
    public KernelNorm(PlaneShape<T> shape, int channels, int scaleOffset, int shiftOffset)
    {
        (_shape, _channels, _scaleOffset, _shiftOffset) = (shape, channels, scaleOffset, shiftOffset);
        _room = channels * shape.Stride;
        _count = T.CreateChecked(channels * shape.Size.Pixels);
        (_scale, _shift) = (new(_room), new(_room));
    }

    /// <summary>The numbers in an image's planes.</summary>
    public int Room => _room;

    /// <summary>Reads scale and shift from θ.</summary>
    public void Pack(T* theta)
    {
        EachRow((plane, row) => new ReadOnlySpan<T>(theta + _scaleOffset + row, _shape.Size.Width).CopyTo(_scale.From(plane)));
        EachRow((plane, row) => new ReadOnlySpan<T>(theta + _shiftOffset + row, _shape.Size.Width).CopyTo(_shift.From(plane)));
    }

    /// <summary>y ← γ·x̂ + β.</summary>
    /// <returns>μ and 1/√(σ² + ε).</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public (T Mean, T Rate) Forward(T* x, T* y)
    {
        var (lanes, shape) = (Vector512<T>.Count, _shape);
        // Four independent sums hide the latency of an addition.
        Vector512<T> a = default, b = default, e = default, f = default;
        for (var i = 0; i < _room; i += lanes)
        {
            (a, b, e, f) = (b, e, f, a + Vector512.Load(x + i));
        }

        var mean = Lanes<T>.Sum((a + b) + (e + f)) / _count;
        var middle = Vector512.Create(mean);
        (a, b, e, f) = (default, default, default, default);
        for (var c = 0; c < _channels; c++)
        {
            for (var i = 0; i < shape.Stride; i += lanes)
            {
                var d = Lanes<T>.Where(Vector512.Load(shape.Mask.Pointer + i), Vector512.Load(x + c * shape.Stride + i) - middle);
                (a, b, e, f) = (b, e, f, Lanes<T>.MultiplyAdd(d, d, a));
            }
        }

        var rate = T.One / T.Sqrt(Lanes<T>.Sum((a + b) + (e + f)) / _count + Epsilon);
        var factor = Vector512.Create(rate);
        for (var c = 0; c < _channels; c++)
        {
            for (var i = 0; i < shape.Stride; i += lanes)
            {
                var at = c * shape.Stride + i;
                var hat = (Vector512.Load(x + at) - middle) * factor;
                var value = Lanes<T>.MultiplyAdd(hat, Vector512.Load(_scale.Pointer + at), Vector512.Load(_shift.Pointer + at));
                Lanes<T>.Where(Vector512.Load(shape.Mask.Pointer + i), value).Store(y + at);
            }
        }

        return (mean, rate);
    }

    /// <summary>
    /// The backward pass: with g = γ·dy, dx = (g − mean(g) − x̂·mean(g·x̂))/√(σ² + ε), and ∇γ += dy·x̂, ∇β += dy.
    /// </summary>
    /// <param name="x">The input.</param>
    /// <param name="dy">The gradient of the output; 0 outside of the image.</param>
    /// <param name="moments">The result of <see cref="Forward"/>.</param>
    /// <param name="scaleGradient">∇γ in planes.</param>
    /// <param name="shiftGradient">∇β in planes.</param>
    /// <param name="dx">The gradient of x.</param>
    /// <param name="add">Whether to add to dx.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Backward(T* x, T* dy, (T Mean, T Rate) moments, T* scaleGradient, T* shiftGradient, T* dx, bool add)
    {
        var (lanes, shape) = (Vector512<T>.Count, _shape);
        var (middle, factor) = (Vector512.Create(moments.Mean), Vector512.Create(moments.Rate));
        Vector512<T> sum = default, product = default, sum2 = default, product2 = default;
        for (var i = 0; i < _room; i += lanes)
        {
            var hat = (Vector512.Load(x + i) - middle) * factor;
            var d = Vector512.Load(dy + i);
            var g = d * Vector512.Load(_scale.Pointer + i);
            (sum, sum2) = (sum2, sum + g);
            (product, product2) = (product2, Lanes<T>.MultiplyAdd(g, hat, product));
            // A processor may take a load for one of the store before it if their addresses differ by a multiple of 4096 bytes, so both loads come first.
            var (scaled, shifted) = (Lanes<T>.MultiplyAdd(d, hat, Vector512.Load(scaleGradient + i)), Vector512.Load(shiftGradient + i) + d);
            scaled.Store(scaleGradient + i);
            shifted.Store(shiftGradient + i);
        }

        var (meanOfG, meanOfProduct) = (Vector512.Create(Lanes<T>.Sum(sum + sum2) / _count), Vector512.Create(Lanes<T>.Sum(product + product2) / _count));
        for (var c = 0; c < _channels; c++)
        {
            for (var i = 0; i < shape.Stride; i += lanes)
            {
                var at = c * shape.Stride + i;
                var hat = (Vector512.Load(x + at) - middle) * factor;
                var g = Vector512.Load(dy + at) * Vector512.Load(_scale.Pointer + at);
                var d = Lanes<T>.Where(Vector512.Load(shape.Mask.Pointer + i), (g - meanOfG - hat * meanOfProduct) * factor);
                (add ? Vector512.Load(dx + at) + d : d).Store(dx + at);
            }
        }
    }

    /// <summary>Adds the gradients in planes to the gradient of θ, and clears the planes.</summary>
    public void Unpack(NativeArray<T> scaleGradient, NativeArray<T> shiftGradient, T* gradient)
    {
        EachRow((plane, row) => Lanes<T>.AddScaled(scaleGradient.Pointer + plane, T.One, gradient + _scaleOffset + row, _shape.Size.Width));
        EachRow((plane, row) => Lanes<T>.AddScaled(shiftGradient.Pointer + plane, T.One, gradient + _shiftOffset + row, _shape.Size.Width));
        scaleGradient.Clear();
        shiftGradient.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scale.Dispose();
        _shift.Dispose();
    }

    /// <summary>The offset of each row in the planes and, without borders, in θ.</summary>
    private void EachRow(Action<int, int> row)
    {
        for (var c = 0; c < _channels; c++)
        {
            for (var h = 0; h < _shape.Size.Height; h++)
            {
                row(c * _shape.Stride + _shape.Origin + h * _shape.Pitch, (c * _shape.Size.Height + h) * _shape.Size.Width);
            }
        }
    }
}
