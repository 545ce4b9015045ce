using Ddpm.Pure.Sampling;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--guidance-scale and what belongs to it.</summary>
internal sealed class GuidanceOptions
{
    /// <summary>The guide that is the same network without the class: classifier-free guidance.</summary>
    public const string ClassGuide = "class";

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
            ? $"The worse network: past (this run early in training), N (after epoch N), another run, or {ClassGuide} (this one without "
                + $"its class) [default: past for finished runs of best, unless --sampler is given; else {ClassGuide}]"
            : $"A worse network by any name, or {ClassGuide}: the same network without its class [default: {ClassGuide}]";
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

    /// <summary>The options on the command line, and other options for the rest. The guide <see cref="ClassGuide"/> leaves nothing of another guide.</summary>
    public SamplingOptions Parsed(CommandLine.ParseResult parsed, SamplingOptions otherwise)
    {
        var byClass = parsed.GetValue(_guide) == ClassGuide;
        var start = byClass
            ? otherwise with { GuidanceScale = SamplingOptions.UsualGuideScale, Guide = null, GuidanceRange = null, GuidanceRescale = null }
            : otherwise with { Guide = parsed.GetValue(_guide) ?? otherwise.Guide };
        return start with
        {
            GuidanceScale = parsed.GetValue(_scale) ?? start.GuidanceScale,
            GuidanceRange = parsed.GetValue(_range) is [var low, var high] ? (low, high) : start.GuidanceRange,
            GuidanceRescale = parsed.GetValue(_rescale) ?? start.GuidanceRescale,
        };
    }
}
