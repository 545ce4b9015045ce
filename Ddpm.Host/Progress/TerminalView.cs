using Spectre.Console;

namespace Ddpm.Host.Progress;

/// <summary>Bars in a terminal, redrawn in place. Lines scroll above them. Results do too, unless the output stream is redirected.</summary>
internal sealed class TerminalView : IView
{
    private readonly TaskCompletionSource _done = new();
    private readonly Lazy<(ProgressContext Context, Task Drawing)> _live;
    private readonly IAnsiConsole _console;

    public TerminalView(IAnsiConsole console) => (_console, _live) = (console, new(Draw));

    public void Line(string text) => _console.WriteLine(text);

    /// <summary>Writes above the bars, which would be redrawn over the text. Without bars, or if the stream is redirected, writes to the stream.</summary>
    public void Result(string text)
    {
        if (Console.IsOutputRedirected || !_live.IsValueCreated)
        {
            Console.Out.WriteLine(text);
        }
        else
        {
            _console.WriteLine(text);
        }
    }

    public IBar Bar(string title) => new TaskBar(_live.Value.Context.AddTask(Markup.Escape(title)), title);

    public void Dispose()
    {
        _done.TrySetResult();
        if (_live.IsValueCreated)
        {
            _live.Value.Drawing.GetAwaiter().GetResult();
        }
    }

    private (ProgressContext, Task) Draw()
    {
        var started = new TaskCompletionSource<ProgressContext>();
        var drawing = Task.Run(() => _console.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                started.SetResult(context);
                await _done.Task.ConfigureAwait(false);
            }));
        return (started.Task.GetAwaiter().GetResult(), drawing);
    }

    private sealed class TaskBar(ProgressTask task, string title) : IBar
    {
        public void Report(int done, int total, string detail)
        {
            task.Description = Markup.Escape(detail.Length == 0 ? title : $"{title}  {detail}");
            task.MaxValue = total;
            task.Value = done;
        }

        public void Dispose() => task.StopTask();
    }
}
