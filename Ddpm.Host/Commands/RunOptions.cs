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
    /// <summary>Where named runs lie, below the current folder.</summary>
    public const string Root = "runs";

    private readonly CommandLine.Option<string?> _run, _out;

    public RunOptions(CommandLine.Command command, string description)
    {
        _run = new("--run") { Description = $"{description}, by name: the folder {Root}/NAME", HelpName = "NAME" };
        _out = new("--out") { Description = $"{description}, by folder", HelpName = "DIR" };
        command.AddGroup("Run", _run, _out);
    }

    /// <summary>The folder that was named, if one was.</summary>
    public Fin<LanguageExt.Option<RunFolder>> Named(CommandLine.ParseResult said) => (said.GetValue(_run), said.GetValue(_out)) switch
    {
        (null, null) => LanguageExt.Option<RunFolder>.None,
        (not null, not null) => Error.New(ExitCode.Usage, "--run and --out both name the run's folder: give one of them"),
        (null, var folder) => Some(new RunFolder(folder)),
        (var name, _) => from valid in Check.That("--run", name, IsName(name), "must be a plain name without a path (use --out for a folder)").OrUsage()
                         select Some(new RunFolder(Path.Combine(Root, valid))),
    };

    /// <summary>The folder that had to be named.</summary>
    public Fin<RunFolder> Required(CommandLine.ParseResult said) =>
        Named(said).Bind(named => named.ToFin(Error.New(ExitCode.Usage, "which run? Name it with --run NAME or --out DIR")));

    private static bool IsName(string name) =>
        name.Length > 0 && name is not ("." or "..") && name.IndexOfAny(Path.GetInvalidFileNameChars()) < 0 && !name.Contains('\\', StringComparison.Ordinal);
}
