using Ddpm.Pure.Text;

namespace Ddpm.Host.Progress;

/// <summary>Shows what another view does, clean of what a name from outside may hold: see <see cref="Screen.Line"/>.</summary>
/// <param name="view">The view.</param>
internal sealed class CleanView(IView view) : IView
{
    public void Line(string text) => view.Line(Screen.Line(text));

    public void Result(string text) => view.Result(Quotation.Printable(text));

    public IBar Bar(string title) => view.Bar(Screen.Line(title));

    public void Dispose() => view.Dispose();
}
