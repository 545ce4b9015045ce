namespace Ddpm.Host.Pictures;

/// <summary>An amount that threads share. What is more than all of it has it alone.</summary>
/// <param name="most">The amount.</param>
internal sealed class Budget(long most)
{
    private readonly object _door = new();
    private long _used;

    /// <summary>Waits for a share, does some work and gives the share back.</summary>
    public T Use<T>(long share, Func<T> work)
    {
        lock (_door)
        {
            while (_used > 0 && share > most - _used)
            {
                Monitor.Wait(_door);
            }

            _used += share;
        }

        try
        {
            return work();
        }
        finally
        {
            lock (_door)
            {
                _used -= share;
                Monitor.PulseAll(_door);
            }
        }
    }
}
