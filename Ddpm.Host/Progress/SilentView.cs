namespace Ddpm.Host.Progress;

/// <summary>Nothing at all: another process shows what there is to see.</summary>
internal sealed class SilentView : IView
{
    public void Line(string text)
    {
    }

    public void Result(string text)
    {
    }

    public IBar Bar(string title) => new NoBar();

    public void Dispose()
    {
    }
}
