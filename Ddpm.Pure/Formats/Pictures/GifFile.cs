using System.Buffers.Binary;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Formats.Pictures;

/// <summary>GIF (CompuServe, 1990). Each frame is available as a separate file.</summary>
internal static class GifFile
{
    private const int HeaderLength = 13, ControlLength = 8, DescriptorLength = 10;
    private const byte Extension = 0x21, Control = 0xf9, Descriptor = 0x2c, End = 0x3b;

    /// <summary>A frame, still encoded.</summary>
    public sealed record Frame
    {
        private readonly ReadOnlyMemory<byte> _start, _control, _image;
        private readonly int _codes;

        internal Frame(ReadOnlyMemory<byte> start, ReadOnlyMemory<byte> control, ReadOnlyMemory<byte> image, int codes)
        {
            (_start, _control, _image, _codes) = (start, control, image, codes);
            (Width, Height) = (Number(image.Span[5..]), Number(image.Span[7..]));
            IsWhole = Number(image.Span[1..]) == 0 && Number(image.Span[3..]) == 0 && (Width, Height) == (Number(start.Span[6..]), Number(start.Span[8..]));
        }

        /// <summary>The frame's width.</summary>
        public int Width { get; }

        /// <summary>The frame's height.</summary>
        public int Height { get; }

        /// <summary>Whether the frame covers the animation's canvas.</summary>
        public bool IsWhole { get; }

        /// <summary>The frame alone, as a file with a canvas of the frame's size; or its fault.</summary>
        public Fin<EncodedPicture> Picture()
        {
            if (EncodedPicture.FaultOf(Width, Height).Case is Error fault)
            {
                return fault;
            }

            if (!HasPixels(_image.Span[_codes..], (long)Width * Height))
            {
                return EncodedPicture.CutShort("its data end before its picture does");
            }

            byte[] start = _start.ToArray(), alone = _image.ToArray();
            alone.AsSpan(5, 4).CopyTo(start.AsSpan(6));
            alone.AsSpan(1, 4).Clear();
            return new EncodedPicture(PictureFormat.Gif, Width, Height, Bytes.Join([start, _control, alone, new[] { End }]));
        }

        private static int Number(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadUInt16LittleEndian(at);
    }

    /// <summary>The first frame.</summary>
    internal static Fin<EncodedPicture> Read(ReadOnlyMemory<byte> file) => Frames(file).Bind(frames => frames[0].Picture());

    /// <summary>The frames of a file, still encoded.</summary>
    /// <returns>At least one frame; or the fault of the file.</returns>
    public static Fin<Arr<Frame>> Frames(ReadOnlyMemory<byte> file)
    {
        var bytes = file.Span;
        if (EncodedPicture.FormatOf(bytes).Case is not PictureFormat.Gif)
        {
            return Error.New("it is not a GIF");
        }

        if (bytes.Length < HeaderLength)
        {
            return EncodedPicture.CutShort("it ends inside its header");
        }

        var at = HeaderLength + Palette(bytes[10]);
        var (head, control, frames) = (at, default(ReadOnlyMemory<byte>), new List<Frame>());
        while (at < bytes.Length)
        {
            switch (bytes[at])
            {
                case End:
                    return frames.Count > 0 ? new Arr<Frame>(frames) : EncodedPicture.CutShort("it holds no picture");
                case Extension when bytes.Length - at >= 2:
                    var from = at;
                    if (!Skip(bytes, at + 2, out at))
                    {
                        return NoEnd;
                    }

                    if (bytes[from + 1] == Control && at - from == ControlLength)
                    {
                        control = file[from..at];
                    }

                    break;
                case Descriptor when bytes.Length - at > DescriptorLength:
                    var data = at + DescriptorLength + Palette(bytes[at + 9]);
                    if (data >= bytes.Length || !Skip(bytes, data + 1, out var next))
                    {
                        return NoEnd;
                    }

                    frames.Add(new Frame(file[..head], control, file[at..next], data - at));
                    (at, control) = (next, default);
                    break;
                default:
                    return EncodedPicture.CutShort("a block is missing");
            }
        }
        return NoEnd;
    }

    private static Error NoEnd => EncodedPicture.CutShort("it lacks a GIF's end marker");

    /// <summary>Whether LZW codes (Lempel, Ziv and Welch) give a number of pixels. The lengths of the table's entries are enough to decide.</summary>
    private static bool HasPixels(ReadOnlySpan<byte> codes, long pixels)
    {
        const int longest = 12;
        int least = codes[0], clear = 1 << least, at = 1, block = 0, bits = 0;
        if (least is < 1 or > 11)
        {
            return false;
        }

        var (lengths, next, width, before, buffer) = (new int[1 << longest], clear + 2, least + 1, -1, 0u);
        lengths.AsSpan(0, clear).Fill(1);
        while (pixels > 0)
        {
            while (bits < width)
            {
                if (block == 0 && (block = codes[at++]) == 0)
                {
                    return false;
                }

                buffer |= (uint)codes[at++] << bits;
                (block, bits) = (block - 1, bits + 8);
            }
            var code = (int)(buffer & ((1u << width) - 1));
            (buffer, bits) = (buffer >> width, bits - width);
            if (code == clear)
            {
                (next, width, before) = (clear + 2, least + 1, -1);
                continue;
            }
            if (code == clear + 1 || code > next || (code == next && before < 0) || (before < 0 && code > clear))
            {
                return false;
            }

            if (before >= 0 && next < 1 << longest)
            {
                lengths[next++] = lengths[before] + 1;
                if (next == 1 << width && width < longest)
                {
                    width++;
                }
            }
            if (code >= next)
            {
                return false;
            }

            pixels -= lengths[code];
            before = code;
        }
        return true;
    }

    private static int Palette(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);

    /// <summary>Skips blocks of up to 255 bytes, and the empty block after them.</summary>
    private static bool Skip(ReadOnlySpan<byte> bytes, int at, out int next)
    {
        while (at < bytes.Length && bytes[at] != 0)
        {
            at += 1 + bytes[at];
        }

        next = at + 1;
        return at < bytes.Length;
    }
}
