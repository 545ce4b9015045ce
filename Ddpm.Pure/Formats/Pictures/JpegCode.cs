
namespace Ddpm.Pure.Formats.Pictures;

/// <summary>A canonical Huffman code of at most 16 bits (annex C).</summary>
internal sealed class JpegCode
{
    public const int FastBits = 9;

    private readonly ushort[] _fast = new ushort[1 << FastBits]; // length << 8 | symbol, of the short codes

    // By length: the greatest code plus 1, and the offset from a code to the index of its symbol.
    private readonly int[] _limits = new int[17], _offsets = new int[17];
    private readonly byte[] _symbols;

    private JpegCode(byte[] symbols) => _symbols = symbols;

    public static JpegCode? Of(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        var made = new JpegCode(symbols.ToArray());
        var (code, place) = (0, 0);
        for (var length = 1; length <= 16; length++)
        {
            made._offsets[length] = place - code;
            for (var i = 0; i < counts[length - 1]; i++, code++, place++)
            {
                if (length <= FastBits && code < 1 << length)
                {
                    made._fast.AsSpan(code << FastBits - length, 1 << FastBits - length).Fill((ushort)(length << 8 | symbols[place]));
                }
            }

            if (code > 1 << length)
            {
                return null;
            }

            made._limits[length] = code;
            code <<= 1;
        }
        return made;
    }

    /// <summary>The symbol of the next code; −1 for an invalid code.</summary>
    public int Next(ref JpegBits bits)
    {
        var known = _fast[bits.Peek(FastBits)];
        if (known != 0)
        {
            bits.Skip(known >> 8);
            return known & 255;
        }
        var next = bits.Peek(16);
        for (var length = FastBits + 1; length <= 16; length++)
        {
            var code = next >> 16 - length;
            if (code < _limits[length])
            {
                var place = _offsets[length] + code;
                bits.Skip(length);
                return place >= 0 && place < _symbols.Length ? _symbols[place] : -1;
            }
        }
        return -1;
    }
}
