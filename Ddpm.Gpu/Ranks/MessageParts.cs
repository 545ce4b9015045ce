using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Gpu.Ranks;

/// <summary>How bytes are divided into messages. MPI counts the bytes of a message in 32 bits, and some libraries fail near that limit.</summary>
internal static class MessageParts
{
    /// <summary>The most bytes in a message, 1 GiB.</summary>
    public const int Largest = 1 << 30;

    /// <summary>The parts of some bytes, in the order in which they are sent. No bytes are one empty message.</summary>
    /// <param name="bytes">How many bytes, ≥ 0.</param>
    /// <returns>The first byte of each part, and how many it has.</returns>
    public static Seq<(long First, int Count)> Of(long bytes) =>
        toSeq(Enumerable.Range(0, (int)Math.Max(1, (bytes + Largest - 1) / Largest))).Map(part =>
            (First: (long)part * Largest, Count: (int)Math.Min(Largest, bytes - (long)part * Largest)));
}
