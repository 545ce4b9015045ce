using Ddpm.Gpu.Pretrained;
using Ddpm.Host.Faults;
using LanguageExt;
using LanguageExt.Common;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--pretrained: a model that comes with the program.</summary>
internal sealed class PretrainedOption
{
    /// <param name="description">What the command does with the model.</param>
    public PretrainedOption(string description) => Option = new("--pretrained")
    {
        Description = $"{description}: {string.Join(" or ", PretrainedModel.All.Keys)}",
        Arity = CommandLine.ArgumentArity.ZeroOrOne,
        HelpName = "MODEL",
    };

    /// <summary>The option.</summary>
    public CommandLine.Option<string?> Option { get; }

    /// <summary>The model that the command line asks for; none without the option.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="usual">The model if the option has no value.</param>
    public Fin<Option<PretrainedModel>> Model(CommandLine.ParseResult parsed, PretrainedModel usual) => !parsed.IsGiven(Option)
        ? LanguageExt.Option<PretrainedModel>.None
        : parsed.GetValue(Option) is not { } name ? Prelude.Some(usual)
        : PretrainedModel.All.Find(name).Map(Prelude.Some)
            .ToFin(Error.New(ExitCode.Usage, $"--pretrained must be one of {string.Join(", ", PretrainedModel.All.Keys)}, got {name}"));
}
