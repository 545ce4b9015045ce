using Ddpm.Host.Sampling;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--sampler and what belongs to it.</summary>
internal sealed class SamplerOptions
{
    private static readonly SamplingOptions Defaults = new();

    private readonly CommandLine.Option<string?> _sampler = new("--sampler");

    private readonly CommandLine.Option<int?> _steps = new("--sampling-steps") { Description = $"How many timesteps to visit [default: the usual sampler's; all with ddpm, {SamplingOptions.UsualSteps} with others]" };

    private readonly CommandLine.Option<string?> _spacing = new("--spacing");

    private readonly CommandLine.Option<int[]> _timesteps = new("--timesteps") { Description = "The timesteps to visit, from noise to image, instead of --sampling-steps and --spacing", AllowMultipleArgumentsPerToken = true, HelpName = "NUMBERS" };

    private readonly CommandLine.Option<bool> _lowerOrder = new("--lower-order-final") { Description = "Lower the order of dpmpp, unipc and sa-solver towards the last step, as diffusers do below 15 steps" };

    private readonly CommandLine.Option<string?> _variant = new("--unipc-variant") { Description = $"B(h) of unipc: {string.Join(" or ", UniPc.Variants.Keys)} [default: bh2]" };

    private readonly CommandLine.Option<bool?> _corrector = new("--corrector") { Description = "Whether unipc corrects [default: true]" };

    private readonly CommandLine.Option<bool> _fullStart = new("--full-order-start") { Description = "Have the full order from the first step on: dpmpp, unipc, ipndm-v; one evaluation more for unipc-3 and ipndm-v-4" };

    private readonly CommandLine.Option<double?> _rho = new("--rho") { Description = "ρ of the spacing karras: 1 spreads σ/a evenly, a large one ln(σ/a) [default: 7]" };

    private readonly CommandLine.Option<double[]> _sigmaRange = new("--sigma-range") { Description = $"The noise levels σ/a between which karras and uniform-lambda spread timesteps [default: 0 {SamplingOptions.UsualMostRatio}]", Arity = new(2, 2), AllowMultipleArgumentsPerToken = true, HelpName = "LOW HIGH" };

    private readonly CommandLine.Option<int?> _lastTimestep = new("--last-timestep") { Description = "Visit no timestep below this one: the spacing covers the others [default: 0]" };

    private readonly CommandLine.Option<double?> _eta = new("--eta") { Description = "η of ddim: 0 draws no noise, 1 as much as ddpm with variance posterior [default: 0]" };

    private readonly CommandLine.Option<double?> _tau = new("--tau") { Description = $"How much noise sa-solver draws within its --tau-range: 0 none, 1 as much as dpmpp-2m-sde [default: {Invariant($"{Stochasticity.OfFewSteps.Tau}, from {Stochasticity.ManySteps} steps on {Stochasticity.Full.Tau}")}]" };

    private readonly CommandLine.Option<double[]> _tauRange = new("--tau-range") { Description = $"The noise levels σ/a between which sa-solver draws noise: 0 Infinity for everywhere [default: {Invariant($"{Stochasticity.OfFewSteps.Least} {Stochasticity.OfFewSteps.Most}, from {Stochasticity.ManySteps} steps on everywhere")}]", Arity = new(2, 2), AllowMultipleArgumentsPerToken = true, HelpName = "LOW HIGH" };

    private readonly CommandLine.Option<string?> _variance = new("--variance") { Description = $"The reverse variance of ddpm: {string.Join(" or ", Ancestral.Variances.Keys)} [default: beta]" };

    private readonly CommandLine.Option<bool> _firstLevel = new("--end-at-first-level") { Description = "End at the level after the first step, as diffusers with final ᾱ = ᾱ_0" };

    /// <param name="command">The command.</param>
    /// <param name="withNetwork">Whether it has a network to search timesteps with.</param>
    public SamplerOptions(CommandLine.Command command, bool withNetwork)
    {
        var usual = Preset.Standard.Sampling;
        _sampler.Description = $"How to sample: {string.Join(", ", Abbreviated(Sampler.All.Keys))} [default: {(withNetwork ? $"{usual.Sampler} with {usual.SamplingSteps} steps and {usual.Spacing} spacing; {Defaults.Sampler} for original" : Defaults.Sampler)}]";
        string[] spacings = [.. Spacing.All.Keys, .. withNetwork ? [SampleJob.Searched] : (string[])[]];
        CompletedValues.Offer(_spacing, () => spacings);
        _spacing.Description = $"How the timesteps are spread: {string.Join(", ", spacings)}{(withNetwork ? $" ({SampleJob.Searched} for this network)" : "")} [default: {(withNetwork ? "the usual sampler's; " : "")}{Defaults.Spacing}]";
        command.AddGroup("Sampler", [.. Usual]);
        if (withNetwork)
        {
            command.AddBriefly("More of the sampler, as `reference plan --help` describes it", [.. Detailed]);
        }
        else
        {
            command.AddGroup("Details of the sampler", [.. Detailed]);
        }
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<CommandLine.Option> All => [.. Usual, .. Detailed];

    private IReadOnlyList<CommandLine.Option> Usual => [_sampler, _steps, _spacing, _eta, _tau, _tauRange, _variance];

    private IReadOnlyList<CommandLine.Option> Detailed => [_timesteps, _rho, _sigmaRange, _lastTimestep, _firstLevel, _lowerOrder, _variant, _corrector, _fullStart];

    /// <summary>Names, each without what it shares with the name before it: dpmpp-1, -2m, -3m.</summary>
    internal static IEnumerable<string> Abbreviated(IEnumerable<string> names)
    {
        var stem = "";
        foreach (var name in names)
        {
            var continues = stem.Length > 0 && name.StartsWith(stem + "-", StringComparison.Ordinal);
            yield return continues ? name[stem.Length..] : name;
            var digit = name.AsSpan().IndexOfAnyInRange('0', '9');
            stem = continues ? stem : digit > 0 ? name[..(digit - 1)] : name;
        }
    }

    /// <summary>The given options, and the usual ones for the rest. With another sampler no usual option holds, and with another spacing none that belongs to the usual spacing.</summary>
    public SamplingOptions Said(CommandLine.ParseResult said, SamplingOptions otherwise)
    {
        var usual = said.GetValue(_sampler) is { } named ? new SamplingOptions { Sampler = named } : otherwise;
        var start = said.GetValue(_timesteps) is { Length: > 0 } given
            ? usual with { ExplicitTimesteps = given.ToArr(), SamplingSteps = null, Spacing = Defaults.Spacing, Rho = null, SigmaRange = null, LastTimestep = null }
            : said.GetValue(_spacing) is null ? usual : usual with { Rho = null, SigmaRange = null };
        return start with
        {
            SamplingSteps = said.GetValue(_steps) ?? start.SamplingSteps,
            Spacing = said.GetValue(_spacing) ?? start.Spacing,
            Rho = said.GetValue(_rho) ?? start.Rho,
            SigmaRange = said.GetValue(_sigmaRange) is [var low, var high] ? (low, high) : start.SigmaRange,
            LastTimestep = said.GetValue(_lastTimestep) ?? start.LastTimestep,
            Eta = said.GetValue(_eta) ?? start.Eta,
            Tau = said.GetValue(_tau) ?? start.Tau,
            TauRange = said.GetValue(_tauRange) is [var least, var most] ? (least, most) : start.TauRange,
            Variance = said.GetValue(_variance) ?? start.Variance,
            LowerOrderFinal = said.GetValue(_lowerOrder) || start.LowerOrderFinal,
            UnipcVariant = said.GetValue(_variant) ?? start.UnipcVariant,
            Corrector = said.GetValue(_corrector) ?? start.Corrector,
            FullOrderStart = said.GetValue(_fullStart) || start.FullOrderStart,
            EndAtFirstLevel = said.GetValue(_firstLevel) || start.EndAtFirstLevel,
        };
    }
}
