using LanguageExt;

namespace Ddpm.Pure.Reference;

/// <summary>Every file of the reference, in order. Export writes these files, and verification computes them again.</summary>
public static class ReferenceFiles
{
    /// <summary>The files.</summary>
    public static Arr<ReferenceEntry> All { get; } = new(
    [
        .. ScheduleEntries.All,
        .. DiffusionEntries.All,
        .. SamplingEntries.All,
        .. RandomEntries.All,
        .. TrainingEntries.All,
        .. MetricEntries.All,
    ]);

    /// <summary>The files whose path begins with one of the prefixes; all files if no prefix is given.</summary>
    public static Arr<ReferenceEntry> Below(Arr<string> prefixes) =>
        prefixes.IsEmpty ? All : All.Filter(entry => prefixes.Exists(prefix => entry.Path.StartsWith(prefix, StringComparison.Ordinal)));
}
