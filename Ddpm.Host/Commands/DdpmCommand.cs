using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>The command line as a whole.</summary>
internal static class DdpmCommand
{
    /// <summary>Runs a command line and gives its exit code.</summary>
    public static int Run(IReadOnlyList<string> arguments)
    {
        var root = new CommandLine.RootCommand("Denoising diffusion probabilistic models: train on images, generate new ones.")
        {
            TrainCommand.Create(),
            SampleCommand.Create(),
            ForwardCommand.Create(),
            EvaluateCommand.Create(),
            ReportCommand.Create(),
            ImportCommand.Create(),
            ExportCommand.Create(),
            BenchCommand.Create(),
            ReferenceCommand.Create(),
            DoctorCommand.Create(),
        };
        root.Add(Session.Verbose);
        var said = root.Parse(arguments);
        if (said.Errors.Count == 0)
        {
            return said.Invoke(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }

        foreach (var error in said.Errors)
        {
            Console.Error.WriteLine($"error: {error.Message}");
        }

        Console.Error.WriteLine("--help shows what can be said");
        return ExitCode.Usage;
    }
}
