using System.Runtime.InteropServices;
using Ddpm.Gpu.Devices;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Pure.Text;
using LanguageExt;
using LanguageExt.Common;
using Serilog;
using Spectre.Console;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>Runs a command: its view, its interruption, its errors as lines, its exit code.</summary>
internal static class Session
{
    /// <summary>--verbose, for every command.</summary>
    public static CommandLine.Option<bool> Verbose { get; } = new("--verbose") { Description = "Show the stack trace of an internal error", Recursive = true };

    /// <summary>--quiet, for every command.</summary>
    public static CommandLine.Option<bool> Quiet { get; } = new("--quiet") { Description = "Print only results and errors", Recursive = true };

    /// <summary>--config, for every command; it is read before anything else: see <see cref="ConfigFile"/>.</summary>
    public static CommandLine.Option<string?> Config { get; } = new("--config")
    {
        Description = "Read options from a file such as {\"epochs\": 20}; the command line overrides it",
        Recursive = true,
        HelpName = "JSON",
    };

    /// <summary>Runs a command's work. Its progress goes to a view, and a signal stops it.</summary>
    public static int Run(CommandLine.ParseResult parsed, Func<IView, CancellationToken, Fin<Unit>> work)
    {
        using var stop = new CancellationTokenSource();
        void Interrupt(PosixSignalContext context)
        {
            // The first signal asks for an orderly end; the second ends at once.
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }

        // SIGHUP comes when the terminal is closed or the connection lost; a process that nohup started ignores it, and goes on.
        using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Interrupt);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        try
        {
            Fin<Unit> result;
            using (var view = View(parsed.GetValue(Quiet)))
            {
                result = InstalledLibtorch.Load().Bind(_ => work(view, stop.Token));
            }

            return result.Match(_ => ExitCode.Success, Failed);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Failed(Errors.Cancelled);
        }
        catch (Exception e)
        {
            return Entrance.Report(e, parsed.GetValue(Verbose));
        }
    }

    /// <summary>Prints an error on the error stream and gives its exit code.</summary>
    public static int Failed(Error error)
    {
        if (error == Errors.Cancelled)
        {
            Console.Error.WriteLine("stopped");
        }
        else
        {
            Print(SeveralFaults.LinesOf(error));
        }

        return ExitCode.Of(error);
    }

    /// <summary>Prints faults, a line for each. A line that begins with a space continues the line before it.</summary>
    public static void Print(Seq<string> faults) =>
        Screen.Of(faults, "fault").Iter(line => Console.Error.WriteLine(line.StartsWith(' ') ? line : $"error: {line}"));

    /// <summary>Progress goes to the error stream, so that results can be piped; in colours if it is a terminal and NO_COLOR is not set.</summary>
    private static CleanView View(bool quiet) => new(quiet ? new QuietView() : LoudView());

    private static IView LoudView()
    {
        var colours = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors;
        var errors = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error), ColorSystem = colours });
        return Console.IsErrorRedirected || !errors.Profile.Capabilities.Interactive
            ? new PlainView(new LoggerConfiguration()
                .WriteTo.Console(
                    outputTemplate: "{Timestamp:HH:mm:ss} {Message:l}{NewLine}", formatProvider: System.Globalization.CultureInfo.InvariantCulture,
                    standardErrorFromLevel: Serilog.Events.LogEventLevel.Verbose)
                .CreateLogger())
            : new TerminalView(errors);
    }
}
