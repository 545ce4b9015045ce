using Ddpm.Host.Faults;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`completion`: a script that lets a shell complete the commands, their options and the words that these take.</summary>
internal static class CompletionCommand
{
    private static readonly ChoiceTable<Func<string, string>> Shells = ChoiceTable.Of<Func<string, string>>(
        ("bash", program => $$"""
            ddpm() { {{program}} "$@"; }
            _ddpm() { mapfile -t COMPREPLY < <(compgen -W "$(ddpm "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2> /dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"); }
            complete -F _ddpm ddpm
            """),
        ("zsh", program => $$"""
            ddpm() { {{program}} "$@"; }
            _ddpm() { compadd -- ${(f)"$(ddpm "[suggest:${#BUFFER}]" "$BUFFER" 2> /dev/null)"}; }
            compdef _ddpm ddpm
            """),
        ("pwsh", program => $$"""
            function ddpm { {{program}} @args }
            Register-ArgumentCompleter -Native -CommandName ddpm -ScriptBlock {
                param($word, $ast, $position)
                {{program}} "[suggest:$position]" "$ast" | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
            }
            """));

    /// <summary>
    /// The command that starts this program. An installed tool runs from TOOLS/.store/ddpm/VERSION/…, and the link TOOLS/ddpm leads there.
    /// An update changes the folder and keeps the link.
    /// </summary>
    private static string Program
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            var store = folder.IndexOf(string.Join(Path.DirectorySeparatorChar, "", ".store", DdpmCommand.Name, ""), StringComparison.Ordinal);
            if (store >= 0)
            {
                return Path.Combine(folder[..store], DdpmCommand.Name);
            }

            return Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) != "dotnet"
                ? path
                : $"dotnet {Path.Combine(folder, "Ddpm.Host.dll")}";
        }
    }

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("completion", "Print a script that lets your shell complete the commands and options of `ddpm`");
        CommandLine.Argument<string> shell = new("SHELL") { Description = $"The shell: {string.Join(", ", Shells.Keys)}" };
        shell.CompletionSources.Add(_ => Shells.Keys.Select(name => new CommandLine.Completions.CompletionItem(name)));
        command.Add(shell);
        command.SetAction(parsed => Session.Run(parsed, (view, _) => ScriptOf(parsed.GetValue(shell)!).Map(lines => lines.Iter(view.Result))));
        return command.WithExample("bash >> ~/.bashrc");
    }

    private static Fin<Seq<string>> ScriptOf(string shell) => Shells.Find(shell)
        .ToFin(Error.New(ExitCode.Usage, $"the shell must be one of {string.Join(", ", Shells.Keys)}, got {shell}"))
        .Map(script => toSeq(script(Program).Split('\n')));
}
