namespace Ddpm.Gpu.Ranks;

/// <summary>
/// Messages between ranks, the processes that compute together. Messages from one rank to another arrive in the order in which they were sent. Only one thread
/// of a rank may ask at a time.
/// </summary>
internal interface IRankMessages : IDisposable
{
    /// <summary>The number of this process, in [0, <see cref="Size"/>).</summary>
    int Rank { get; }

    /// <summary>How many processes there are, ≥ 1.</summary>
    int Size { get; }

    /// <summary>Sends bytes, and returns when they may be changed.</summary>
    /// <param name="to">The other rank.</param>
    /// <param name="bytes">The bytes.</param>
    void Send(int to, ReadOnlySpan<byte> bytes);

    /// <summary>Waits for bytes.</summary>
    /// <param name="from">The other rank.</param>
    /// <param name="bytes">Receives as many as that rank sends.</param>
    void Receive(int from, Span<byte> bytes);

    /// <summary>Ends all ranks at once.</summary>
    /// <param name="code">The exit code.</param>
    void Abort(int code);
}
