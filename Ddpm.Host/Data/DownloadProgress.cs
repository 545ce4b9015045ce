using LanguageExt;

namespace Ddpm.Host.Data;

/// <summary>How far the fetching of a data set has come.</summary>
/// <param name="Source">Where from: an address, or the package.</param>
/// <param name="Step">What is being fetched, or which command runs.</param>
/// <param name="Received">Bytes of it that have arrived; 0 while a command runs.</param>
/// <param name="Total">Its length in bytes, where the source says it.</param>
internal sealed record DownloadProgress(string Source, string Step, long Received, Option<long> Total);
