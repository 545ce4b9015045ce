using Spectre.Console;

namespace Ddpm.Host.Progress;

/// <summary>Bars in a terminal, redrawn in place, with lines scrolling above them. Results too, unless they go elsewhere.</summary>
internal sealed class TerminalView : IView
{
    private readonly TaskCompletionSource _done = new();
    private readonly ProgressContext _context;
    private readonly Task _drawing;
    private readonly IAnsiConsole _console;

    public TerminalView(IAnsiConsole console)
    {
        _console = console;
        var started = new TaskCompletionSource<ProgressContext>();
        _drawing = Task.Run(() => console.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                started.SetResult(context);
                await _done.Task.ConfigureAwait(false);
            }));
        _context = started.Task.GetAwaiter().GetResult();
    }

    public void Line(string text) => _console.WriteLine(text);

    public void Result(string text)
    {
        if (Console.IsOutputRedirected)
        {
            Console.Out.WriteLine(text);
        }
        else
        {
            _console.WriteLine(text);
        }
    }

    public IBar Bar(string title) => new TaskBar(_context.AddTask(Markup.Escape(title)), title);

    public void Dispose()
    {
        _done.TrySetResult();
        _drawing.GetAwaiter().GetResult();
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
