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
    private const int Page = 4096, Line = 64; // bytes

    private static uint _allocated; // arrays so far

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

    /// <summary>
    /// Each array begins at another line of a page. A processor takes a load for one of an earlier store if their addresses differ by a multiple of a page, and
    /// waits for that store. Where arrays begin alike, kernels that read some and write others wait so all the time.
    /// </summary>
    private nint Allocated()
    {
        const uint Step = 13; // has no factor in common with the lines of a page
        var line = Interlocked.Increment(ref _allocated) * Step % (Page / Line);
        var fresh = (byte*)NativeMemory.AlignedAlloc((nuint)(Count * sizeof(T)) + Page, Page) + line * Line;
        NativeMemory.Clear(fresh, (nuint)(Count * sizeof(T)));
        if (Interlocked.CompareExchange(ref _address, (nint)fresh, 0) != 0)
        {
            Free((nint)fresh); // another thread was faster
        }

        return _address;
    }

    private void Free()
    {
        Free(_address);
        _address = 0;
    }

    private static void Free(nint address) => NativeMemory.AlignedFree((void*)(address & ~(Page - 1)));
}
