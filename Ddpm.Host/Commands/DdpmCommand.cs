using Ddpm.Host.Faults;
using Ddpm.Pure.Text;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>The command line as a whole.</summary>
internal static class DdpmCommand
{
    /// <summary>Runs a command line and gives its exit code.</summary>
    public static int Run(IReadOnlyList<string> arguments)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return ConfigFile.Expanded(toSeq(arguments).Map(argument => HomeFolder.OfArgument(argument, home)).Strict(), home).Match(Parsed, Session.Failed);
    }

    /// <summary>All commands.</summary>
    public static CommandLine.RootCommand Root()
    {
        var root = new CommandLine.RootCommand("Denoising diffusion probabilistic models: train on images, generate new ones.")
        {
            TrainCommand.Create(),
            SampleCommand.Create(),
            EvaluateCommand.Create(),
            ReportCommand.Create(),
            RunsCommand.Create(),
            ImportCommand.Create(),
            ExportCommand.Create(),
            ForwardCommand.Create(),
            BenchCommand.Create(),
            ReferenceCommand.Create(),
            DoctorCommand.Create(),
            CompletionCommand.Create(),
        };
        root.Add(Session.Quiet);
        root.Add(Session.Verbose);
        root.Add(Session.Config);
        foreach (var help in root.Options.OfType<CommandLine.Help.HelpOption>())
        {
            help.Action = new HelpPage.Action();
        }

        CompletedValues.AddTo(root);
        NumberValidation.AddTo(root);
        root.WithExample("train");
        return root;
    }

    private static int Parsed(Seq<string> arguments)
    {
        var said = Root().Parse([.. arguments], new() { ResponseFileTokenReplacer = null }); // a word that begins with @ is a word
        var empty = toSeq(said.CommandResult.Children.OfType<CommandLine.Parsing.OptionResult>().ToArray())
            .Filter(option => option.Tokens.Any(token => token.Value.Length == 0) && !(option.Option.HasDefaultValue && option.Option.GetDefaultValue() is ""));
        if ((said.Errors.Count == 0 && empty.IsEmpty) || said.Action is HelpPage.Action)
        {
            return said.Invoke(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }

        Session.Tell(toSeq(said.Errors.Select(error => error.Message).Concat(empty.Select(option => $"{option.Option.Name} must not be empty")).ToArray()));
        foreach (var (word, meant) in said.UnmatchedTokens.Take(Screen.MostLines).Choose(word => Meant(said.CommandResult.Command, word).Map(meant => (word, meant))))
        {
            Console.Error.WriteLine(Screen.Line($"{word}: did you mean {meant}?"));
        }

        Console.Error.WriteLine("--help shows what can be said");
        return ExitCode.Usage;
    }

    private static Option<string> Meant(CommandLine.Command command, string word) => Spelling.Nearest(
        word, toSeq(command.Options.Select(option => option.Name).Concat(command.Subcommands.Select(sub => sub.Name)).Concat([Session.Quiet.Name, Session.Verbose.Name, Session.Config.Name]).ToArray()));
}
