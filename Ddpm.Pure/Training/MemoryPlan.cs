using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Training;

/// <summary>The memory that training needs on its device, part by part, counted before anything is allocated.</summary>
/// <param name="Parts">What needs how many bytes.</param>
/// <param name="Remedy">What a user can do to need less.</param>
public sealed record MemoryPlan(Arr<(string What, long Bytes)> Parts, string Remedy)
{
    /// <summary>The bytes of all parts.</summary>
    public long Total => Parts.Sum(part => part.Bytes);

    /// <summary>The total and its parts in words, the largest part first.</summary>
    public string Text =>
        $"{InWords(Total)} of memory ({string.Join(", ", Parts.OrderByDescending(part => part.Bytes).Select(part => $"{part.What} {InWords(part.Bytes)}"))})";

    /// <summary>Refuses a plan that needs more than there is.</summary>
    /// <param name="available">The free memory in bytes.</param>
    public Validation<Error, Unit> FitsIn(long available) => Total <= available
        ? unit
        : Error.New($"training needs about {Text}, but only {InWords(available)} are free: {Remedy}");

    private static string InWords(long bytes) => bytes switch
    {
        >= 1 << 30 => Invariant($"{bytes / (double)(1 << 30):0.0} GiB"),
        >= 1 << 20 => Invariant($"{bytes / (double)(1 << 20):0} MiB"),
        _ => Invariant($"{bytes / 1024.0:0} KiB"),
    };
}
