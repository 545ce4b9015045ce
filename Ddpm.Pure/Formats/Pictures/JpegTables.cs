
namespace Ddpm.Pure.Formats.Pictures;

/// <summary>The decoding tables of a JPEG scan, as set by the segments before it.</summary>
internal sealed class JpegTables
{
    private readonly JpegCode?[] _codes = new JpegCode?[8];

    /// <summary>The number of units between two restarts; 0 for no restarts.</summary>
    public int RestartInterval { get; set; }

    /// <summary>The Huffman code with a number, for DC (0) or AC (1), if it is defined.</summary>
    public JpegCode? this[int kind, int number] => _codes[(kind * 4) + number];

    /// <summary>Reads a segment of Huffman codes. Returns whether it was valid.</summary>
    public bool Define(ReadOnlySpan<byte> data)
    {
        while (data.Length >= 17)
        {
            var (kind, number, symbols) = (data[0] >> 4, data[0] & 15, 0);
            foreach (var count in data.Slice(1, 16))
            {
                symbols += count;
            }

            if (kind > 1 || number > 3 || symbols > 256 || data.Length < 17 + symbols
                || JpegCode.Of(data.Slice(1, 16), data.Slice(17, symbols)) is not { } code)
            {
                return false;
            }

            _codes[(kind * 4) + number] = code;
            data = data[(17 + symbols)..];
        }
        return data.IsEmpty;
    }
}
