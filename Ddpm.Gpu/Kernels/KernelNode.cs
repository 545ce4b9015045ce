using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

/// <summary>One operation of a network on the first images of a batch, and its gradient.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal abstract unsafe class KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Computes the output.</summary>
    public abstract void Forward(int images);

    /// <summary>Computes the inputs' gradients from the output's gradient, and adds the parameters' gradients to the gradient of θ.</summary>
    public abstract void Backward(int images, T* gradient);

    /// <summary>y ← SiLU(z) for count numbers, and slope ← SiLU'(z) if slope is given; y may be z.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Silu(T* z, T* y, T* slope, int count)
    {
        for (var i = 0; i < count; i += Vector512<T>.Count)
        {
            var x = Vector512.Load(z + i);
            var sigmoid = Lanes<T>.Sigmoid(x);
            var value = x * sigmoid;
            value.Store(y + i);
            if (slope is not null)
            {
                // (xσ)' = σ + xσ(1 − σ)
                Lanes<T>.MultiplyAdd(value, Vector512<T>.One - sigmoid, sigmoid).Store(slope + i);
            }
        }
    }

    /// <summary>y ← x·f, elementwise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    protected static void Multiply(T* x, T* f, T* y, int count)
    {
        for (var i = 0; i < count; i += Vector512<T>.Count)
        {
            (Vector512.Load(x + i) * Vector512.Load(f + i)).Store(y + i);
        }
    }

    /// <summary>y ← x + y, elementwise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    protected static void Add(T* x, T* y, int count)
    {
        for (var i = 0; i < count; i += Vector512<T>.Count)
        {
            (Vector512.Load(x + i) + Vector512.Load(y + i)).Store(y + i);
        }
    }

    /// <summary>y ← x, or y ← x + y.</summary>
    protected static void Put(T* x, T* y, int count, bool add)
    {
        if (add)
        {
            Add(x, y, count);
        }
        else
        {
            Buffer.MemoryCopy(x, y, (long)count * sizeof(T), (long)count * sizeof(T));
        }
    }

    /// <summary>The sum of a plane. Its borders are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    protected static T Sum(T* plane, int count)
    {
        // Four independent sums hide the latency of an addition.
        Vector512<T> a = default, b = default, c = default, d = default;
        for (var i = 0; i < count; i += Vector512<T>.Count)
        {
            (a, b, c, d) = (b, c, d, a + Vector512.Load(plane + i));
        }

        return Lanes<T>.Sum((a + b) + (c + d));
    }

    /// <summary>y ← x·f, elementwise, and ∇bias += the sums of y's planes, while they are in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    protected static void MultiplyPlanes(T* x, T* f, T* y, int channels, int stride, T* gradient)
    {
        for (var (channel, i) = (0, 0); channel < channels; channel++)
        {
            // Four independent sums hide the latency of an addition.
            Vector512<T> a = default, b = default, c = default, d = default;
            for (var end = i + stride; i < end; i += Vector512<T>.Count)
            {
                var product = Vector512.Load(x + i) * Vector512.Load(f + i);
                product.Store(y + i);
                (a, b, c, d) = (b, c, d, a + product);
            }

            gradient[channel] += Lanes<T>.Sum((a + b) + (c + d));
        }
    }

    /// <summary>∇bias += the sums of an image's planes.</summary>
    protected static void BiasGradient(T* planes, int channels, int stride, T* gradient)
    {
        for (var c = 0; c < channels; c++)
        {
            gradient[c] += Sum(planes + c * stride, stride);
        }
    }
}
