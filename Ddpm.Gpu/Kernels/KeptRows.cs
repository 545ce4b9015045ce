using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>Per-image storage, kept until the backward pass; or one slot that every image reuses.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="memory">The memory.</param>
/// <param name="each">The numbers of an image.</param>
/// <param name="all">Whether each image has its own slot.</param>
internal sealed unsafe class KeptRows<T>(NativeArray<T> memory, int each, bool all)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The stride between the slots of images.</summary>
    public int Stride => each;

    /// <summary>The slot of an image.</summary>
    public T* Of(int image) => memory.Pointer + (all ? (long)image * each : 0);
}
