using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Host.Files;

/// <summary>Work that waits for somebody else, such as the other end of a pipe.</summary>
internal static class Waiting
{
    /// <summary>
    /// The work's result; or <see cref="Errors.Cancelled"/> after <paramref name="stop"/>. A system call that waits for a pipe cannot be cancelled. So the work
    /// runs on its own thread, which is then abandoned and keeps no process alive.
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
