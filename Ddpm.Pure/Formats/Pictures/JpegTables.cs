
namespace Ddpm.Pure.Formats.Pictures;

/// <summary>What a scan of a JPEG is read with, as the segments before it have left it.</summary>
internal sealed class JpegTables
{
    private readonly JpegCode?[] _codes = new JpegCode?[8];

    /// <summary>How many units lie between two restarts; 0 where there are none.</summary>
    public int RestartInterval { get; set; }

    /// <summary>The code of that number for DC (0) or AC (1), if it was defined.</summary>
    public JpegCode? this[int kind, int number] => _codes[(kind * 4) + number];

    /// <summary>Reads a segment of codes; whether it made sense.</summary>
    public bool Define(ReadOnlySpan<byte> data)
    {
        while (data.Length >= 17)
        {
            var (kind, number, symbols) = (data[0] >> 4, data[0] & 15, 0);
            foreach (var count in data.Slice(1, 16))
                symbols += count;
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
