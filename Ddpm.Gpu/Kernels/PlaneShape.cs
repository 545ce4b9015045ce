using System.Numerics;
using Ddpm.Pure.Images;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// The memory layout of one channel of an image: pixel (h, w) lies at <see cref="Origin"/> + h·<see cref="Pitch"/> + w. After each row comes one zero, which
/// is also the left border of the next row. Between planes lie enough zeros that a 3×3 window, or a 2×2 window of cells, never reads a neighbour's pixel. So
/// a convolution is a sum of shifted planes without special cases at borders. Every writer of a plane must leave zeros where <see cref="Mask"/> is 0.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class PlaneShape<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The shape of planes for an image size.</summary>
    public PlaneShape(ImageSize size)
    {
        var lanes = Lanes<T>.Count;
        (Size, Pitch) = (size, size.Width + 1);
        Origin = Up(Pitch + 1, lanes);
        Length = Up(size.Height * Pitch, lanes);
        Stride = Origin + Length;
        CellLength = Up((size.Height + 1) * Pitch, lanes);
        Cells = Up(size.Height * Pitch + Up(Pitch, lanes), lanes);
        Slack = Up(2 * Origin, lanes) + 6 * lanes;
        Mask = new(Stride + Slack);
        for (var i = 0; i < size.Height * Pitch; i++)
        {
            Mask.Pointer[Origin + i] = i % Pitch < size.Width ? T.One : T.Zero;
        }
    }

    /// <summary>Height and width.</summary>
    public ImageSize Size { get; }

    /// <summary>The stride between rows.</summary>
    public int Pitch { get; }

    /// <summary>The offset of the first pixel.</summary>
    public int Origin { get; }

    /// <summary>The numbers that kernels compute from the first pixel on: all rows, rounded up to whole vectors.</summary>
    public int Length { get; }

    /// <summary>The stride between planes.</summary>
    public int Stride { get; }

    /// <summary>The length of a plane of cells, rounded up to whole vectors. It has one row and one column more than the plane of pixels.</summary>
    public int CellLength { get; }

    /// <summary>The stride between planes of cells, with space for whole vectors of the last row.</summary>
    public int Cells { get; }

    /// <summary>The numbers after the last plane, so that no kernel reads beyond the end.</summary>
    public int Slack { get; }

    /// <summary>A plane with 1 at each pixel and 0 elsewhere, followed by zeros.</summary>
    public NativeArray<T> Mask { get; }

    /// <summary>Rounds up to a multiple.</summary>
    public static int Up(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
