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
    /// <summary>The name of the program, as a user types it.</summary>
    public const string Name = "ddpm";

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
            TrainPlanCommand.Create(),
            SampleCommand.Create(),
            EvaluateCommand.Create(),
            ReportCommand.Create(),
            RunsCommand.Create(),
            DistilCommand.Create(),
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
            help.Action = new HelpAction();
        }

        CompletedValues.AddTo(root);
        NumberValidation.AddTo(root);
        root.WithExample("train");
        return root;
    }

    private static int Parsed(Seq<string> arguments)
    {
        var parsed = Root().Parse([.. arguments], new() { ResponseFileTokenReplacer = null }); // a word that begins with @ is a word
        var empty = toSeq(parsed.CommandResult.Children.OfType<CommandLine.Parsing.OptionResult>().Where(IsEmpty).ToArray());
        if (Session.IsSilent && parsed.Action is HelpAction)
        {
            return ExitCode.Success; // rank 0 tells, as below
        }

        if ((parsed.Errors.Count == 0 && empty.IsEmpty) || parsed.Action is HelpAction)
        {
            return parsed.Invoke(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }

        if (Session.IsSilent)
        {
            return ExitCode.Usage;
        }

        Session.Print(toSeq(parsed.Errors.Select(error => error.Message).ToArray()) + empty.Map(option => $"{option.Option.Name} must not be empty"));
        foreach (var word in parsed.UnmatchedTokens.Take(Screen.MostLines))
        {
            Meant(parsed.CommandResult.Command, word).Iter(meant => Console.Error.WriteLine(Screen.Line($"{word}: did you mean {meant}?")));
        }

        Console.Error.WriteLine("--help lists the options");
        return ExitCode.Usage;
    }

    /// <summary>Whether an option has an empty value that is not its default.</summary>
    private static bool IsEmpty(CommandLine.Parsing.OptionResult option) =>
        option.Tokens.Any(token => token.Value.Length == 0) && !(option.Option.HasDefaultValue && option.Option.GetDefaultValue() is "");

    private static Option<string> Meant(CommandLine.Command command, string word)
    {
        string[] known =
        [
            .. command.Options.Select(option => option.Name), .. command.Subcommands.Select(sub => sub.Name), Session.Quiet.Name, Session.Verbose.Name,
            Session.Config.Name,
        ];
        return Spelling.Nearest(word, toSeq(known));
    }
}
