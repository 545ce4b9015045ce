using System.Buffers.Binary;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Formats.Pictures;

/// <summary>An uncompressed Windows bitmap. Run-length encoding is refused, because nothing in the file says where it should end.</summary>
internal static class BmpFile
{
    private const int FileHeader = 14, OldHeader = 12, Plain = 0, Masks = 3, MasksWithAlpha = 6;

    public static Fin<EncodedPicture> Read(ReadOnlyMemory<byte> file)
    {
        var bytes = file.Span;
        if (bytes.Length < FileHeader + 4)
        {
            return EncodedPicture.CutShort("it ends inside its header");
        }

        var (start, header) = (BinaryPrimitives.ReadUInt32LittleEndian(bytes[10..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[14..]));
        if (header is not (OldHeader or 40 or 52 or 56 or 64 or 108 or 124))
        {
            return Error.New($"a bitmap with a header of {header} bytes is not supported");
        }

        if (bytes.Length < FileHeader + header)
        {
            return EncodedPicture.CutShort("it ends inside its header");
        }

        var old = header == OldHeader;
        long width = old ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]) : BinaryPrimitives.ReadInt32LittleEndian(bytes[18..]);
        // A negative height: rows run from the top.
        long height = old ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[20..]) : Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(bytes[22..]));
        var bits = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(old ? 24 : 28)..]);
        var compression = old ? Plain : BinaryPrimitives.ReadUInt32LittleEndian(bytes[30..]);
        var colours = old ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes[46..]);
        if (compression is not (Plain or Masks or MasksWithAlpha) || bits is not (1 or 4 or 8 or 16 or 24 or 32) || colours > 256)
        {
            return Error.New($"a bitmap of {bits} bits with {colours} colours, compressed by method {compression}, is not supported");
        }

        if (EncodedPicture.FaultOf(width, height).Case is Error fault)
        {
            return fault;
        }

        var rows = height * (((width * bits) + 31) / 32 * 4);
        return start < FileHeader + header || start + rows > bytes.Length
            ? EncodedPicture.CutShort(Invariant($"{rows} bytes of pixels begin at {start}, but the file has only {bytes.Length} bytes"))
            : new EncodedPicture(PictureFormat.Bmp, (int)width, (int)height, file);
    }
}
