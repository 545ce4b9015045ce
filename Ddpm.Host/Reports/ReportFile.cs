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
    /// <param name="folder">The run.</param>
    /// <param name="view">Shows where it is.</param>
    /// <param name="live">Whether the model itself is in it, in place of the film.</param>
    public static Fin<Unit> Write(RunFolder folder, IView view, bool live = false)
    {
        var path = folder.Within("report.html");
        return Write(Seq1(folder), path, html => folder.Write(path, html), view, live);
    }

    /// <summary>Writes the report of one run, or the comparison of several, to a file.</summary>
    public static Fin<Unit> Write(Seq<RunFolder> folders, string path, IView view, bool live, CancellationToken stop) =>
        Write(folders, path, html => AtomicFile.Write(path, html, stop), view, live);

    private static Fin<Unit> Write(Seq<RunFolder> folders, string path, Func<ReadOnlyMemory<byte>, Fin<Unit>> write, IView view, bool live) => folders
        .Map(folder => live ? RunReport.ReadLive(folder) : RunReport.Read(folder)).Sequence()
        .Do(reports => reports.Choose(report => report.Unreadable).Iter(view.Line))
        .Bind(reports => write(Encoding.UTF8.GetBytes(ReportPage.Of(reports))))
        .Do(_ => view.Result($"wrote {path}"));
}
