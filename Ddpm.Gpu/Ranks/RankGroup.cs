using System.Buffers.Binary;
using Ddpm.Pure.Optimisation;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Gpu.Ranks;

/// <summary>
/// The ranks, the processes that compute together. Rank 0 leads: between two pieces of common work it either tells the others something, or that all is over.
/// So its decisions, such as to stop after a step, are those of all.
/// </summary>
/// <param name="messages">The messages between them. They belong to this object from here on.</param>
internal sealed class RankGroup(IRankMessages messages) : IDisposable
{
    private const int HeaderBytes = 16;

    /// <summary>A process alone.</summary>
    public static RankGroup Alone { get; } = new(new NoMessages());

    /// <summary>The number of this process, in [0, <see cref="Size"/>).</summary>
    public int Rank => messages.Rank;

    /// <summary>How many there are, ≥ 1.</summary>
    public int Size => messages.Size;

    /// <summary>Whether this process leads: it owns all files and all that is shown.</summary>
    public bool Leads => Rank == 0;

    /// <summary>The exit code with which rank 0 ended the common work; none while it goes on.</summary>
    public Option<int> Ended { get; private set; }

    /// <summary>The messages themselves.</summary>
    public IRankMessages Messages => messages;

    /// <summary>Rank 0 tells all ranks something.</summary>
    /// <param name="told">Gives what rank 0 tells. Nobody asks it at other ranks, or if there is nobody to be told.</param>
    /// <returns>What rank 0 tells, nothing if this process is alone; none if rank 0 ends the work instead.</returns>
    public Option<ReadOnlyMemory<byte>> Tell(Func<ReadOnlyMemory<byte>> told)
    {
        if (Size == 1)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        if (Ended.IsSome)
        {
            return None;
        }

        var bytes = Leads ? told() : default;
        var header = new byte[HeaderBytes];
        BinaryPrimitives.WriteInt64LittleEndian(header, bytes.Length);
        Broadcast(header);
        var length = BinaryPrimitives.ReadInt64LittleEndian(header);
        if (length < 0)
        {
            Ended = (int)BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(8));
            return None;
        }

        if (Leads)
        {
            Down(bytes.Span);
            return bytes;
        }

        var received = new byte[length];
        Broadcast(received);
        return Some<ReadOnlyMemory<byte>>(received);
    }

    /// <summary>Rank 0 tells all ranks to go on. The word is a message without contents.</summary>
    /// <returns>Whether to go on; false if rank 0 ends the work instead.</returns>
    public bool GoesOn() => Tell(() => ReadOnlyMemory<byte>.Empty).IsSome;

    /// <summary>Rank 0 ends the common work, unless it has ended. The other ranks hear it where they expect to be told something.</summary>
    /// <param name="code">The exit code of all.</param>
    public void End(int code)
    {
        if (Ended.IsSome || !Leads)
        {
            return;
        }

        var header = new byte[HeaderBytes];
        BinaryPrimitives.WriteInt64LittleEndian(header, -1);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), code);
        Broadcast(header);
        Ended = code;
    }

    /// <summary>Brings bytes of rank 0 to all ranks, which know how many there are.</summary>
    /// <param name="bytes">At rank 0 what to send; elsewhere receives it.</param>
    public void Broadcast(Span<byte> bytes)
    {
        if (RankTree.Parent(Rank).Case is int parent)
        {
            messages.Receive(parent, bytes);
        }

        Down(bytes);
    }

    /// <summary>Brings bytes of all ranks to rank 0.</summary>
    /// <param name="own">Those of this rank; their number may differ from rank to rank.</param>
    /// <returns>At rank 0 those of all ranks, in their order; elsewhere nothing.</returns>
    public Arr<ReadOnlyMemory<byte>> Gather(ReadOnlyMemory<byte> own)
    {
        // A rank covers the ranks that follow it, so what comes from its children is in the order of ranks.
        var records = new MemoryStream();
        records.Write(Length(own.Length));
        records.Write(own.Span);
        foreach (var child in RankTree.Children(Rank, Size))
        {
            var length = new byte[sizeof(int)];
            messages.Receive(child, length);
            var theirs = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
            messages.Receive(child, theirs);
            records.Write(theirs);
        }

        ReadOnlyMemory<byte> all = records.ToArray();
        if (RankTree.Parent(Rank).Case is int parent)
        {
            messages.Send(parent, Length(all.Length));
            messages.Send(parent, all.Span);
            return [];
        }

        var (parts, next) = (new List<ReadOnlyMemory<byte>>(), 0);
        while (next < all.Length)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(all.Span[next..]);
            parts.Add(all.Slice(next + sizeof(int), length));
            next += sizeof(int) + length;
        }

        return toArray(parts);
    }

    /// <summary>Brings numbers of which each rank has a part to all ranks.</summary>
    /// <param name="numbers">This rank's part is filled; receives all.</param>
    /// <param name="part">The part of a rank.</param>
    public void Complete(Span<double> numbers, Func<int, (int First, int Count)> part)
    {
        if (Size == 1)
        {
            return;
        }

        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers);
        var (first, count) = part(Rank);
        var gathered = Gather(bytes.Slice(first * sizeof(double), count * sizeof(double)).ToArray());
        for (var rank = 0; rank < gathered.Count; rank++)
        {
            gathered[rank].Span.CopyTo(bytes[(part(rank).First * sizeof(double))..]);
        }

        Broadcast(bytes);
    }

    /// <inheritdoc/>
    public void Dispose() => messages.Dispose();

    private void Down(ReadOnlySpan<byte> bytes)
    {
        foreach (var child in RankTree.Children(Rank, Size).Reverse())
        {
            messages.Send(child, bytes); // the farthest first: it has the longest way to go on
        }
    }

    private static byte[] Length(int length)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return bytes;
    }
}
