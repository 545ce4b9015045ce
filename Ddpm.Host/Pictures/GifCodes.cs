namespace Ddpm.Host.Pictures;

/// <summary>GIF's variable-length codes of Lempel, Ziv and Welch (CompuServe 1990, appendix F).</summary>
internal static class GifCodes
{
    private const int LongestCode = 12, MostCodes = 1 << LongestCode, Slots = 1 << 14;

    /// <summary>Writes indices into a palette, in blocks of up to 255 bytes and an empty one.</summary>
    /// <param name="file">The file.</param>
    /// <param name="indices">At least one.</param>
    /// <param name="bits">The bits of an index.</param>
    public static void Write(Stream file, ReadOnlySpan<byte> indices, int bits)
    {
        var (clear, width, next) = (1 << bits, bits + 1, (1 << bits) + 2);
        var (keys, codes) = (new int[Slots], new int[Slots]); // a key is a code and the index behind it, plus 1: 0 is a free slot
        var (block, length, buffer, filled) = (new byte[256], 0, 0u, 0);

        void Byte(byte value)
        {
            block[++length] = value;
            if (length < 255)
            {
                return;
            }

            block[0] = (byte)length;
            file.Write(block, 0, length + 1);
            length = 0;
        }

        void Code(int code)
        {
            buffer |= (uint)code << filled;
            for (filled += width; filled >= 8; filled -= 8, buffer >>= 8)
            {
                Byte((byte)buffer);
            }
        }

        Code(clear);
        int prefix = indices[0];
        foreach (var index in indices[1..])
        {
            var key = (prefix << 8 | index) + 1;
            var slot = (int)((uint)key * 2654435769u >> 18);
            while (keys[slot] != 0 && keys[slot] != key)
            {
                slot = (slot + 1) & (Slots - 1);
            }

            if (keys[slot] == key)
            {
                prefix = codes[slot];
                continue;
            }

            Code(prefix);
            prefix = index;
            if (next == MostCodes)
            {
                Code(clear);
                System.Array.Clear(keys);
                (width, next) = (bits + 1, clear + 2);
                continue;
            }

            (keys[slot], codes[slot]) = (key, next++);
            if (next > 1 << width && width < LongestCode) // whoever reads this knows a code one code later
            {
                width++;
            }
        }

        Code(prefix);
        if (next < MostCodes && next == 1 << width && width < LongestCode)
        {
            width++;
        }

        Code(clear + 1);
        if (filled > 0)
        {
            Byte((byte)buffer);
        }

        if (length > 0)
        {
            block[0] = (byte)length;
            file.Write(block, 0, length + 1);
        }

        file.WriteByte(0);
    }
}
