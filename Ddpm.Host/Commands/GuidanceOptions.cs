using Ddpm.Pure.Sampling;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--guidance-scale and what belongs to it.</summary>
internal sealed class GuidanceOptions
{
    private readonly CommandLine.Option<double?> _scale = new("--guidance-scale")
    {
        Description = "w of the guidance: 1 does not guide, all but 0 and 1 evaluate twice "
            + Invariant($"[default: 1; {SamplingOptions.UsualGuideScale} with --guide]"),
    };

    private readonly CommandLine.Option<string?> _guide = new("--guide");

    private readonly CommandLine.Option<double[]> _range = Pair(
        "--guidance-range", "The noise levels σ/a at which guidance acts [default: 0 Infinity, all levels]");

    private readonly CommandLine.Option<double?> _rescale = new("--guidance-rescale")
    {
        Description = "Share of each image's deviation to restore after guidance, from 0 to 1 [default: 0]",
    };

    /// <param name="withNetwork">Whether the command has a network, and so can name its guide.</param>
    public GuidanceOptions(bool withNetwork)
    {
        _guide.Description = withNetwork
            ? "The worse network: past (this run early in training), N (after epoch N) or another run [default: no class]"
            : "Guide by a worse network and not by the same one without a class; its name is not used";
        _guide.HelpName = "GUIDE";
    }

    /// <summary>The scale; `--guidance-sweep` gives several in its place.</summary>
    public CommandLine.Option Scale => _scale;

    /// <summary>An option with a range of noise levels.</summary>
    public static CommandLine.Option<double[]> Pair(string name, string description) =>
        new(name) { Description = description, Arity = new(2, 2), AllowMultipleArgumentsPerToken = true, HelpName = "LOW HIGH" };

    /// <summary>The options that most people need.</summary>
    public IReadOnlyList<CommandLine.Option> Usual => [_scale, _guide];

    /// <summary>The others.</summary>
    public IReadOnlyList<CommandLine.Option> Detailed => [_range, _rescale];

    /// <summary>The options on the command line, and other options for the rest.</summary>
    public SamplingOptions Parsed(CommandLine.ParseResult parsed, SamplingOptions otherwise) => otherwise with
    {
        GuidanceScale = parsed.GetValue(_scale) ?? otherwise.GuidanceScale,
        Guide = parsed.GetValue(_guide) ?? otherwise.Guide,
        GuidanceRange = parsed.GetValue(_range) is [var low, var high] ? (low, high) : otherwise.GuidanceRange,
        GuidanceRescale = parsed.GetValue(_rescale) ?? otherwise.GuidanceRescale,
    };
}
