using System.Collections.Concurrent;

namespace Ddpm.Gpu.Kernels;

/// <summary>A pool of programs of one kind, as many as threads use at the same time.</summary>
/// <typeparam name="TProgram">A program.</typeparam>
/// <param name="make">Creates a program.</param>
internal sealed class KernelPrograms<TProgram>(Func<TProgram> make) : IDisposable
    where TProgram : IDisposable
{
    private readonly ConcurrentBag<TProgram> _free = [];

    /// <summary>Runs an action with a program that no other thread uses meanwhile.</summary>
    public void With(Action<TProgram> work)
    {
        var program = _free.TryTake(out var taken) ? taken : make();
        try
        {
            work(program);
        }
        catch
        {
            program.Dispose(); // its gradient may be incomplete
            throw;
        }

        _free.Add(program);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var program in _free)
        {
            program.Dispose();
        }
    }
}
