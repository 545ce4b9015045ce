using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Host.Reports;
using Ddpm.Host.Runs;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`report`: a run, or some side by side, as one page to look at.</summary>
internal static class ReportCommand
{
    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("report", "Tell of a run, or compare some, in one HTML page that needs nothing else");
        var run = new RunOptions(command, "The run to tell of");
        CommandLine.Option<string[]> compare = new("--compare") { Description = "The runs to put side by side, by name or folder", AllowMultipleArgumentsPerToken = true, HelpName = "RUNS" };
        CommandLine.Option<string?> to = new("--to") { Description = "The page to write [default: report.html in the run's folder, comparison.html here with --compare]", HelpName = "HTML" };
        command.AddGroup("Run", compare);
        command.AddGroup("What is written", to);
        command.SetAction(said => Session.Run(said, (view, stop) =>
            from named in run.Named(said)
            from page in (named.Case, said.GetValue(compare)) switch
            {
                (RunFolder one, null or []) => FinSucc((Runs: Seq1(one), Path: Optional(said.GetValue(to)))),
                (null, { Length: > 1 } several) => (toSeq(several).Map(Folder), said.GetValue(to) ?? "comparison.html"),
                _ => Error.New(ExitCode.Usage, "what is to be told? Name a run with --run NAME, or at least two with --compare NAME NAME, one of them"),
            }
            from written in page.Path.Match(
                path => Write(page.Runs, path, html => AtomicFile.Write(path, html, stop), view),
                () => Write(page.Runs[0], view))
            select written));
        return command.WithExample("--run clothes");
    }

    /// <summary>Writes a run's own page.</summary>
    public static Fin<Unit> Write(RunFolder folder, IView view) => Write(Seq1(folder), Page(folder), html => folder.Write(Page(folder), html), view);

    private static Fin<Unit> Write(Seq<RunFolder> folders, string path, Func<ReadOnlyMemory<byte>, Fin<Unit>> write, IView view) =>
        from reports in folders.Map(RunReport.Read).Sequence()
        let told = reports.Choose(report => report.Unreadable).Iter(view.Line)
        from _ in write(System.Text.Encoding.UTF8.GetBytes(ReportPage.Of(reports)))
        select fun(() => view.Result($"wrote {path}"))();

    private static string Page(RunFolder folder) => folder.Within("report.html");

    private static RunFolder Folder(string name) => new(Directory.Exists(name) ? name : Path.Combine(RunOptions.Root, name));
}
