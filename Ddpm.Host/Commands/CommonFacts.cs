using Ddpm.Gpu.Devices;
using Ddpm.Host.Diagnosis;
using Ddpm.Host.Ranks;
using Ddpm.Host.Runs;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>What every command compares between ranks.</summary>
internal static class CommonFacts
{
    /// <summary>Options that may differ: they change no result, or say where something is on a machine.</summary>
    private static readonly string[] OfMachine = ["--device", "--threads", "--data", "--quiet", "--verbose", "--config"];

    /// <summary>The version, the options, and the bits of training steps of a known network.</summary>
    public static Seq<RankFact> Of(CommandLine.ParseResult parsed, Device device) =>
        new RankFact("the version of the program", MachineReceipt.Here(ComputeDevice.NameOf(device)).Ddpm)
            .Cons(Options(parsed))
            .Add(new("the bits of a known training (another processor or device computes otherwise)", SelfTest.TrainingBits(device)));

    private static Seq<RankFact> Options(CommandLine.ParseResult parsed) => toSeq(parsed.CommandResult.Children
        .OfType<CommandLine.Parsing.OptionResult>()
        .Where(option => !option.Implicit && !OfMachine.Contains(option.Option.Name))
        .OrderBy(option => option.Option.Name, StringComparer.Ordinal)
        .Select(option => new RankFact(
            $"the option {option.Option.Name}", option.Tokens.Count == 0 ? "given" : string.Join(' ', option.Tokens.Select(token => token.Value)))));
}
