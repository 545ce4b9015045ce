using Ddpm.Gpu.Pretrained;
using Ddpm.Host.Faults;
using Ddpm.Host.Runs;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--run NAME or --out DIR: the folder of a run.</summary>
internal sealed class RunOptions
{
    /// <summary>The folder of named runs, below the current folder.</summary>
    public const string Root = "runs";

    private readonly CommandLine.Option<string?> _run, _out;

    /// <param name="command">The command.</param>
    /// <param name="description">What the command does with the run, as in "The run to export".</param>
    /// <param name="more">Other options about the run.</param>
    public RunOptions(CommandLine.Command command, string description, params CommandLine.Option[] more)
    {
        _run = new("--run") { Description = $"{description}: the folder {Root}/NAME", HelpName = "NAME" };
        _out = new("--out") { Description = $"{description}: any folder, instead of --run", HelpName = "DIR" };
        command.AddGroup("Run", [_run, _out, .. more]);
    }

    /// <summary>The folder that the command line names, if it names one.</summary>
    public Fin<LanguageExt.Option<RunFolder>> Named(CommandLine.ParseResult parsed) => (parsed.GetValue(_run), parsed.GetValue(_out)) switch
    {
        (null, null) => LanguageExt.Option<RunFolder>.None,
        (not null, not null) => Error.New(ExitCode.Usage, "--run and --out both name the run's folder: give one of them"),
        (null, var folder) => Some(new RunFolder(folder)),
        (var name, _) => CheckName("--run", name, "must be a plain name without a path (use --out for a folder)")
            .Map(valid => Some(new RunFolder(Path.Combine(Root, valid)))),
    };

    /// <summary>The folder, for a command that needs one.</summary>
    public Fin<RunFolder> Required(CommandLine.ParseResult parsed) =>
        Named(parsed).Bind(named => named.ToFin(Error.New(ExitCode.Usage, "which run? Name it with --run NAME or --out DIR")));

    /// <summary>The run of a pretrained model, which is made if it is not there: in the named folder, or in one that has the model's name.</summary>
    public Fin<RunFolder> Of(PretrainedModel model, CommandLine.ParseResult parsed) =>
        from named in Named(parsed)
        let folder = named.IfNone(() => new RunFolder(Path.Combine(Root, $"pretrained-{model.Name}")))
        from made in SharedRun.Ensure(model, folder)
        select folder;

    /// <summary>The name of a run, or the fault of an option that gives it.</summary>
    internal static Fin<string> CheckName(string option, string name, string rule) => Check.That(option, name, IsName(name), rule).OrUsage();

    private static bool IsName(string name) =>
        name.Length > 0 && name is not ("." or "..") && name.IndexOfAny(Path.GetInvalidFileNameChars()) < 0 && !name.Contains('\\', StringComparison.Ordinal);
}
