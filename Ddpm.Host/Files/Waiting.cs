using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Host.Files;

/// <summary>Work that waits for somebody else, such as the other end of a pipe.</summary>
internal static class Waiting
{
    /// <summary>
    /// The work's result; or <see cref="Errors.Cancelled"/> once it is told to stop. No call of an operating system that waits for a pipe can be called back, so
    /// the work has a thread of its own, which is then left to itself and keeps no process alive.
    /// </summary>
    public static Fin<T> For<T>(Func<Fin<T>> work, CancellationToken stop)
    {
        try
        {
            var working = Task.Factory.StartNew(work, stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            Task.WaitAny([working], stop);
            return working.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Errors.Cancelled;
        }
    }
}
