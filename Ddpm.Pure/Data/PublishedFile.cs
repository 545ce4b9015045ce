using Ddpm.Pure.Formats;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>One IDX file of a published data set, with its hashes.</summary>
/// <remarks>
/// The SHA-256 of the uncompressed content identifies a file, because distributions compress it anew. The MD5 of the publishers' own .gz only distinguishes
/// another edition from a damaged file. All hashes are lower-case hexadecimal.
/// </remarks>
internal sealed record PublishedFile
{
    /// <summary>The name of the uncompressed file.</summary>
    public required string Name { get; init; }

    /// <summary>The sizes in its header.</summary>
    public required Arr<int> Shape { get; init; }

    /// <summary>MD5 of the publishers' .gz.</summary>
    public required string GzipMd5 { get; init; }

    /// <summary>SHA-256 of the uncompressed file.</summary>
    public required string ContentSha256 { get; init; }

    /// <summary>The name of the compressed file on the mirrors.</summary>
    public string GzipName => Name + ".gz";

    /// <summary>The length of the uncompressed file in bytes.</summary>
    public long Length => 4 + (4 * Shape.Count) + Shape.Fold(1L, (product, size) => product * size);

    /// <summary>Whether a file, found or downloaded, is the published one.</summary>
    /// <param name="shape">The sizes in its header.</param>
    /// <param name="contentSha256">SHA-256 of its uncompressed content.</param>
    /// <param name="gzipMd5">MD5 of the .gz, if the file was compressed.</param>
    /// <returns>Nothing, or the difference.</returns>
    public Fin<Unit> Check(Arr<int> shape, string contentSha256, Option<string> gzipMd5)
    {
        if (shape != Shape)
        {
            return Error.New($"it holds {IdxArray.Describe(shape)} bytes, but the published file holds {IdxArray.Describe(Shape)}");
        }

        if (contentSha256 == ContentSha256)
        {
            return unit;
        }

        return gzipMd5 == Some(GzipMd5)
            ? Error.New($"it is another edition: the .gz is the publishers' own (MD5 {GzipMd5}), but its content has SHA-256 {contentSha256}")
            : Error.New($"its content is not the published one: SHA-256 is {contentSha256}, not {ContentSha256}");
    }
}
