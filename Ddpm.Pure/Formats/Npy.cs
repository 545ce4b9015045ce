using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Formats;

/// <summary>
/// NumPy's <c>.npy</c> format (NEP 1): a magic number, a version, the length of the header, the header and the elements. The header is a Python dictionary with
/// type, order and shape. Reads versions 1.0 and 2.0, and writes 1.0, in C order and with the types of <see cref="NpyType"/>.
/// </summary>
public static class Npy
{
    private const int Alignment = 64;

    /// <summary>
    /// The number of digits that NumPy reserves for the first extent, so that an array can grow without moving its data.
    /// </summary>
    private const int GrowthDigits = 21;

    /// <summary>
    /// Reads the array in the bytes of a file. Its data is a slice of them, not a copy. Fails with the offset and the reason for anything else: another
    /// version, type or order, a header that NumPy would not write, too few or too many bytes of data.
    /// </summary>
    public static Fin<NpyArray> Read(ReadOnlyMemory<byte> file)
    {
        var bytes = file.Span;
        if (bytes.Length < 10 || bytes[0] != 0x93 || !bytes[1..6].SequenceEqual("NUMPY"u8))
        {
            return Fault(0, "this is not an .npy file: it does not begin with NumPy's magic number");
        }

        if ((bytes[6], bytes[7]) is not ((1 or 2, 0)))
        {
            return Fault(6, $"version {bytes[6]}.{bytes[7]} is not supported, only 1.0 and 2.0 are: save the array again with numpy.save");
        }

        var headerStart = bytes[6] == 1 ? 10 : 12;
        if (bytes.Length < headerStart)
        {
            return Fault(8, "the file ends within the length of its header: it is cut short");
        }

        var headerLength = bytes[6] == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..])
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (headerLength > bytes.Length - headerStart)
        {
            return Fault(8, $"a header of {headerLength} bytes reaches beyond the file's {bytes.Length}: it is damaged or cut short");
        }

        var dataStart = headerStart + (int)headerLength;
        return NpyHeader.Parse(bytes[headerStart..dataStart]).Match(
            Succ: header => NpyArray.Of(header.Type, header.Shape, file[dataStart..]).Match(
                Succ: Fin<NpyArray>.Succ,
                Fail: errors => Fault(dataStart, errors.Head.Message)),
            Fail: error => Fault(headerStart, error.Message));
    }

    /// <summary>The file of an array: <see cref="Header"/>, then the data. The bytes are those of numpy.save.</summary>
    public static ReadOnlyMemory<byte> Write(NpyArray array)
    {
        var header = Header(array.Type, array.Shape);
        var file = new byte[header.Length + array.Data.Length];
        header.CopyTo(file);
        array.Data.CopyTo(file.AsMemory(header.Length));
        return file;
    }

    /// <summary>
    /// The bytes before the data of an array, for arrays that are written piece by piece. Their length is a multiple of 64. The data must follow, in C order
    /// and little-endian.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// No array has this shape: a negative extent, more than 32 extents, or more than 2⁶³ − 1 bytes.
    /// </exception>
    public static ReadOnlyMemory<byte> Header(NpyType type, Arr<long> shape)
    {
        foreach (var fault in ArrayExtent.ShapeFault(shape, type.ItemBytes))
        {
            throw new ArgumentException(fault, nameof(shape));
        }

        var extents = string.Join(", ", shape) + (shape.Count == 1 ? "," : "");
        var text = new StringBuilder($"{{'descr': '{type.Descr}', 'fortran_order': False, 'shape': ({extents}), }}");
        if (shape.Count > 0)
        {
            text.Append(' ', GrowthDigits - shape[0].ToString(CultureInfo.InvariantCulture).Length);
        }

        // A newline always ends the header. Like NumPy, we pad by 64 if the header already is a multiple of 64.
        text.Append(' ', Alignment - (10 + text.Length + 1) % Alignment).Append('\n');

        var header = new byte[10 + text.Length];
        header[0] = 0x93;
        "NUMPY"u8.CopyTo(header.AsSpan(1));
        header[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)text.Length);
        Encoding.ASCII.GetBytes(text.ToString(), header.AsSpan(10));
        return header;
    }

    private static Error Fault(int offset, string reason) => Error.New($"npy, at byte {offset}: {reason}");
}
