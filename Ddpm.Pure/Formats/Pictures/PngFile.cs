using System.Buffers.Binary;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats.Pictures;

/// <summary>PNG (W3C, third edition): a list of chunks. Decoding needs five kinds of them.</summary>
internal static class PngFile
{
    private const int HeaderLength = 13, Around = 12; // a chunk's length, type and checksum

    // Adam7: the first column and row of each pass, and its column and row steps.
    private static readonly Arr<(int X, int Y, int StepX, int StepY)> Passes =
        Prelude.Array((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2));

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    public static Fin<EncodedPicture> Read(ReadOnlyMemory<byte> file)
    {
        var bytes = file.Span;
        var (at, orientation) = (Signature.Length, 1);
        var (kept, deflated) = (new List<ReadOnlyMemory<byte>> { file[..at] }, new List<ReadOnlyMemory<byte>>());
        ReadOnlySpan<byte> header = default;
        while (bytes.Length - at >= Around)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            if (length > bytes.Length - at - Around)
            {
                break;
            }

            var chunk = file.Slice(at, (int)length + Around);
            var type = chunk.Span.Slice(4, 4);
            var data = chunk.Slice(8, (int)length);
            at += chunk.Length;
            var pixels = type.SequenceEqual("IDAT"u8);
            if (header.IsEmpty)
            {
                if (!type.SequenceEqual("IHDR"u8) || length != HeaderLength)
                {
                    return Error.New("it does not begin with a PNG's header");
                }

                header = data.Span;
                kept.Add(chunk);
            }
            else if (pixels || type.SequenceEqual("PLTE"u8) || type.SequenceEqual("tRNS"u8))
            {
                kept.Add(chunk);
                if (pixels)
                {
                    deflated.Add(data);
                }
            }
            else if (type.SequenceEqual("eXIf"u8))
            {
                orientation = Exif.Orientation(data.Span);
            }
            else if (type.SequenceEqual("IEND"u8))
            {
                kept.Add(chunk);
                return Checked(header, Bytes.Join(kept), Bytes.Join(deflated), orientation);
            }
            else if (char.IsAsciiLetterUpper((char)type[0]))
            {
                return Error.New("it has an unknown critical chunk");
            }
        }
        return EncodedPicture.CutShort("it lacks a PNG's end chunk");
    }

    private static Fin<EncodedPicture> Checked(ReadOnlySpan<byte> header, byte[] content, byte[] deflated, int orientation)
    {
        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(header), BinaryPrimitives.ReadUInt32BigEndian(header[4..]));
        var (depth, colour, interlaced) = (header[8], header[9], header[12]);
        var channels = (colour, depth) switch
        {
            (0, 1 or 2 or 4 or 8 or 16) or (3, 1 or 2 or 4 or 8) => 1,
            (2, 8 or 16) => 3,
            (4, 8 or 16) => 2,
            (6, 8 or 16) => 4,
            _ => 0,
        };
        if (channels == 0 || header[10] != 0 || header[11] != 0 || interlaced > 1)
        {
            return Error.New($"a PNG cannot have colour type {colour} with {depth} bits and the methods {header[10]}, {header[11]} and {interlaced}");
        }

        if (EncodedPicture.FaultOf(width, height).Case is Error fault)
        {
            return fault;
        }

        // Each row begins with the number of its filter.
        long Rows(long columns, long rows) => columns == 0 || rows == 0 ? 0 : rows * (1 + (((columns * channels * depth) + 7) / 8));
        var inflated = interlaced == 0
            ? Rows(width, height)
            : Passes.Sum(pass => Rows(Parts(width - pass.X, pass.StepX), Parts(height - pass.Y, pass.StepY)));
        return new EncodedPicture(
            PictureFormat.Png, (int)width, (int)height, content, depth == 16 ? 16 : 8, orientation, Array(new DeflatedPart(deflated, inflated)));
    }

    private static long Parts(long length, int step) => Math.Max(0, (length + step - 1) / step);
}
