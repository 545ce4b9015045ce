using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Processes;

/// <summary>Runs a command of the operating system to its end.</summary>
internal static class ExternalCommand
{
    /// <summary>Runs without a terminal and with messages in English.</summary>
    /// <param name="executable">Its absolute path.</param>
    /// <param name="arguments">Passed as they are, with no shell between.</param>
    /// <param name="name">What to call the command in an error.</param>
    /// <param name="folder">The working folder.</param>
    /// <param name="timeout">After this, it and what it started are killed.</param>
    /// <param name="stop">Likewise.</param>
    /// <returns>What it printed where it exits with 0; otherwise what it complained of.</returns>
    public static async Task<Fin<string>> Run(
        string executable, Seq<string> arguments, string name, string folder, TimeSpan timeout, CancellationToken stop)
    {
        if (stop.IsCancellationRequested)
        {
            return Errors.Cancelled;
        }

        var start = new ProcessStartInfo(executable, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["LC_ALL"] = "C", ["DEBIAN_FRONTEND"] = "noninteractive" },
        };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(timeout);
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(patience.Token);
                var complaints = await process.StandardError.ReadToEndAsync(patience.Token).ConfigureAwait(false);
                var printed = await output.ConfigureAwait(false);
                await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
                return process.ExitCode == 0 ? printed : FinFail<string>(Error.New($"{name}: {Summary(complaints, process.ExitCode)}"));
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
                return stop.IsCancellationRequested
                    ? Errors.Cancelled
                    : Error.New(string.Create(CultureInfo.InvariantCulture, $"{name}: not finished after {timeout.TotalSeconds:0.#} s"));
            }
        }
        catch (Win32Exception e)
        {
            return Error.New($"{name}: {executable} cannot be started ({e.Message})");
        }
    }

    /// <summary>The errors, which apt marks with E:, or else the last line that says anything.</summary>
    private static string Summary(string complaints, int exitCode)
    {
        var lines = toSeq(complaints.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        var errors = lines.Filter(line => line.StartsWith("E:", StringComparison.Ordinal));
        return errors.IsEmpty
            ? lines.LastOrNone().IfNone(string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}"))
            : string.Join(" ", errors);
    }
}
