using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// How one channel of an image lies in memory: pixel (h, w) at <see cref="Origin"/> + h·<see cref="Pitch"/> + w. Behind each row is one zero,
/// which is the left border of the next row too, and between planes are so many that a 3×3 window, or a 2×2 one of cells, never meets a neighbour's pixel.
/// So a convolution is a sum of shifted planes without any case for borders, as long as everything that writes a plane leaves zeros where
/// <see cref="Mask"/> has them.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class PlaneShape<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The shape of planes of a size.</summary>
    public PlaneShape(int size)
    {
        var lanes = Lanes<T>.Count;
        (Size, Pitch) = (size, size + 1);
        Origin = Up(Pitch + 1, lanes);
        Length = Up(size * Pitch, lanes);
        Stride = Origin + Length;
        CellLength = Up((size + 1) * Pitch, lanes);
        Cells = Up(size * Pitch + Up(Pitch, lanes), lanes);
        Slack = Up(2 * Origin, lanes) + 6 * lanes;
        Mask = new(Stride + Slack);
        for (var i = 0; i < size * Pitch; i++)
        {
            Mask.Pointer[Origin + i] = i % Pitch < size ? T.One : T.Zero;
        }
    }

    /// <summary>Height and width.</summary>
    public int Size { get; }

    /// <summary>From one row to the next.</summary>
    public int Pitch { get; }

    /// <summary>Where the first pixel is.</summary>
    public int Origin { get; }

    /// <summary>From the first pixel, how far kernels compute: all rows, up to whole vectors.</summary>
    public int Length { get; }

    /// <summary>From one plane to the next.</summary>
    public int Stride { get; }

    /// <summary>The length of a plane of cells, of which there is one row and one column more than pixels, up to whole vectors.</summary>
    public int CellLength { get; }

    /// <summary>From one plane of cells to the next: so far that whole vectors of its last row fit.</summary>
    public int Cells { get; }

    /// <summary>What lies behind the last plane, so that no kernel reads beyond the end.</summary>
    public int Slack { get; }

    /// <summary>A plane of 1 for each pixel and 0 elsewhere, and 0 behind it.</summary>
    public NativeArray<T> Mask { get; }

    /// <summary>The next multiple.</summary>
    public static int Up(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
