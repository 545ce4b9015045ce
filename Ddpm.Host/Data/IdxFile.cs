using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Security.Cryptography;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Pure.Formats;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>An IDX file as it was found, compressed or not, with its content and the hashes that identify it.</summary>
/// <param name="Stored">The bytes as they lay on disk or came over the network.</param>
/// <param name="Array">The content.</param>
/// <param name="ContentSha256">SHA-256 of the uncompressed bytes.</param>
/// <param name="GzipMd5">MD5 of the stored bytes, where they are compressed.</param>
internal sealed record IdxFile(ReadOnlyMemory<byte> Stored, IdxArray Array, string ContentSha256, Option<string> GzipMd5)
{
    /// <summary>Decodes an IDX file. Whether it is compressed is seen from its first two bytes, not from its name.</summary>
    /// <param name="stored">The file.</param>
    /// <param name="limit">The greatest uncompressed length accepted, so that a hostile file cannot fill the memory.</param>
    public static Fin<IdxFile> Decode(ReadOnlyMemory<byte> stored, long limit)
    {
        var compressed = stored.Length >= 2 && stored.Span[0] == 0x1f && stored.Span[1] == 0x8b;
        var content = compressed ? Decompress(stored, limit) : Fin<ReadOnlyMemory<byte>>.Succ(stored);
        return content.Bind(bytes => Idx.Read(bytes).Map(array => new IdxFile(
            stored,
            array,
            Convert.ToHexStringLower(SHA256.HashData(bytes.Span)),
            compressed ? Some(Md5(stored.Span)) : None)));
    }

    /// <summary>Reads and decodes a file; an error names it.</summary>
    public static Fin<IdxFile> Read(string path, long limit) =>
        from stored in Folders.Read(path)
        from file in Decode(stored, limit).At(path)
        select file;

    // The longest header of an IDX file, and what deflate makes of a byte at most (zlib's documentation: 1032 to 1).
    private const int LongestHeader = 20, MostDense = 1032;

    private static Fin<ReadOnlyMemory<byte>> Decompress(ReadOnlyMemory<byte> stored, long limit)
    {
        var (read, whole) = (0, false);
        try
        {
            using var gzip = new GZipStream(new MemoryStream(stored.ToArray(), writable: false), CompressionMode.Decompress);
            var start = new byte[LongestHeader];
            var begun = gzip.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            return Idx.Length(start.AsSpan(0, begun)).Bind<ReadOnlyMemory<byte>>(length =>
            {
                if (length > (UInt128)limit)
                {
                    return Error.New($"its header announces {length} bytes, but at most {limit} are expected");
                }

                if (length > (UInt128)stored.Length * MostDense)
                {
                    return Error.New($"its header announces {length} bytes, more than {stored.Length} bytes of gzip can hold: it is damaged or cut short");
                }

                // One byte more than it says, to see that none follows. The checksum comes behind the content, so that a fault there is found at the very end.
                var content = new byte[(int)length + 1];
                start.AsSpan(0, Math.Min(begun, content.Length)).CopyTo(content);
                read = Math.Min(begun, content.Length);
                ReadTo((int)length - 1);
                whole = true;
                ReadTo(content.Length);
                return read > content.Length - 1
                    ? Error.New($"it uncompresses to more than the {length} bytes that its header announces")
                    : new ReadOnlyMemory<byte>(content, 0, read);

                void ReadTo(int end)
                {
                    var missing = Math.Max(0, end - read);
                    read += gzip.ReadAtLeast(content.AsSpan(read, missing), missing, throwOnEndOfStream: false);
                }
            });
        }
        catch (InvalidDataException)
        {
            return Error.New(whole
                ? "its content is damaged: it does not match the checksum in the gzip file; get the file again"
                : "its gzip data are damaged; get the file again");
        }
    }

    [SuppressMessage("Security", "CA5351", Justification = "The publishers give MD5: enough to tell editions apart, not forgeries.")]
    private static string Md5(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));
}
