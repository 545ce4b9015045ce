using System.Runtime.InteropServices;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// Numbers outside the managed heap, aligned to cache lines, initially zero. They are allocated on first use, so that a network's memory can be planned without
/// taking it (<see cref="MemoryTally"/>).
/// </summary>
/// <typeparam name="T">The type of the numbers.</typeparam>
internal sealed unsafe class NativeArray<T> : IDisposable
    where T : unmanaged
{
    private nint _address; // 0 before the first use

    /// <summary>Space for zeros.</summary>
    public NativeArray(long count = 0) => Reserve(count);

    /// <summary>Frees the memory if nobody disposed of it.</summary>
    ~NativeArray() => Free();

    /// <summary>The number of elements.</summary>
    public long Count { get; private set; }

    /// <summary>The first element.</summary>
    public T* Pointer => (T*)(_address != 0 ? _address : Allocated());

    /// <summary>The elements from an index on.</summary>
    public Span<T> From(int first) => new(Pointer + first, checked((int)(Count - first)));

    /// <summary>Makes the array at least so long. Call it before the first use.</summary>
    public void Reserve(long count)
    {
        if (count > Count)
        {
            MemoryTally.Add((count - Count) * sizeof(T));
            Count = count;
        }
    }

    /// <summary>Sets all elements to zero.</summary>
    public void Clear() => NativeMemory.Clear(Pointer, (nuint)(Count * sizeof(T)));

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private nint Allocated()
    {
        var fresh = NativeMemory.AlignedAlloc((nuint)(Count * sizeof(T)), 64);
        NativeMemory.Clear(fresh, (nuint)(Count * sizeof(T)));
        if (Interlocked.CompareExchange(ref _address, (nint)fresh, 0) != 0)
        {
            NativeMemory.AlignedFree(fresh); // another thread was faster
        }

        return _address;
    }

    private void Free()
    {
        NativeMemory.AlignedFree((void*)_address);
        _address = 0;
    }
}
