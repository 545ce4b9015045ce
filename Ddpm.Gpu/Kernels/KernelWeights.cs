using System.Numerics;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;

namespace Ddpm.Gpu.Kernels;

/// <summary>A network's weights in the kernels' order. All programs that run at the same time share them.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="layout">The offsets of the parameters in θ.</param>
/// <param name="narrow">Whether windows may use bfloat16 products.</param>
internal sealed unsafe class KernelWeights<T>(WeightLayout layout, bool narrow) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Dictionary<ImageSize, PlaneShape<T>> _shapes = [];
    private readonly Dictionary<string, Window<T>> _windows = [];
    private readonly Dictionary<string, KernelNorm<T>> _norms = [];

    /// <summary>The last packed θ.</summary>
    public T* Theta { get; private set; }

    /// <summary>The plane shape for an image size.</summary>
    public PlaneShape<T> Shape(ImageSize size) => Known(_shapes, size, () => new(size));

    /// <summary>The offset of a parameter in θ.</summary>
    public int Offset(string parameter) => layout.Offset(parameter);

    /// <summary>The window of a convolution, for the size of its big image.</summary>
    public Window<T> Window(Convolution layer, ImageSize size) => Known(_windows, layer.Name, () => Window<T>.Of(
        Offset(layer.Name + ".weight"),
        (layer.Out, Shape(layer.OutputSize(size))),
        (layer.In, Shape(size)),
        layer.Kernel,
        layer.Stride,
        layer.Padding,
        narrow));

    /// <summary>The window of a transposed convolution, for the size of its small image.</summary>
    public Window<T> Window(TransposedConvolution layer, ImageSize size) => Known(_windows, layer.Name, () => Window<T>.Of(
        Offset(layer.Name + ".weight"),
        (layer.In, Shape(size)),
        (layer.Out, Shape(layer.OutputSize(size))),
        layer.Kernel,
        layer.Stride,
        layer.Padding,
        narrow));

    /// <summary>A normalisation.</summary>
    public KernelNorm<T> Norm(LayerNorm layer) => Known(_norms, layer.Name, () => new(
        Shape(layer.Size), layer.Channels, Offset(layer.Name + ".weight"), Offset(layer.Name + ".bias")));

    /// <summary>Packs the numbers of θ. No program may run meanwhile.</summary>
    /// <param name="theta">θ, which must stay in place while programs run.</param>
    /// <param name="workers">The threads that pack; null for the caller's.</param>
    public void Pack(T* theta, Replicas? workers = null)
    {
        Theta = theta;
        var windows = _windows.Values.ToArray();
        if (workers is null)
        {
            Array.ForEach(windows, window => window.Pack(Theta));
        }
        else
        {
            workers.ForEach(windows.Length, number => windows[number].Pack(Theta));
        }

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
