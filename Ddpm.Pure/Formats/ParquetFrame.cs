using System.Buffers.Binary;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>
/// The frame of an Apache Parquet file (parquet-format): magic numbers, the footer's structure, and the pages of a column. Nothing is decompressed.
/// </summary>
internal static class ParquetFrame
{
    /// <summary>The most bytes of a column in a row group, uncompressed.</summary>
    public const int MostInflated = 1 << 30;

    private const int Ends = 4, UncompressedSize = 2, CompressedSize = 3;

    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <summary>Checks the first and last bytes and the footer.</summary>
    public static Fin<Unit> Check(ReadOnlyMemory<byte> file)
    {
        var bytes = file.Span;
        if (bytes.Length < 3 * Ends || !bytes.StartsWith(Magic) || !bytes.EndsWith(Magic))
        {
            return Error.New("it is not a Parquet file, is encrypted or is cut short: it does not begin and end with PAR1");
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^(2 * Ends)..]);
        return length > bytes.Length - (3 * Ends)
            ? Error.New($"its footer announces {length} bytes, but the file has {bytes.Length}")
            : ThriftCompact.Struct(bytes[^((2 * Ends) + (int)length)..^(2 * Ends)]).Bind(footer =>
                footer.Length == length ? FinSucc(unit) : Error.New("its footer is damaged: it ends before its announced end"));
    }

    /// <summary>Checks the headers of a column's pages in a row group.</summary>
    /// <param name="file">The file.</param>
    /// <param name="start">The offset of the first page.</param>
    /// <param name="length">The bytes of all pages with their headers.</param>
    /// <returns>Nothing; or an error if a page ends early or the pages are too large.</returns>
    public static Fin<Unit> CheckPages(ReadOnlyMemory<byte> file, long start, long length)
    {
        if (start < Ends || length < 1 || start > file.Length || length > file.Length - start)
        {
            return Error.New("its footer is damaged: a column lies outside of the file");
        }

        var column = file.Span.Slice((int)start, (int)length);
        var inflated = 0L;
        while (!column.IsEmpty)
        {
            var page = ThriftCompact.Struct(column);
            if (page.IsFail)
            {
                return (Error)page;
            }

            var (header, numbers) = page.ThrowIfFail();
            var (stored, unpacked) = (numbers.Find(CompressedSize).IfNone(-1), numbers.Find(UncompressedSize).IfNone(-1));
            if (stored < 0 || unpacked < 0 || stored > column.Length - header)
            {
                return Error.New("a page in it is damaged or cut short");
            }

            inflated += unpacked;
            if (inflated > MostInflated)
            {
                return Error.New(Invariant($"a column of a row group has more than {MostInflated} bytes: write the file with smaller row groups"));
            }

            column = column[(header + (int)stored)..];
        }

        return unit;
    }
}
