using Ddpm.Host.Progress;
using Serilog;
using Spectre.Console;

namespace Ddpm.Host.Commands;

/// <summary>What a person sees of a command.</summary>
internal static class SessionView
{
    /// <summary>Progress goes to the error stream, so that results can be piped; in colours if it is a terminal and NO_COLOR is not set.</summary>
    /// <param name="leads">Whether this process shows what there is to see; of several processes only rank 0 does.</param>
    /// <param name="quiet">Whether to show results alone.</param>
    public static CleanView Of(bool leads, bool quiet) => new(!leads ? new SilentView() : quiet ? new QuietView() : LoudView());

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
