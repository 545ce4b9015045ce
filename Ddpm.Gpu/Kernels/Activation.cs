using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>The output of a layer for a batch of images, and the gradient of the loss with respect to it.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class Activation<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly NativeArray<T> _values;
    private readonly NativeArray<T>? _gradient;
    private int _uses;

    /// <summary>Allocates the memory for a batch of images.</summary>
    public Activation(PlaneShape<T> shape, int channels, int images, bool withGradient)
    {
        (Shape, Channels, ImageStride) = (shape, channels, channels * shape.Stride);
        _values = new((long)images * ImageStride + shape.Slack);
        _gradient = withGradient ? new((long)images * ImageStride + shape.Slack) : null;
    }

    /// <summary>The shape of its planes.</summary>
    public PlaneShape<T> Shape { get; }

    /// <summary>The channels of an image.</summary>
    public int Channels { get; }

    /// <summary>The stride between images.</summary>
    public int ImageStride { get; }

    /// <summary>The planes of an image.</summary>
    public T* Values(int image) => _values.Pointer + (long)image * ImageStride;

    /// <summary>The gradient of an image's planes.</summary>
    public T* Gradient(int image) => _gradient!.Pointer + (long)image * ImageStride;

    /// <summary>Registers one more consumer of this activation. Returns the consumer's index.</summary>
    public int Use() => _uses++;

    /// <summary>
    /// Whether a consumer writes the gradient first, so that it overwrites and does not add: the last consumer is first in the backward pass.
    /// </summary>
    public bool IsFirstGradient(int use) => use == _uses - 1;

    /// <summary>The offset of a row of a channel, from the image's first number.</summary>
    public int Row(int channel, int row) => channel * Shape.Stride + Shape.Origin + row * Shape.Pitch;

    /// <summary>Copies the pixels of images in.</summary>
    /// <param name="numbers">N×C×H×W.</param>
    /// <param name="images">N.</param>
    public void Take(T* numbers, int images) => Move(numbers, images, toPlanes: true);

    /// <summary>Copies the pixels of images out.</summary>
    /// <param name="images">N.</param>
    /// <param name="numbers">Receives N×C×H×W numbers.</param>
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
                for (var h = 0; h < size.Height; h++, numbers += size.Width)
                {
                    Span<T> row = new(Values(n) + Row(c, h), size.Width), pixels = new(numbers, size.Width);
                    (toPlanes ? pixels : row).CopyTo(toPlanes ? row : pixels);
                }
            }
        }
    }
}
