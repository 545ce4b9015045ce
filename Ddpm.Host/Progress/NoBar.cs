namespace Ddpm.Host.Progress;

/// <summary>The progress of work that nobody watches.</summary>
internal sealed class NoBar : IBar
{
    public void Report(int done, int total, string detail)
    {
    }

    public void Dispose()
    {
    }
}
