using Ddpm.Host.Sampling;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Validations;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--sampler and its options.</summary>
internal sealed class SamplerOptions
{
    private static readonly SamplingOptions Defaults = new();

    private readonly CommandLine.Option<string?> _sampler = new("--sampler"), _spacing = new("--spacing");

    private readonly CommandLine.Option<int?> _steps = new("--sampling-steps");

    private readonly CommandLine.Option<double?> _eta = New<double?>(
        "--eta", "DDIM's η: 0 adds no noise, 1 as much as posterior variance [default: 0; euler-ancestral: 1]");

    private readonly CommandLine.Option<double?> _tau = New<double?>(
        "--tau", "SA-Solver's τ within --tau-range: 0 is deterministic, 1 adds as much noise as dpmpp-2m-sde "
            + Invariant($"[default: {Stochasticity.OfFewSteps.Tau}; {Stochasticity.Full.Tau} from {Stochasticity.ManySteps} steps on]"));

    private readonly CommandLine.Option<double[]> _tauRange = GuidanceOptions.Pair(
        "--tau-range",
        "The noise levels σ/a between which SA-Solver adds noise; 0 Infinity means all levels "
        + Invariant($"[default: {Stochasticity.OfFewSteps.Least} {Stochasticity.OfFewSteps.Most}; all levels from {Stochasticity.ManySteps} steps on]"));

    private readonly CommandLine.Option<int?> _restarts = New<int?>(
        "--restarts", $"How often restart goes through its noise levels again [default: {new Restart().Times}]");

    private readonly CommandLine.Option<double[]> _restartRange = GuidanceOptions.Pair(
        "--restart-range", Invariant($"The noise levels σ/a that restart goes through again [default: {new Restart().Least} {new Restart().Most}]"));

    private readonly CommandLine.Option<string?> _variance = New<string?>(
        "--variance", $"DDPM's reverse variance: {string.Join(", ", Ancestral.Variances.Keys)} [default: the learned one, else beta]");

    private readonly CommandLine.Option<int[]> _timesteps = new("--timesteps")
    {
        Description = "The timesteps to visit, the noisiest first, instead of --sampling-steps and --spacing",
        AllowMultipleArgumentsPerToken = true,
        HelpName = "NUMBERS",
    };

    private readonly CommandLine.Option<double?> _rho = New<double?>(
        "--rho", "ρ of karras: 1 spaces σ/a evenly, large values space ln(σ/a) evenly [default: 7]");

    private readonly CommandLine.Option<double[]> _sigmaRange = GuidanceOptions.Pair(
        "--sigma-range",
        $"The noise levels σ/a between which karras, uniform-lambda and kl-optimal spread timesteps [default: 0 {SamplingOptions.UsualMostRatio}]");

    private readonly CommandLine.Option<int?> _lastTimestep = New<int?>(
        "--last-timestep", "Visit no timestep below this one; the spacing covers the rest [default: 0]");

    private readonly CommandLine.Option<bool> _firstLevel = New<bool>(
        "--end-at-first-level", "End at the noise level ᾱ_0 instead of the clean image, as diffusers can");

    private readonly CommandLine.Option<int?> _offset = New<int?>("--spacing-offset", "Added to each timestep of a leading spacing (diffusers' steps_offset)");

    private readonly CommandLine.Option<bool> _lowerOrder = New<bool>(
        "--lower-order-final", "Lower the order of dpmpp, unipc and sa-solver towards the last step, as diffusers does below 15 steps");

    private readonly CommandLine.Option<string?> _variant = New<string?>(
        "--unipc-variant", $"UniPC's B(h): {string.Join(" or ", UniPc.Variants.Keys)} [default: bh2]");

    private readonly CommandLine.Option<bool?> _corrector = New<bool?>("--corrector", "Use UniPC's corrector [default: true]");

    private readonly CommandLine.Option<bool> _fullStart = New<bool>(
        "--full-order-start", "Start dpmpp, unipc, ipndm-v at full order (unipc-3, ipndm-v-4: one more evaluation)");

    private readonly GuidanceOptions _guidance;

    /// <param name="command">The command.</param>
    /// <param name="withNetwork">Whether the command has a network to search timesteps with.</param>
    public SamplerOptions(CommandLine.Command command, bool withNetwork)
    {
        _guidance = new(withNetwork);
        var usual = Preset.Standard.Sampling;
        var names = $"{string.Join(", ", Spelling.Abbreviated(Sampler.All.Keys))}, {Learnt.OptionName}";
        string[] spacings = withNetwork ? [.. Spacing.All.Keys, SampleJob.Searched] : [.. Spacing.All.Keys];
        CompletedValues.Offer(_spacing, () => spacings);
        if (withNetwork)
        {
            _sampler.Description = $"The sampler: {names} [default: {usual.Sampler}; {Defaults.Sampler} with the original preset]";
            _steps.Description = "How many timesteps to visit "
                + $"[default: {Preset.Best.Guided!.SamplingSteps} guided, {usual.SamplingSteps} unguided; "
                + $"with --sampler: all for ddpm, {SamplingOptions.UsualSteps} for others]";
            _spacing.Description = $"How to spread the timesteps: {string.Join(", ", spacings)} (for this network) "
                + $"[default: {Defaults.Spacing}; without --sampler {usual.Spacing}, unless the network predicts velocity]";
            command.AddGroup("Sampler", [.. Usual]);
            command.AddBriefly("More sampler options (explained in `reference plan --help`)", [.. Detailed]);
        }
        else
        {
            _sampler.Description = $"The sampler: {names} [default: {Defaults.Sampler}]";
            _steps.Description = $"How many timesteps to visit [default: all for ddpm, {SamplingOptions.UsualSteps} for others]";
            _spacing.Description = $"How to spread the timesteps: {string.Join(", ", spacings)} [default: {Defaults.Spacing}]";
            command.AddGroup("Sampler", [.. Usual]);
            command.AddGroup("Details of the sampler", [.. Detailed]);
        }
    }

    /// <summary>All options.</summary>
    public IReadOnlyList<CommandLine.Option> All => [.. Usual, .. Detailed];

    public CommandLine.Option GuidanceScale => _guidance.Scale;
    private IReadOnlyList<CommandLine.Option> Usual => [_sampler, _steps, _spacing, .. _guidance.Usual];

    private IReadOnlyList<CommandLine.Option> Detailed =>
    [
        .. _guidance.Detailed, _eta, _tau, _tauRange, _variance, _timesteps, _offset, _rho, _sigmaRange, _lastTimestep, _firstLevel, _lowerOrder, _variant,
        _corrector, _fullStart, _restarts, _restartRange,
    ];

    /// <summary>
    /// The options on the command line, and other options for the rest. If the command line names the sampler, the rest are its defaults. If it names the
    /// spacing, no option of another spacing remains.
    /// </summary>
    public SamplingOptions Parsed(CommandLine.ParseResult parsed, SamplingOptions otherwise)
    {
        var usual = parsed.GetValue(_sampler) is { } named ? new SamplingOptions { Sampler = named } : otherwise;
        var spread = usual with { SpacingOffset = null, Rho = null, SigmaRange = null };
        var start = parsed.GetValue(_timesteps) is { Length: > 0 } given
            ? spread with { ExplicitTimesteps = given.ToArr(), SamplingSteps = null, Spacing = Defaults.Spacing, LastTimestep = null }
            : parsed.GetValue(_spacing) is null ? usual : spread;
        return _guidance.Parsed(parsed, start) with
        {
            SamplingSteps = parsed.GetValue(_steps) ?? start.SamplingSteps,
            Spacing = parsed.GetValue(_spacing) ?? start.Spacing,
            SpacingOffset = parsed.GetValue(_offset) ?? start.SpacingOffset,
            Rho = parsed.GetValue(_rho) ?? start.Rho,
            SigmaRange = parsed.GetValue(_sigmaRange) is [var low, var high] ? (low, high) : start.SigmaRange,
            LastTimestep = parsed.GetValue(_lastTimestep) ?? start.LastTimestep,
            Eta = parsed.GetValue(_eta) ?? start.Eta,
            Tau = parsed.GetValue(_tau) ?? start.Tau,
            TauRange = parsed.GetValue(_tauRange) is [var least, var most] ? (least, most) : start.TauRange,
            Restarts = parsed.GetValue(_restarts) ?? start.Restarts,
            RestartRange = parsed.GetValue(_restartRange) is [var end, var begin] ? (end, begin) : start.RestartRange,
            Variance = parsed.GetValue(_variance) ?? start.Variance,
            LowerOrderFinal = parsed.GetValue(_lowerOrder) || start.LowerOrderFinal,
            UnipcVariant = parsed.GetValue(_variant) ?? start.UnipcVariant,
            Corrector = parsed.GetValue(_corrector) ?? start.Corrector,
            FullOrderStart = parsed.GetValue(_fullStart) || start.FullOrderStart,
            EndAtFirstLevel = parsed.GetValue(_firstLevel) || start.EndAtFirstLevel,
        };
    }

    private static CommandLine.Option<T> New<T>(string name, string description) => new(name) { Description = description };
}
