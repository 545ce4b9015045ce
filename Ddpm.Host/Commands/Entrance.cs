using Ddpm.Gpu.Ranks;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;

namespace Ddpm.Host.Commands;

/// <summary>Wraps all commands: handles broken streams and unexpected exceptions.</summary>
internal static class Entrance
{
    /// <summary>Runs a command line and gives its exit code.</summary>
    public static int Run(string[] arguments)
    {
        if (Launcher.Here.IsSome)
        {
            Environment.SetEnvironmentVariable("TERM", "dumb"); // some launchers give each process a terminal, and copy what it writes
        }

        var streams = StandardStreams.Open(); // first, while files can be opened
        TypeClasses.SkipSearch();
        int code;
        try
        {
            code = DdpmCommand.Run(arguments);
        }
        catch (Exception e)
        {
            code = Report(e, Array.IndexOf(arguments, "--verbose") >= 0);
        }

        if (streams.OutputFault is { } fault && code == ExitCode.Success)
        {
            Console.Error.WriteLine("error: the results could not be printed: " + fault);
            return ExitCode.Failure;
        }

        return code;
    }

    /// <summary>Prints an unexpected exception and gives the exit code.</summary>
    /// <param name="e">The exception.</param>
    /// <param name="verbose">Whether to print the stack trace.</param>
    /// <param name="place">Which of several processes this is, for the head of the line.</param>
    public static int Report(Exception e, bool verbose, string place = "")
    {
        Console.Error.WriteLine(
            verbose ? "error: " + place + e
            : OfMachine(e) is { } fault ? "error: " + place + fault
            : "error: " + place + FirstLine(e) + " (this is a defect of the program: run it again with --verbose for details)");
        return ExitCode.Failure;
    }

    /// <summary>
    /// What the machine lacks; null if the program is at fault. If the process is out of file handles, no library can be loaded, so this needs none.
    /// </summary>
    private static string? OfMachine(Exception e) => e switch
    {
        AggregateException or TypeInitializationException or System.Reflection.TargetInvocationException when e.InnerException is { } inner => OfMachine(inner),
        OutOfMemoryException => "out of memory: choose fewer or smaller images or a smaller --batch-size, or allow more memory",
        System.Runtime.InteropServices.ExternalException when IsOutOfMemory(e.Message) =>
            "out of memory (" + FirstLine(e) + "): choose fewer or smaller images or a smaller --batch-size, or allow more memory",
        FileNotFoundException { FileName: { } part } when part.Contains(", Version=", StringComparison.Ordinal) => Missing(part),
        FileLoadException { FileName: { } part } => Missing(part),
        BadImageFormatException { FileName: { } part } => Missing(part),
        DllNotFoundException => FirstLine(e),
        IOException or UnauthorizedAccessException => Faults.FileFault.Reason(e),
        _ => null,
    };

    private static string Missing(string part) =>
        "a part of the program, " + part.Split(',')[0] + ", cannot be loaded: allow more open files (ulimit -n), or install the program again";

    private static bool IsOutOfMemory(string message) =>
        message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase) || message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase);

    private static string FirstLine(Exception e) => e.Message.Split('\n')[0].Trim();
}
