
namespace Ddpm.Host.Progress;

/// <summary>Results and nothing else.</summary>
internal sealed class QuietView : IView
{
    public void Line(string text)
    {
    }

    public void Result(string text) => Console.Out.WriteLine(text);

    public IBar Bar(string title) => new NoBar();

    public void Dispose()
    {
    }
}
