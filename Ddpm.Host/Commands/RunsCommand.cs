using Ddpm.Host.Progress;
using Ddpm.Host.Reports;
using Ddpm.Host.Runs;
using Ddpm.Pure.Text;
using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`runs`: a list of the runs.</summary>
internal static class RunsCommand
{
    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("runs", "List the runs: state, epochs, loss, evaluation, size");
        CommandLine.Option<string> root = new("--in")
        {
            Description = "The folder that holds the runs",
            DefaultValueFactory = _ => RunOptions.Root,
            HelpName = "DIR",
        };
        CommandLine.Option<bool> json = new("--json") { Description = "Print JSON, for scripts" };
        command.AddGroup("List", root, json);
        command.SetAction(parsed => Session.Run(parsed, (view, _) => RunFolder.In(parsed.GetValue(root)!)
            .Map(folders => Lines(folders, parsed.GetValue(root)!, parsed.GetValue(json), view).Iter(view.Result))));
        return command.WithExample("--json");
    }

    private static Seq<string> Lines(Seq<RunFolder> folders, string root, bool asJson, IView view)
    {
        var runs = folders.Map(folder => RunSummary.Of(folder, line => view.Line($"{Quotation.Printable(Path.GetFileName(folder.Path))}: {line}"))).Strict();
        return asJson ? RunSummary.Json(runs)
            : runs.IsEmpty ? Seq1($"there are no runs in {root}: train creates one")
            : RunSummary.Table(runs);
    }
}
