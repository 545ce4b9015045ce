using System.Diagnostics;

namespace Ddpm.Gpu.Ranks;

/// <summary>The messages of a process that computes alone: there are none.</summary>
internal sealed class NoMessages : IRankMessages
{
    public int Rank => 0;

    public int Size => 1;

    public void Send(int to, ReadOnlySpan<byte> bytes) => throw new UnreachableException();

    public void Receive(int from, Span<byte> bytes) => throw new UnreachableException();

    public void Abort(int code)
    {
    }

    public void Dispose()
    {
    }
}
