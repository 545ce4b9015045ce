using System.Runtime.InteropServices;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Ranks;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Pure.Text;
using LanguageExt;
using LanguageExt.Common;
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

    /// <summary>
    /// Runs a command's work. Its progress goes to a view, and a signal stops it. If this is one of several processes that mpirun or another launcher
    /// started, rank 0 does the work alone.
    /// </summary>
    public static int Run(CommandLine.ParseResult parsed, Func<IView, CancellationToken, Fin<Unit>> work) => IsSilent
        ? ExitCode.Success
        : Run(parsed, RankGroup.Alone, (_, view, stop) => work(view, stop));

    /// <summary>
    /// Runs a command's work together with the other processes that a launcher started, if one did. Rank 0 shows everything and decides when to stop. The other
    /// ranks are silent, and end as rank 0 does. If one of them fails by itself, all end at once.
    /// </summary>
    public static int RunTogether(CommandLine.ParseResult parsed, Func<RankGroup, IView, CancellationToken, Fin<Unit>> work) => Launcher.Here.Match(
        launcher => MpiMessages.Join(launcher).Match(
            messages => Run(parsed, new(messages), work),
            fault => IsSilent ? ExitCode.Of(fault) : Failed(fault)),
        () => Run(parsed, RankGroup.Alone, work));

    /// <summary>Whether another process shows what there is to see.</summary>
    public static bool IsSilent { get; } = Launcher.Here.Exists(launcher => launcher.Rank > 0);

    private static int Run(CommandLine.ParseResult parsed, RankGroup ranks, Func<RankGroup, IView, CancellationToken, Fin<Unit>> work)
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
        int code;
        try
        {
            Fin<Unit> result;
            using (var view = SessionView.Of(ranks.Leads, parsed.GetValue(Quiet)))
            {
                // Rank 0 decides for all when to stop.
                result = InstalledLibtorch.Load().Bind(_ => work(ranks, view, ranks.Leads ? stop.Token : CancellationToken.None));
            }

            code = Ended(ranks, result);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && ranks.Leads)
        {
            code = Ended(ranks, Errors.Cancelled);
        }
        catch (Exception e)
        {
            code = Entrance.Report(e, parsed.GetValue(Verbose), Place(ranks));
            ranks.Messages.Abort(code); // the others may wait for something that will never come
        }

        ranks.Dispose();
        return code;
    }

    /// <summary>Ends common work: rank 0 with its result, the others with rank 0's, unless they failed by themselves.</summary>
    private static int Ended(RankGroup ranks, Fin<Unit> result)
    {
        if (ranks.Leads)
        {
            var code = result.Match(_ => ExitCode.Success, Failed);
            ranks.End(code);
            return code;
        }

        if (result.IsSucc || (Error)result == Errors.Cancelled)
        {
            ranks.GoesOn(); // nothing is left to do here, and rank 0 says how all end
        }

        return ranks.Ended.IfNone(() =>
        {
            SeveralFaults.LinesOf((Error)result).Iter(line => Console.Error.WriteLine($"error: {Place(ranks)}{line}"));
            ranks.Messages.Abort(ExitCode.Failure);
            return ExitCode.Failure;
        });
    }

    /// <summary>Which of several processes this is, for the head of a line.</summary>
    private static string Place(RankGroup ranks) => ranks.Size == 1 ? "" : Invariant($"rank {ranks.Rank} on {Environment.MachineName}: ");

    /// <summary>Prints an error on the error stream and gives its exit code.</summary>
    public static int Failed(Error error)
    {
        if (IsSilent)
        {
            return ExitCode.Of(error); // rank 0 tells
        }

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
}
