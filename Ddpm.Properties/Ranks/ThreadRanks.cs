using System.Collections.Concurrent;
using Ddpm.Gpu.Ranks;

namespace Ddpm.Properties.Ranks;

/// <summary>Ranks that are threads of this process, with messages through memory.</summary>
internal sealed class ThreadRanks : IRankMessages
{
    private readonly BlockingCollection<byte[]>[,] _ways;

    private ThreadRanks(int rank, BlockingCollection<byte[]>[,] ways) => (Rank, _ways) = (rank, ways);

    public int Rank { get; }

    public int Size => _ways.GetLength(0);

    /// <summary>How many messages were sent from here.</summary>
    public int Sent { get; private set; }

    /// <summary>Does the same at all ranks at once, and gives what each found.</summary>
    public static T[] Each<T>(int ranks, Func<RankGroup, T> work)
    {
        var ways = new BlockingCollection<byte[]>[ranks, ranks];
        foreach (var way in Enumerable.Range(0, ranks * ranks))
        {
            ways[way / ranks, way % ranks] = [];
        }

        return Task.WhenAll(Enumerable.Range(0, ranks).Select(rank => Task.Factory.StartNew(
            () => Work(rank), default, TaskCreationOptions.LongRunning, TaskScheduler.Default))).GetAwaiter().GetResult();

        T Work(int rank)
        {
            try
            {
                return work(new(new ThreadRanks(rank, ways)));
            }
            catch
            {
                foreach (var way in ways)
                {
                    way.CompleteAdding(); // nobody waits for this rank from here on
                }

                throw;
            }
        }
    }

    public void Send(int to, ReadOnlySpan<byte> bytes)
    {
        Sent++;
        _ways[Rank, to].Add(bytes.ToArray());
    }

    public void Receive(int from, Span<byte> bytes)
    {
        var sent = _ways[from, Rank].Take();
        if (sent.Length != bytes.Length)
        {
            throw new InvalidOperationException($"rank {from} sends {sent.Length} bytes, and rank {Rank} expects {bytes.Length}");
        }

        sent.CopyTo(bytes);
    }

    public void Abort(int code) => throw new InvalidOperationException($"aborted with code {code}");

    public void Dispose()
    {
    }
}
