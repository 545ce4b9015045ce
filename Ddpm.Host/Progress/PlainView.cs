using System.Diagnostics;
using Serilog;

namespace Ddpm.Host.Progress;

/// <summary>Lines in a log, where the error stream is no terminal: a bar becomes a line every ten seconds.</summary>
/// <param name="log">Where the lines go.</param>
internal sealed class PlainView(ILogger log) : IView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    public void Line(string text) => log.Information("{Text:l}", text);

    public void Result(string text) => Console.Out.WriteLine(text);

    public IBar Bar(string title) => new LineBar(this, title);

    public void Dispose()
    {
    }

    private static string Duration(TimeSpan time) => Invariant($"{(int)time.TotalHours}:{time.Minutes:D2}:{time.Seconds:D2}");

    private sealed class LineBar(PlainView view, string title) : IBar
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly Stopwatch _quiet = Stopwatch.StartNew();
        private int _first = -1;

        public void Report(int done, int total, string detail)
        {
            if (_first < 0)
            {
                _first = done;
                _clock.Restart(); // what came before the first piece says nothing about the rest
            }

            if (_quiet.Elapsed < Interval || done <= _first)
            {
                return;
            }

            _quiet.Restart();
            var left = _clock.Elapsed * ((double)(total - done) / (done - _first));
            view.Line(Invariant($"{title} {100.0 * done / total:F0} %{(detail.Length == 0 ? "" : "  " + detail)}  {Duration(left)} left"));
        }

        public void Dispose()
        {
        }
    }
}
