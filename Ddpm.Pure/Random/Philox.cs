namespace Ddpm.Pure.Random;

/// <summary>Four 32-bit words: a counter going in, or four random words coming out.</summary>
/// <param name="W0">Word 0.</param>
/// <param name="W1">Word 1.</param>
/// <param name="W2">Word 2.</param>
/// <param name="W3">Word 3.</param>
public readonly record struct PhiloxBlock(uint W0, uint W1, uint W2, uint W3);

/// <summary>
/// The counter-based generator Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"): a bijection
/// of 128-bit counters for each 64-bit key, in ten rounds of two multiplications. It has no state: a random number is a function of its address.
/// </summary>
public static class Philox
{
    internal const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    internal const uint KeyIncrement0 = 0x9E3779B9, KeyIncrement1 = 0xBB67AE85;
    internal const int Rounds = 10;

    /// <summary>The four random words of one counter under one key (key word 0 is the low half of <paramref name="key"/>).</summary>
    public static PhiloxBlock Block(PhiloxBlock counter, ulong key)
    {
        var (c0, c1, c2, c3) = counter;
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (var round = 0; round < Rounds; round++)
        {
            var product0 = (ulong)Multiplier0 * c0;
            var product1 = (ulong)Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ k0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ k1, (uint)product0);
            k0 += KeyIncrement0;
            k1 += KeyIncrement1;
        }

        return new(c0, c1, c2, c3);
    }
}
