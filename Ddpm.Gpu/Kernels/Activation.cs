using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>What a layer makes of some images, and the gradient of the loss with respect to it.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class Activation<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly NativeArray<T> _values;
    private readonly NativeArray<T>? _gradient;
    private int _uses;

    /// <summary>Room for some images.</summary>
    public Activation(PlaneShape<T> shape, int channels, int images, bool withGradient)
    {
        (Shape, Channels, ImageStride) = (shape, channels, channels * shape.Stride);
        _values = new((long)images * ImageStride + shape.Slack);
        _gradient = withGradient ? new((long)images * ImageStride + shape.Slack) : null;
    }

    /// <summary>The shape of its planes.</summary>
    public PlaneShape<T> Shape { get; }

    /// <summary>Channels of an image.</summary>
    public int Channels { get; }

    /// <summary>From one image to the next.</summary>
    public int ImageStride { get; }

    /// <summary>The planes of an image.</summary>
    public T* Values(int image) => _values.Pointer + (long)image * ImageStride;

    /// <summary>Their gradient.</summary>
    public T* Gradient(int image) => _gradient!.Pointer + (long)image * ImageStride;

    /// <summary>Says that one more layer takes it, and which in order that one is.</summary>
    public int Use() => _uses++;

    /// <summary>Whether that layer's gradient comes first, and so is written and not added: the last to take it is the first to go back.</summary>
    public bool IsFirstGradient(int use) => use == _uses - 1;

    /// <inheritdoc/>
    public void Dispose()
    {
        _values.Dispose();
        _gradient?.Dispose();
    }
}
