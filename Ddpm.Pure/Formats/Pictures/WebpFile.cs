using System.Buffers.Binary;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Formats.Pictures;

/// <summary>WebP (RFC 9649): one picture, VP8 or VP8L, possibly with a separate alpha chunk.</summary>
internal static class WebpFile
{
    private const int Start = 12, Around = 8; // RIFF, length, WEBP; a chunk's type and length
    private const byte Alpha = 0x10, Animation = 0x02;

    public static Fin<EncodedPicture> Read(ReadOnlyMemory<byte> file)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(file.Span[4..]);
        if (length > file.Length - Around || length < 4)
        {
            return EncodedPicture.CutShort(Invariant($"its header announces {length} bytes, but {file.Length - Around} follow"));
        }

        var riff = file[..(Around + (int)length)];
        var (at, orientation, canvas) = (Start, 1, Option<(int Width, int Height)>.None);
        var kept = new List<ReadOnlyMemory<byte>>();
        while (riff.Length - at >= Around)
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(riff.Span[(at + 4)..]);
            if (size > riff.Length - at - Around)
            {
                return EncodedPicture.CutShort("a chunk is longer than the file");
            }

            var type = riff.Span.Slice(at, 4);
            var data = riff.Slice(at + Around, (int)size);
            var chunk = riff.Slice(at, Math.Min(riff.Length - at, Around + (int)size + (int)(size & 1)));
            at += chunk.Length;
            if (type.SequenceEqual("VP8X"u8) && kept.Count == 0 && size >= 10)
            {
                if ((data.Span[0] & Animation) != 0)
                {
                    return Error.New("it is an animated WebP, which is not supported");
                }

                canvas = (1 + Number24(data.Span[4..]), 1 + Number24(data.Span[7..]));
                kept.Add(Plain(chunk.Span));
            }
            else if (type.SequenceEqual("ALPH"u8) && canvas.IsSome)
            {
                kept.Add(chunk);
            }
            else if (type.SequenceEqual("EXIF"u8))
            {
                orientation = Exif.Orientation(data.Span);
            }
            else if (type.SequenceEqual("VP8 "u8) || type.SequenceEqual("VP8L"u8))
            {
                kept.Add(chunk);
                return Checked(SizeOf(type, data.Span), canvas, kept, OrientationIn(riff.Span[at..], orientation));
            }
        }
        return EncodedPicture.CutShort("it holds no picture");
    }

    /// <summary>Exif, if present, comes after the picture.</summary>
    private static int OrientationIn(ReadOnlySpan<byte> chunks, int otherwise)
    {
        while (chunks.Length >= Around)
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(chunks[4..]);
            if (size > chunks.Length - Around)
            {
                return otherwise;
            }

            if (chunks.StartsWith("EXIF"u8))
            {
                return Exif.Orientation(chunks.Slice(Around, (int)size));
            }

            chunks = chunks[Math.Min(chunks.Length, Around + (int)size + (int)(size & 1))..];
        }
        return otherwise;
    }

    private static Fin<EncodedPicture> Checked(
        Option<(int Width, int Height)> found, Option<(int Width, int Height)> canvas, List<ReadOnlyMemory<byte>> kept, int orientation)
    {
        if (found.Case is not (int width, int height))
        {
            return EncodedPicture.CutShort("its picture has no header");
        }

        if (canvas.Case is (int across, int down) && (across, down) != (width, height))
        {
            return Error.New(Invariant($"its header announces {across}×{down} pixels, but its picture has {width}×{height}"));
        }

        if (EncodedPicture.FaultOf(width, height).Case is Error fault)
        {
            return fault;
        }

        var riff = new byte[Start];
        "RIFF"u8.CopyTo(riff);
        "WEBP"u8.CopyTo(riff.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(riff.AsSpan(4), 4 + kept.Sum(chunk => chunk.Length));
        return new EncodedPicture(PictureFormat.Webp, width, height, Bytes.Join([riff, .. kept]), Orientation: orientation);
    }

    private static Option<(int, int)> SizeOf(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (type.SequenceEqual("VP8L"u8))
        {
            if (data is not [0x2f, _, _, _, _, ..])
            {
                return Option<(int, int)>.None;
            }

            var bits = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
            return (1 + (int)(bits & 0x3fff), 1 + (int)(bits >> 14 & 0x3fff));
        }

        // A key frame. Its first partition must lie within the data.
        return data is [_, _, _, 0x9d, 0x01, 0x2a, _, _, _, _, ..] && (data[0] & 1) == 0 && Number24(data) >> 5 <= data.Length - 10
            ? (BinaryPrimitives.ReadUInt16LittleEndian(data[6..]) & 0x3fff, BinaryPrimitives.ReadUInt16LittleEndian(data[8..]) & 0x3fff)
            : Option<(int, int)>.None;
    }

    /// <summary>The same chunk without the flags of the chunks that are left out.</summary>
    private static byte[] Plain(ReadOnlySpan<byte> chunk)
    {
        var plain = chunk.ToArray();
        plain[Around] &= Alpha;
        return plain;
    }

    private static int Number24(ReadOnlySpan<byte> at) => at[0] | at[1] << 8 | at[2] << 16;
}
