using System.Text;
using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Reports;

/// <summary>Writes a report as an HTML file.</summary>
internal static class ReportFile
{
    /// <summary>Writes a run's report into its folder.</summary>
    public static Fin<Unit> Write(RunFolder folder, IView view)
    {
        var path = folder.Within("report.html");
        return Write(Seq1(folder), path, html => folder.Write(path, html), view);
    }

    /// <summary>Writes the report of one run, or the comparison of several, to a file.</summary>
    public static Fin<Unit> Write(Seq<RunFolder> folders, string path, IView view, CancellationToken stop) =>
        Write(folders, path, html => AtomicFile.Write(path, html, stop), view);

    private static Fin<Unit> Write(Seq<RunFolder> folders, string path, Func<ReadOnlyMemory<byte>, Fin<Unit>> write, IView view) => folders
        .Map(RunReport.Read).Sequence()
        .Do(reports => reports.Choose(report => report.Unreadable).Iter(view.Line))
        .Bind(reports => write(Encoding.UTF8.GetBytes(ReportPage.Of(reports))))
        .Do(_ => view.Result($"wrote {path}"));
}
