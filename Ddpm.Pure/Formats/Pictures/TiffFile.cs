using System.Buffers.Binary;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats.Pictures;

/// <summary>
/// The first picture of a TIFF (Adobe, revision 6.0, 1992): grey, RGB or with a palette, in strips that are plain or compressed by PackBits, LZW or Deflate.
/// Tiles, separate planes, other colours and other compressions are refused.
/// </summary>
internal static class TiffFile
{
    private const int HeaderLength = 8, EntryLength = 12, Byte = 1, Short = 3, Long = 4;

    private const int Width = 256, Height = 257, Bits = 258, Compression = 259, Photometric = 262, FillOrder = 266, Strips = 273, Orientation = 274,
        Samples = 277, RowsPerStrip = 278, StripLengths = 279, Planes = 284, Predictor = 317, Palette = 320, Tiles = 324, SampleFormat = 339;

    private const int Plain = 1, Lzw = 5, Deflate = 8, OldDeflate = 32946, PackBits = 32773;

    // What a decoder needs. All other fields are left out of the content.
    private static readonly Arr<int> Kept = Array(
        Width, Height, Bits, Compression, Photometric, Strips, Samples, RowsPerStrip, StripLengths, Planes, Predictor, Palette);

    private static readonly Arr<int> Used = Kept + Array(FillOrder, Orientation, Tiles, SampleFormat);

    public static Fin<EncodedPicture> Read(ReadOnlyMemory<byte> file) => Fields(file.Span).Bind(fields => Checked(file, fields));

    /// <summary>A field: its numbers, and how they are stored.</summary>
    private sealed record Field(int Type, Arr<uint> Numbers);

    private static bool IsLittle(ReadOnlySpan<byte> file) => file[0] == (byte)'I';

    private static ushort Number16(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);

    private static uint Number32(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt32BigEndian(at);

    /// <summary>The bytes of a number; 0 for an unknown type.</summary>
    private static int SizeOf(int type) => type switch
    {
        Byte or 2 or 6 or 7 => 1,
        Short or 8 => 2,
        Long or 9 or 11 or 13 => 4,
        5 or 10 or 12 => 8,
        _ => 0,
    };

    /// <summary>The fields of the first directory that have whole numbers.</summary>
    private static Fin<HashMap<int, Field>> Fields(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderLength)
        {
            return EncodedPicture.CutShort("it ends inside its header");
        }

        var little = IsLittle(file);
        var start = Number32(file[4..], little);
        var inside = start >= HeaderLength && start <= file.Length - 2;
        var count = inside ? Number16(file[(int)start..], little) : 0;
        if (!inside || start + 2L + ((long)count * EntryLength) + 4 > file.Length)
        {
            return EncodedPicture.CutShort("its directory lies outside of the file");
        }

        var fields = HashMap<int, Field>();
        for (var i = 0; i < count; i++)
        {
            var entry = file.Slice((int)start + 2 + (i * EntryLength), EntryLength);
            var (tag, type, many) = (Number16(entry, little), Number16(entry[2..], little), Number32(entry[4..], little));
            var length = many * (long)SizeOf(type);
            var at = length <= 4 ? 0 : Number32(entry[8..], little);
            if (at + length > file.Length)
            {
                return EncodedPicture.CutShort(Invariant($"its field {tag} lies outside of the file"));
            }

            if (type is not (Byte or Short or Long) || fields.ContainsKey(tag) || !Used.Contains(tag))
            {
                continue;
            }

            var values = length <= 4 ? entry[8..] : file[(int)at..];
            var numbers = new uint[many];
            for (var n = 0; n < numbers.Length; n++)
            {
                var value = values[(n * SizeOf(type))..];
                numbers[n] = type == Byte ? value[0] : type == Short ? Number16(value, little) : Number32(value, little);
            }

            fields = fields.AddOrUpdate(tag, new Field(type, new Arr<uint>(numbers)));
        }

        return fields;
    }

    private static Fin<EncodedPicture> Checked(ReadOnlyMemory<byte> file, HashMap<int, Field> fields)
    {
        long One(int tag, long otherwise) => fields.Find(tag).Bind(field => field.Numbers.HeadOrNone()).Map(number => (long)number).IfNone(otherwise);
        Arr<uint> All(int tag) => fields.Find(tag).Map(field => field.Numbers).IfNone(Arr<uint>.Empty);

        var (width, height, samples, compression, photometric) =
            (One(Width, 0), One(Height, 0), One(Samples, 1), One(Compression, Plain), One(Photometric, -1));
        if (EncodedPicture.FaultOf(width, height).Case is Error fault)
        {
            return fault;
        }

        var bits = One(Bits, 1);
        var known = (photometric, samples, bits) is (0 or 1, 1, 1 or 4 or 8 or 16) or (2, 3, 8 or 16) or (3, 1, 4 or 8)
            && All(Bits).ForAll(other => other == bits) && All(SampleFormat).ForAll(format => format == 1);
        if (!known || One(Planes, 1) != 1 || One(FillOrder, 1) != 1 || fields.ContainsKey(Tiles) || One(Predictor, 1) is not (1 or 2))
        {
            return Error.New(
                Invariant($"a TIFF with {samples} values of {bits} bits a pixel, colours of kind {photometric}, tiles or separate planes is not supported: ")
                + "save it as RGB or grey without transparency, in strips, or as PNG");
        }

        if (compression is not (Plain or Lzw or Deflate or OldDeflate or PackBits))
        {
            return Error.New(Invariant($"a TIFF compressed by method {compression} is not supported: save it with LZW, Deflate or no compression, or as PNG"));
        }

        var (rowLength, rows) = (((width * samples * bits) + 7) / 8, Math.Clamp(One(RowsPerStrip, height), 1, height));
        var (starts, lengths) = (All(Strips), All(StripLengths));
        var count = (height + rows - 1) / rows;
        if (starts.Count != count || lengths.Count != count)
        {
            return EncodedPicture.CutShort(Invariant($"it needs {count} strips of {rows} rows, but lists {starts.Count}"));
        }

        // Each byte of the file is in one strip at most: else checking takes far longer than the file justifies.
        if (lengths.Sum(length => (long)length) > file.Length)
        {
            return EncodedPicture.CutShort("its strips have more bytes than the file");
        }

        var (strips, deflated) = (new List<ReadOnlyMemory<byte>>(), new List<DeflatedPart>());
        for (var i = 0; i < count; i++)
        {
            if (starts[i] > file.Length || lengths[i] > file.Length - starts[i])
            {
                return EncodedPicture.CutShort("a strip lies outside of the file");
            }

            var strip = file.Slice((int)starts[i], (int)lengths[i]);
            var needed = Math.Min(rows, height - (i * rows)) * rowLength;
            if (compression is Deflate or OldDeflate)
            {
                deflated.Add(new(strip, needed));
            }
            else if (compression == Plain ? strip.Length < needed : compression == Lzw ? !HasLzw(strip.Span, needed) : !HasPackBits(strip.Span, needed))
            {
                return EncodedPicture.CutShort("a strip ends before its rows do");
            }

            strips.Add(strip);
        }

        return new EncodedPicture(
            PictureFormat.Tiff, (int)width, (int)height, Content(file.Span, fields, strips), bits == 16 ? 16 : 8,
            One(Orientation, 1) is >= 1 and <= 8 and var orientation ? (int)orientation : 1, new Arr<DeflatedPart>(deflated));
    }

    /// <summary>The file of the fields that are kept: header, directory, numbers, strips.</summary>
    private static byte[] Content(ReadOnlySpan<byte> file, HashMap<int, Field> fields, List<ReadOnlyMemory<byte>> strips)
    {
        var little = IsLittle(file);
        var kept = fields.Filter((tag, _) => Kept.Contains(tag)).OrderBy(pair => pair.Key).ToArray();
        var numbersAt = HeaderLength + 2 + (kept.Length * EntryLength) + 4;
        static int Outside(Field field) => field.Numbers.Count <= 1 ? 0 : field.Numbers.Count * 4;
        var stripsAt = numbersAt + kept.Sum(pair => Outside(pair.Value));
        var content = new byte[stripsAt + strips.Sum(strip => strip.Length)];
        file[..4].CopyTo(content);
        Put32(content, 4, HeaderLength, little);
        Put16(content, HeaderLength, kept.Length, little);
        var (entry, outside) = (HeaderLength + 2, numbersAt);
        foreach (var (tag, field) in kept)
        {
            var (type, numbers) = (tag == Strips || tag == StripLengths ? Long : field.Type, tag == Strips ? Starts() : field.Numbers);
            var size = SizeOf(type);
            Put16(content, entry, tag, little);
            Put16(content, entry + 2, type, little);
            Put32(content, entry + 4, (uint)numbers.Count, little);
            var at = entry + 8;
            if (numbers.Count * size > 4)
            {
                Put32(content, at, (uint)outside, little);
                (at, outside) = (outside, outside + (numbers.Count * 4));
            }

            for (var i = 0; i < numbers.Count; i++)
            {
                if (size == 4)
                {
                    Put32(content, at + (i * size), numbers[i], little);
                }
                else if (size == 2)
                {
                    Put16(content, at + (i * size), (int)numbers[i], little);
                }
                else
                {
                    content[at + i] = (byte)numbers[i];
                }
            }

            entry += EntryLength;
        }

        var next = stripsAt;
        foreach (var strip in strips)
        {
            strip.Span.CopyTo(content.AsSpan(next));
            next += strip.Length;
        }

        return content;

        Arr<uint> Starts()
        {
            var (starts, start) = (new uint[strips.Count], (uint)stripsAt);
            for (var i = 0; i < starts.Length; i++)
            {
                (starts[i], start) = (start, start + (uint)strips[i].Length);
            }

            return new(starts);
        }
    }

    private static void Put16(byte[] content, int at, int number, bool little)
    {
        if (little)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(content.AsSpan(at), (ushort)number);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(content.AsSpan(at), (ushort)number);
        }
    }

    private static void Put32(byte[] content, int at, uint number, bool little)
    {
        if (little)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(at), number);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(at), number);
        }
    }

    /// <summary>Whether PackBits runs give a number of bytes.</summary>
    private static bool HasPackBits(ReadOnlySpan<byte> runs, long bytes)
    {
        for (var at = 0; bytes > 0;)
        {
            if (at >= runs.Length)
            {
                return false;
            }

            var run = (sbyte)runs[at];
            at += run == sbyte.MinValue ? 1 : run < 0 ? 2 : run + 2;
            if (at > runs.Length)
            {
                return false;
            }

            bytes -= run == sbyte.MinValue ? 0 : run < 0 ? 1 - run : run + 1;
        }

        return true;
    }

    /// <summary>Whether LZW codes give a number of bytes. The lengths of the table's entries are enough to decide.</summary>
    private static bool HasLzw(ReadOnlySpan<byte> codes, long bytes)
    {
        const int clear = 256, end = 257, longest = 12;
        var lengths = new int[1 << longest];
        lengths.AsSpan(0, clear).Fill(1);
        var (next, width, before, buffer, bits, at) = (end + 1, 9, -1, 0u, 0, 0);
        while (bytes > 0)
        {
            for (; bits < width; bits += 8)
            {
                if (at >= codes.Length)
                {
                    return false;
                }

                buffer = (buffer << 8) | codes[at++];
            }

            var code = (int)(buffer >> (bits - width)) & ((1 << width) - 1);
            bits -= width;
            if (code == clear)
            {
                (next, width, before) = (end + 1, 9, -1);
                continue;
            }

            if (code == end || code > next || (code == next && before < 0) || (before < 0 && code > clear))
            {
                return false;
            }

            if (before >= 0 && next < 1 << longest)
            {
                lengths[next++] = lengths[before] + 1;
            }

            if (code >= next)
            {
                return false;
            }

            // Codes become longer one entry early.
            width = next + 1 >= 1 << width && width < longest ? width + 1 : width;
            bytes -= lengths[code];
            before = code;
        }

        return true;
    }
}
