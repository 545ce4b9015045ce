using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>Memory that several layers use one after another: as much as the one asked for that needs most. It is made when the first comes to use it.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class SharedRoom<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private long _count;
    private NativeArray<T>? _memory;

    /// <summary>The first number.</summary>
    public T* Pointer => (_memory ??= new(_count)).Pointer;

    /// <summary>Makes sure of so many numbers, before anybody uses it.</summary>
    public void Reserve(long count) => _count = Math.Max(_count, count);

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();
}
