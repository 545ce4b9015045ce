using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Ddpm.Pure.Networks;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// Group normalisation with optional modulation and SiLU: y = x̂·f + g with x̂ = (x − μ)/√(σ² + ε), f = γ(1 + s) and g = β(1 + s) + b. All gradients except
/// the gradient of x need only two sums for each channel, of dy and of dy·x̂.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class GroupNormNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelWeights<T> _weights;
    private readonly KernelProjection<T>? _modulation;
    private readonly Activation<T> _x, _y;
    private readonly Activation<T>? _slope;
    private readonly GroupNorm _norm;
    private readonly NativeArray<T> _modulationGradient;
    private readonly (T Mean, T Rate)[] _moments;
    private readonly T[] _sums, _products; // of each channel, over its pixels: Σ dy and Σ dy·x̂
    private readonly T _count, _epsilon;
    private readonly int _use, _scale, _shift, _perGroup;

    /// <summary>Adds a normalisation to a network under construction.</summary>
    public GroupNormNode(GroupNorm norm, KernelProgram<T> program, Activation<T> x, out Activation<T> y)
    {
        (_norm, _weights, _x, _use, _perGroup) = (norm, program.Weights, x, x.Use(), norm.Channels / norm.Groups);
        y = _y = program.Allocate(x.Shape, norm.Channels);
        _slope = norm.Activated && program.WithGradient ? program.Allocate(x.Shape, norm.Channels, plain: true) : null;
        _modulation = norm.Modulation.Case is TimeProjection projection ? new(program, projection.Layers) : null;
        (_scale, _shift) = (_weights.Offset(norm.Name + ".weight"), _weights.Offset(norm.Name + ".bias"));
        _modulationGradient = program.Allocate(2 * norm.Channels);
        _moments = new (T, T)[program.Images * norm.Groups];
        (_sums, _products) = (new T[norm.Channels], new T[norm.Channels]);
        (_count, _epsilon) = (T.CreateChecked(_perGroup * x.Shape.Size.Pixels), T.CreateChecked(norm.Epsilon));
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        for (var n = 0; n < images; n++)
        {
            var modulation = _modulation is null ? null : _modulation.Forward(n);
            for (var group = 0; group < _norm.Groups; group++)
            {
                var first = group * _perGroup;
                var (mean, rate) = _moments[n * _norm.Groups + group] = Moments(_x.Values(n) + first * _x.Shape.Stride);
                for (var c = first; c < first + _perGroup; c++)
                {
                    var (factor, term) = Affine(modulation, c);
                    var at = c * _x.Shape.Stride;
                    Channel(_x.Values(n) + at, mean, factor * rate, term, _y.Values(n) + at, _slope is null ? null : _slope.Values(n) + at);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        var (stride, add) = (_x.Shape.Stride, !_x.IsFirstGradient(_use));
        for (var n = 0; n < images; n++)
        {
            var modulation = _modulation is null ? null : _modulation.Made(n);
            for (var group = 0; group < _norm.Groups; group++)
            {
                var (mean, rate) = _moments[n * _norm.Groups + group];
                var (first, sum, product) = (group * _perGroup, T.Zero, T.Zero);
                for (var c = first; c < first + _perGroup; c++)
                {
                    var (factor, _) = Affine(modulation, c);
                    var slope = _slope is null ? null : _slope.Values(n) + c * stride;
                    (_sums[c], _products[c]) = Sums(_x.Values(n) + c * stride, slope, _y.Gradient(n) + c * stride, mean, rate);
                    (sum, product) = (sum + factor * _sums[c], product + factor * _products[c]);
                }

                for (var c = first; c < first + _perGroup; c++)
                {
                    var (factor, _) = Affine(modulation, c);
                    var dy = _y.Gradient(n) + c * stride;
                    var dx = _x.Gradient(n) + c * stride;
                    Back(_x.Values(n) + c * stride, dy, mean, rate, factor, sum / _count, product / _count, dx, add);
                }
            }

            Parameters(n, modulation, gradient);
        }
    }

    /// <summary>f and g of a channel.</summary>
    private (T Factor, T Term) Affine(T* modulation, int channel)
    {
        var (scale, shift) = (_weights.Theta[_scale + channel], _weights.Theta[_shift + channel]);
        return modulation is null
            ? (scale, shift)
            : (scale * (T.One + modulation[channel]), shift * (T.One + modulation[channel]) + modulation[_norm.Channels + channel]);
    }

    /// <summary>The gradients of γ, β, s and b from ∂f and ∂g of each channel.</summary>
    private void Parameters(int image, T* modulation, T* gradient)
    {
        for (var c = 0; c < _norm.Channels; c++)
        {
            var (scale, shift) = (_weights.Theta[_scale + c], _weights.Theta[_shift + c]);
            var factor = modulation is null ? T.One : T.One + modulation[c];
            gradient[_scale + c] += _products[c] * factor;
            gradient[_shift + c] += _sums[c] * factor;
            (_modulationGradient.Pointer[c], _modulationGradient.Pointer[_norm.Channels + c]) = (_products[c] * scale + _sums[c] * shift, _sums[c]);
        }

        _modulation?.Backward(image, _modulationGradient.Pointer, gradient);
    }

    /// <summary>μ and 1/√(σ² + ε) of a group's planes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private (T Mean, T Rate) Moments(T* x)
    {
        var (lanes, shape) = (Vector512<T>.Count, _x.Shape);
        var mean = Sum(x, _perGroup * shape.Stride) / _count;
        var middle = Vector512.Create(mean);
        Vector512<T> a = default, b = default, e = default, f = default;
        for (var c = 0; c < _perGroup; c++, x += shape.Stride)
        {
            for (var i = 0; i < shape.Stride; i += lanes)
            {
                var d = Lanes<T>.Where(Vector512.Load(shape.Mask.Pointer + i), Vector512.Load(x + i) - middle);
                (a, b, e, f) = (b, e, f, Lanes<T>.MultiplyAdd(d, d, a));
            }
        }

        return (mean, T.One / T.Sqrt(Lanes<T>.Sum((a + b) + (e + f)) / _count + _epsilon));
    }

    /// <summary>y ← (x − μ)·factor + term, then SiLU if the layer has one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Channel(T* x, T mean, T factor, T term, T* y, T* slope)
    {
        var (lanes, stride, activated) = (Vector512<T>.Count, _x.Shape.Stride, _norm.Activated);
        var mask = _x.Shape.Mask.Pointer;
        var (middle, times, plus) = (Vector512.Create(mean), Vector512.Create(factor), Vector512.Create(term));
        for (var i = 0; i < stride; i += lanes)
        {
            var z = Lanes<T>.MultiplyAdd(Vector512.Load(x + i) - middle, times, plus);
            if (activated)
            {
                var sigmoid = Lanes<T>.Sigmoid(z);
                z *= sigmoid;
                if (slope is not null)
                {
                    Lanes<T>.MultiplyAdd(z, Vector512<T>.One - sigmoid, sigmoid).Store(slope + i);
                }
            }

            Lanes<T>.Where(Vector512.Load(mask + i), z).Store(y + i);
        }
    }

    /// <summary>dy ← dy·slope; returns Σ dy and Σ dy·x̂ of the result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private (T Sum, T Product) Sums(T* x, T* slope, T* dy, T mean, T rate)
    {
        var (lanes, stride) = (Vector512<T>.Count, _x.Shape.Stride);
        var middle = Vector512.Create(mean);
        Vector512<T> sum = default, sum2 = default, product = default, product2 = default;
        for (var i = 0; i < stride; i += lanes)
        {
            var d = Vector512.Load(dy + i);
            if (slope is not null)
            {
                d *= Vector512.Load(slope + i);
                d.Store(dy + i);
            }

            (sum, sum2) = (sum2, sum + d);
            (product, product2) = (product2, Lanes<T>.MultiplyAdd(d, Vector512.Load(x + i) - middle, product));
        }

        return (Lanes<T>.Sum(sum + sum2), Lanes<T>.Sum(product + product2) * rate);
    }

    /// <summary>dx ← (f·dy − mean(f·dy) − x̂·mean(f·dy·x̂))/√(σ² + ε), or adds this to dx.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Back(T* x, T* dy, T mean, T rate, T factor, T meanOfG, T meanOfProduct, T* dx, bool add)
    {
        var (lanes, stride) = (Vector512<T>.Count, _x.Shape.Stride);
        var mask = _x.Shape.Mask.Pointer;
        var (middle, times) = (Vector512.Create(mean), Vector512.Create(factor * rate));
        var (less, slope) = (Vector512.Create(-meanOfG * rate), Vector512.Create(-meanOfProduct * rate * rate));
        for (var i = 0; i < stride; i += lanes)
        {
            var d = Lanes<T>.MultiplyAdd(Vector512.Load(dy + i), times, Lanes<T>.MultiplyAdd(Vector512.Load(x + i) - middle, slope, less));
            d = Lanes<T>.Where(Vector512.Load(mask + i), d);
            (add ? Vector512.Load(dx + i) + d : d).Store(dx + i);
        }
    }
}
