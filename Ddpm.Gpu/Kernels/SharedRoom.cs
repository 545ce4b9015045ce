using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>Memory that several layers use in turn, as large as the largest request. It is allocated on first use.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class SharedRoom<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private long _count;
    private NativeArray<T>? _memory;

    /// <summary>The first number.</summary>
    public T* Pointer => (_memory ??= new(_count)).Pointer;

    /// <summary>Requests space for a count of numbers. Call it before the first use.</summary>
    public void Reserve(long count) => _count = Math.Max(_count, count);

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();
}
