
namespace Ddpm.Pure.Formats.Pictures;

/// <summary>The bits of a scan up to its next restart.</summary>
internal ref struct JpegBits(ReadOnlySpan<byte> codes)
{
    private readonly ReadOnlySpan<byte> _codes = codes;
    private int _at;
    private ulong _buffer; // the next bits, from the highest bit down
    private int _count;

    /// <summary>Whether a caller took more bits than exist.</summary>
    public readonly bool IsExhausted => _count < 0;

    /// <summary>The next bits, at most 16; 0 beyond the end.</summary>
    public int Peek(int bits)
    {
        if (_count < 16)
        {
            Fill();
        }

        return (int)(_buffer >> 64 - bits);
    }

    public void Skip(int bits)
    {
        if (_count < 16)
        {
            Fill();
        }

        _buffer <<= bits;
        _count -= bits;
    }

    public int Take(int bits)
    {
        if (bits == 0)
        {
            return 0;
        }

        var taken = Peek(bits);
        Skip(bits);
        return taken;
    }

    /// <summary>Moves past the next restart marker. Returns whether one is here.</summary>
    public bool Restart()
    {
        while (_at < _codes.Length - 1 && _codes[_at] == 0xff && _codes[_at + 1] == 0xff)
        {
            _at++;
        }

        if (IsExhausted || _at >= _codes.Length - 1 || _codes[_at] != 0xff || _codes[_at + 1] is < 0xd0 or > 0xd7)
        {
            return false;
        }

        (_at, _buffer, _count) = (_at + 2, 0, 0);
        return true;
    }

    private void Fill()
    {
        while (_count is >= 0 and <= 56 && _at < _codes.Length)
        {
            var next = _codes[_at];
            if (next == 0xff)
            {
                if (_at + 1 >= _codes.Length || _codes[_at + 1] != 0)
                {
                    return; // a restart, or the end
                }

                _at++;
            }
            _at++;
            _buffer |= (ulong)next << 56 - _count;
            _count += 8;
        }
    }
}
