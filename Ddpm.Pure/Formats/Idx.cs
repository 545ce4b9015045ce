using System.Buffers.Binary;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Formats;

/// <summary>
/// The IDX format of the MNIST family: two zero bytes, the element type, the rank, one big-endian 32-bit size for each axis, and the
/// elements row-major to the end of the file (LeCun, Cortes and Burges, "The MNIST database of handwritten digits").
/// Only unsigned bytes (type 0x08) and ranks 1 to 4 are read.
/// </summary>
public static class Idx
{
    private const byte UnsignedByte = 0x08;

    /// <summary>Reads an uncompressed IDX file without copying: the result's data is a view of <paramref name="bytes"/>.</summary>
    /// <returns>The array; or the fault and its offset. Never throws, whatever the bytes.</returns>
    /// <remarks>
    /// Only the first axis may be empty. An empty inner axis describes no image. Without empty inner axes, no change of the rank byte alone can turn one
    /// valid file into another.
    /// </remarks>
    public static Fin<IdxArray> Read(ReadOnlyMemory<byte> bytes) => Header(bytes.Span).Bind<IdxArray>(header =>
        header.Elements != (uint)(bytes.Length - header.Length)
            ? Fault(header.Length, $"{IdxArray.Describe(header.Shape)} elements need {header.Elements} bytes, but {bytes.Length - header.Length} follow")
            : IdxArray.Of(header.Shape, bytes[header.Length..]).ToFin());

    /// <summary>The length of a file according to its header, so that a caller can allocate memory for the rest.</summary>
    /// <param name="start">At least the header, or the whole file.</param>
    /// <returns>The length in bytes; or the fault and its offset.</returns>
    public static Fin<UInt128> Length(ReadOnlySpan<byte> start) => Header(start).Map(header => (UInt128)header.Length + header.Elements);

    private readonly record struct IdxHeader(Arr<int> Shape, int Length, UInt128 Elements);

    private static Fin<IdxHeader> Header(ReadOnlySpan<byte> span)
    {
        if (span.Length < 4)
        {
            return Fault(span.Length, "the file ends inside its first 4 bytes, which give its type");
        }

        if (span[0] != 0 || span[1] != 0)
        {
            return Fault(0, $"an IDX file begins with two zero bytes, this one with 0x{span[0]:x2} 0x{span[1]:x2}");
        }

        if (span[2] != UnsignedByte)
        {
            return Fault(2, $"elements of type 0x{span[2]:x2} are not supported, only unsigned bytes (0x08)");
        }

        int rank = span[3];
        if (rank is < 1 or > 4)
        {
            return Fault(3, $"an array of {rank} axes is not supported, only 1 to 4");
        }

        var header = 4 + (4 * rank);
        if (span.Length < header)
        {
            return Fault(span.Length, $"the file ends inside its header of {header} bytes");
        }

        var shape = Arr<int>.Empty;
        // The product of four 32-bit sizes fits 128 bits, so no header can overflow it.
        UInt128 needed = 1;
        for (var axis = 0; axis < rank; axis++)
        {
            var offset = 4 + (4 * axis);
            var size = BinaryPrimitives.ReadUInt32BigEndian(span[offset..]);
            if (size > int.MaxValue || (size == 0 && axis > 0))
            {
                return Fault(offset, $"axis {axis} cannot have {size} elements");
            }

            shape = shape.Add((int)size);
            needed *= size;
        }

        return new IdxHeader(shape, header, needed);
    }

    /// <summary>The uncompressed IDX file of an array. <see cref="Read"/> gives the array back.</summary>
    public static ReadOnlyMemory<byte> Write(IdxArray array)
    {
        var header = 4 + (4 * array.Shape.Count);
        var bytes = new byte[header + array.Data.Length];
        bytes[2] = UnsignedByte;
        bytes[3] = (byte)array.Shape.Count;
        for (var axis = 0; axis < array.Shape.Count; axis++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + (4 * axis)), array.Shape[axis]);
        }

        array.Data.Span.CopyTo(bytes.AsSpan(header));
        return bytes;
    }

    private static Error Fault(int offset, string reason) => Error.New($"not a readable IDX file: at offset {offset}: {reason}");
}
