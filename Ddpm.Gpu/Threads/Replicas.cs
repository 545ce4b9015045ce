using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Threads;

/// <summary>Threads that compute side by side, each on one core by itself, on pieces of work that do not depend on how many there are.</summary>
/// <param name="Count">How many, ≥ 1.</param>
public sealed record Replicas(int Count)
{
    /// <summary>One for each thread that libtorch may use on the CPU; a single one on any other device, which is parallel in itself.</summary>
    public static Replicas For(Device device) => new(ProcessorDevice.Is(device) ? get_num_threads() : 1);

    /// <summary>Computes pieces of work, each on one thread, in any order.</summary>
    /// <param name="pieces">How many.</param>
    /// <param name="piece">Computes one, by its number.</param>
    /// <returns>What the pieces came to, in their order.</returns>
    public T[] Map<T>(int pieces, Func<int, T> piece)
    {
        var results = new T[pieces];
        ForEach(pieces, number => results[number] = piece(number));
        return results;
    }

    /// <summary>Computes pieces of work, each on one thread, in any order; within a piece, all on its thread.</summary>
    /// <param name="pieces">How many.</param>
    /// <param name="piece">Computes one, by its number.</param>
    public void ForEach(int pieces, Action<int> piece)
    {
        if (ComputeThreads.IsOne)
        {
            // A piece has a thread already, on which it computes pieces of its own: were all to wait for another thread, none would be left.
            for (var number = 0; number < pieces; number++)
            {
                piece(number);
            }

            return;
        }

        var taken = 0;
        Together(Enumerable.Repeat<Func<Unit>>(
            () =>
            {
                for (var next = Interlocked.Increment(ref taken); next <= pieces; next = Interlocked.Increment(ref taken))
                {
                    piece(next - 1);
                }

                return default;
            },
            Math.Min(Count, pieces)));
    }

    /// <summary>Does all at once, each on a thread of its own, and returns or throws when the last has ended.</summary>
    private static T[] Together<T>(IEnumerable<Func<T>> work)
    {
        var all = work.ToArray();
        return Task.WhenAll(all.Select(one => ComputeThreads.Start(one, all.Length)).ToArray()).GetAwaiter().GetResult();
    }
}
