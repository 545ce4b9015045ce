using Ddpm.Pure.Formats;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>One IDX file of a published data set, and how to recognise it.</summary>
/// <remarks>
/// What identifies a file is its uncompressed content: distributions compress it anew. Where the SHA-256 of that content is not known
/// (<see cref="ContentSha256"/> is none), only the publishers' own .gz can be proved, by its MD5: a download must match it, and a file
/// found on disk uncompressed or compressed anew is held to its shape alone. All hashes are lower-case hexadecimal.
/// </remarks>
public sealed record PublishedFile
{
    /// <summary>The name of the uncompressed file.</summary>
    public required string Name { get; init; }

    /// <summary>The sizes that its header gives.</summary>
    public required Arr<int> Shape { get; init; }

    /// <summary>MD5 of the .gz that the publishers offer.</summary>
    public required string GzipMd5 { get; init; }

    /// <summary>SHA-256 of the uncompressed file, where it is known.</summary>
    public required Option<string> ContentSha256 { get; init; }

    /// <summary>The name of the compressed file, as mirrors have it.</summary>
    public string GzipName => Name + ".gz";

    /// <summary>The length of the uncompressed file in bytes.</summary>
    public long Length => 4 + (4 * Shape.Count) + Shape.Fold(1L, (product, size) => product * size);

    /// <summary>Whether a checksum proves that a file is the published one.</summary>
    /// <param name="contentSha256">SHA-256 of its uncompressed content.</param>
    /// <param name="gzipMd5">MD5 of its .gz, where it was one.</param>
    public bool IsProvedBy(string contentSha256, Option<string> gzipMd5) =>
        ContentSha256.Match(Some: known => known == contentSha256, None: () => gzipMd5 == Some(GzipMd5));

    /// <summary>Whether a file found on disk can be the published one.</summary>
    /// <param name="shape">The sizes in its header.</param>
    /// <param name="contentSha256">SHA-256 of its uncompressed content.</param>
    /// <param name="gzipMd5">MD5 of its .gz, where it was one.</param>
    /// <returns>Nothing; or in which way it differs.</returns>
    public Fin<Unit> Check(Arr<int> shape, string contentSha256, Option<string> gzipMd5)
    {
        if (shape != Shape)
            return Error.New($"it holds {IdxArray.Describe(shape)} bytes where the published file holds {IdxArray.Describe(Shape)}");
        if (ContentSha256.IsSome && !IsProvedBy(contentSha256, gzipMd5))
        {
            return gzipMd5 == Some(GzipMd5)
                ? Error.New($"it is another edition: the publishers' own .gz (MD5 {GzipMd5}) with content of SHA-256 {contentSha256}")
                : Error.New($"its content is not the published one: SHA-256 is {contentSha256}, not {ContentSha256.IfNone("")}");
        }
        return unit;
    }

    /// <summary>
    /// Whether a downloaded file is the published one: what <see cref="Check"/> asks, and besides that a checksum must prove it.
    /// </summary>
    /// <inheritdoc cref="Check"/>
    public Fin<Unit> CheckDownload(Arr<int> shape, string contentSha256, Option<string> gzipMd5) =>
        Check(shape, contentSha256, gzipMd5).Bind<Unit>(_ => IsProvedBy(contentSha256, gzipMd5)
            ? unit
            : Error.New($"it is not the publishers' .gz: MD5 is {gzipMd5.IfNone("that of no .gz")}, not {GzipMd5}"));
}
