namespace Ddpm.Gpu.Kernels;

/// <summary>Counts the bytes of all <see cref="NativeArray{T}"/> that an action creates. Creating them takes no memory yet.</summary>
internal static class MemoryTally
{
    [ThreadStatic]
    private static long _bytes;

    /// <summary>The bytes that an action plans on its thread.</summary>
    public static long Of(Action plan)
    {
        var before = _bytes;
        plan();
        return _bytes - before;
    }

    /// <summary>Counts bytes on the caller's thread.</summary>
    public static void Add(long bytes) => _bytes += bytes;
}
