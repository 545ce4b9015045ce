using System.Runtime.InteropServices;

namespace Ddpm.Gpu.Kernels;

/// <summary>Numbers outside the managed heap, aligned to cache lines, initially zero.</summary>
/// <typeparam name="T">The type of the numbers.</typeparam>
internal sealed unsafe class NativeArray<T> : IDisposable
    where T : unmanaged
{
    private T* _pointer;

    /// <summary>Allocates zeros.</summary>
    public NativeArray(long count)
    {
        Count = count;
        _pointer = (T*)NativeMemory.AlignedAlloc((nuint)(count * sizeof(T)), 64);
        Clear();
    }

    /// <summary>Frees the memory if nobody disposed of it.</summary>
    ~NativeArray() => Free();

    /// <summary>The number of elements.</summary>
    public long Count { get; }

    /// <summary>The first element.</summary>
    public T* Pointer => _pointer;

    /// <summary>The elements from an index on.</summary>
    public Span<T> From(int first) => new(_pointer + first, checked((int)(Count - first)));

    /// <summary>Sets all elements to zero.</summary>
    public void Clear() => NativeMemory.Clear(_pointer, (nuint)(Count * sizeof(T)));

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
