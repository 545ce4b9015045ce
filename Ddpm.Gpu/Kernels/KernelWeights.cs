using System.Numerics;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Networks;

namespace Ddpm.Gpu.Kernels;

/// <summary>A network's weights in the order in which the kernels read them, for all that compute with them at the same time.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="layout">Where parameters lie in θ.</param>
/// <param name="narrow">Whether windows may multiply bfloat16 numbers.</param>
internal sealed unsafe class KernelWeights<T>(WeightLayout layout, bool narrow) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Dictionary<int, PlaneShape<T>> _shapes = [];
    private readonly Dictionary<string, Window<T>> _windows = [];
    private readonly Dictionary<string, KernelNorm<T>> _norms = [];

    /// <summary>θ, as it was packed last.</summary>
    public T* Theta { get; private set; }

    /// <summary>The planes of a size.</summary>
    public PlaneShape<T> Shape(int size) => Known(_shapes, size, () => new(size));

    /// <summary>Where a parameter begins in θ.</summary>
    public int Offset(string parameter) => layout.Offset(parameter);

    /// <summary>The window of a convolution from a big image of a size.</summary>
    public Window<T> Window(Convolution layer, int size) => Known(_windows, layer.Name, () => Window<T>.Of(
        Offset(layer.Name + ".weight"), (layer.Out, Shape(layer.OutputSize(size))), (layer.In, Shape(size)), layer.Kernel, layer.Stride, layer.Padding, narrow));

    /// <summary>The window of a transposed convolution from a small image of a size.</summary>
    public Window<T> Window(TransposedConvolution layer, int size) => Known(_windows, layer.Name, () => Window<T>.Of(
        Offset(layer.Name + ".weight"), (layer.In, Shape(size)), (layer.Out, Shape(layer.OutputSize(size))), layer.Kernel, layer.Stride, layer.Padding, narrow));

    /// <summary>A normalisation.</summary>
    public KernelNorm<T> Norm(LayerNorm layer) => Known(_norms, layer.Name, () => new(
        Shape(layer.Size), layer.Channels, Offset(layer.Name + ".weight"), Offset(layer.Name + ".bias")));

    /// <summary>Takes the numbers of θ. Nobody may compute meanwhile.</summary>
    /// <param name="theta">θ, which has to stay where it is as long as anybody computes.</param>
    /// <param name="workers">Who does it.</param>
    public void Pack(T* theta, Replicas workers)
    {
        Theta = theta;
        var windows = _windows.Values.ToArray();
        workers.ForEach(windows.Length, number => windows[number].Pack(Theta));

        foreach (var norm in _norms.Values)
        {
            norm.Pack(theta);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var window in _windows.Values)
        {
            window.Dispose();
        }

        foreach (var norm in _norms.Values)
        {
            norm.Dispose();
        }

        foreach (var shape in _shapes.Values)
        {
            shape.Mask.Dispose();
        }
    }

    private static V Known<K, V>(Dictionary<K, V> known, K key, Func<V> make)
        where K : notnull
    {
        if (!known.TryGetValue(key, out var value))
        {
            known.Add(key, value = make());
        }

        return value;
    }
}
