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

    /// <summary>Where a row of an image's channel begins, from the image's first number.</summary>
    public int Row(int channel, int row) => channel * Shape.Stride + Shape.Origin + row * Shape.Pitch;

    /// <summary>Takes the pixels of images.</summary>
    /// <param name="numbers">N×C×H×W.</param>
    /// <param name="images">N.</param>
    public void Take(T* numbers, int images) => Move(numbers, images, toPlanes: true);

    /// <summary>Gives the pixels of images.</summary>
    /// <param name="images">N.</param>
    /// <param name="numbers">Room for N×C×H×W.</param>
    public void Give(int images, T* numbers) => Move(numbers, images, toPlanes: false);

    /// <inheritdoc/>
    public void Dispose()
    {
        _values.Dispose();
        _gradient?.Dispose();
    }

    private void Move(T* numbers, int images, bool toPlanes)
    {
        var size = Shape.Size;
        for (var n = 0; n < images; n++)
        {
            for (var c = 0; c < Channels; c++)
            {
                for (var h = 0; h < size; h++, numbers += size)
                {
                    Span<T> row = new(Values(n) + Row(c, h), size), pixels = new(numbers, size);
                    (toPlanes ? pixels : row).CopyTo(toPlanes ? row : pixels);
                }
            }
        }
    }
}
