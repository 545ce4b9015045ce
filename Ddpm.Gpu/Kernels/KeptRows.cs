using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>What is kept of each image, or room for one image after another.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="memory">Where.</param>
/// <param name="each">Numbers of an image.</param>
/// <param name="all">Whether there is room for each.</param>
internal sealed unsafe class KeptRows<T>(SharedRoom<T> memory, int each, bool all)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>From one image to the next.</summary>
    public int Stride => each;

    /// <summary>That of an image.</summary>
    public T* Of(int image) => memory.Pointer + (all ? (long)image * each : 0);
}
