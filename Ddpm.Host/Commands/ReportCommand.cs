using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Host.Reports;
using Ddpm.Host.Runs;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`report`: one run, or several side by side, as an HTML page.</summary>
internal sealed class ReportCommand
{
    private readonly CommandLine.Command _command = new("report", "Write an HTML report of a run, or compare several runs");
    private readonly RunOptions _run;

    private readonly CommandLine.Option<string[]> _compare = new("--compare")
    {
        Description = "Two or more runs to compare, by name or folder",
        AllowMultipleArgumentsPerToken = true,
        HelpName = "RUNS",
    };

    private readonly CommandLine.Option<bool> _live = new("--live")
    {
        Description = "Put the model itself into the page, as export --format html does, in place of the film",
    };

    private readonly CommandLine.Option<string?> _to = new("--to")
    {
        Description = "The page to write [default: report.html in the run's folder; comparison.html with --compare]",
        HelpName = "HTML",
    };

    private ReportCommand()
    {
        _run = new(_command, "The run to report on");
        _command.AddGroup("Run", _compare);
        _command.AddGroup("Output", _live, _to);
        _command.SetAction(parsed => Session.Run(parsed, (view, stop) => Run(parsed, view, stop)));
    }

    public static CommandLine.Command Create() => new ReportCommand()._command.WithExample("--run clothes");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, IView view, CancellationToken stop)
    {
        var live = parsed.GetValue(_live);
        return _run.Named(parsed).Bind(named => (named.Case, parsed.GetValue(_compare), parsed.GetValue(_to)) switch
        {
            (RunFolder folder, null or [], null) => ReportFile.Write(folder, view, live),
            (RunFolder folder, null or [], var path) => ReportFile.Write(Seq1(folder), path, view, live, stop),
            (null, { Length: > 1 } several, var path) => ReportFile.Write(toSeq(several).Map(Folder), path ?? "comparison.html", view, live, stop),
            _ => Error.New(ExitCode.Usage, "what should be reported? Give either --run NAME or --compare NAME NAME …"),
        });
    }

    private static RunFolder Folder(string name) => new(Directory.Exists(name) ? name : Path.Combine(RunOptions.Root, name));
}
