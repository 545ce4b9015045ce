using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Threads;

/// <summary>
/// The threads of <see cref="Replicas"/>, which stay for the next step: what libtorch and the allocator keep for a thread would otherwise be made
/// anew, and left behind in pieces, at every step.
/// </summary>
internal static class ComputeThreads
{
    private static readonly BlockingCollection<Action> Work = [];
    private static readonly Lock Growing = new();
    private static int _threads;

    /// <summary>Whether the caller runs on one of them.</summary>
    [field: ThreadStatic]
    public static bool IsOne { get; private set; }

    /// <summary>Begins work on a thread that computes on one core.</summary>
    /// <param name="work">The work.</param>
    /// <param name="atOnce">How many threads there have to be at least.</param>
    public static Task<T> Start<T>(Func<T> work, int atOnce)
    {
        lock (Growing)
        {
            for (; _threads < atOnce; _threads++)
            {
                new Thread(Compute) { IsBackground = true, Name = "ddpm compute" }.Start();
            }
        }

        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    private static void Compute()
    {
        try
        {
            // A thread's first parallel operation takes the number that was set last, by whomever; asking for it does that now, before this thread's own
            // is set.
            get_num_threads();
            set_num_threads(1); // the others keep theirs
        }
        catch (TypeInitializationException)
        {
            // There is no libtorch for this machine. The kernels need none.
        }

        IsOne = true;
        foreach (var work in Work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
