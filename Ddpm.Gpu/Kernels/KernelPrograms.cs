using System.Collections.Concurrent;

namespace Ddpm.Gpu.Kernels;

/// <summary>As many programs of one kind as threads ask at the same time. They are kept for those who ask next.</summary>
/// <typeparam name="TProgram">A program.</typeparam>
/// <param name="make">Makes one.</param>
internal sealed class KernelPrograms<TProgram>(Func<TProgram> make) : IDisposable
    where TProgram : IDisposable
{
    private readonly ConcurrentBag<TProgram> _free = [];

    /// <summary>Works with a program that nobody else uses meanwhile.</summary>
    public void With(Action<TProgram> work)
    {
        var program = _free.TryTake(out var taken) ? taken : make();
        try
        {
            work(program);
        }
        catch
        {
            program.Dispose(); // it may hold half a gradient
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
