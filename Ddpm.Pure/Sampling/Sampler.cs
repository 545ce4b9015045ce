using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// A sampler with its options: a compiler from a setting to a plan. Each sampler is one file of the folder Samplers and a row of <see cref="All"/>. It
/// supplies its name, its paper, the options that it takes, their check, and the plan. The laws, the reference, help and completion read the rows.
/// </summary>
public abstract record Sampler
{
    private protected Sampler()
    {
    }

    /// <summary>The samplers by name, each with its usual options.</summary>
    public static ChoiceTable<Sampler> All { get; } = ChoiceTable.Of<Sampler>(
        sampler => sampler.Name,
        new Ancestral(),
        new Ddim(),
        new Ddim(Noise: ClippedNoise.DiffusersOutput),
        new Euler(),
        new EulerAncestral(),
        new DpmSolver(1),
        new DpmSolver(2),
        new DpmSolver(3),
        new DpmSolver(3, DpmSolverWeights.Published),
        new StochasticDpmSolver(),
        new SinglestepDpmSolver(2),
        new SinglestepDpmSolver(3),
        new Res(Singlestep: false),
        new Res(Singlestep: true),
        new UniPc(1),
        new UniPc(2),
        new UniPc(3),
        new SaSolver(1, Stochasticity.Full),
        new SaSolver(2, Stochasticity.Full),
        new SaSolver(3, Stochasticity.Full),
        SaSolver.Published(1, Stochasticity.Full),
        SaSolver.Published(2, Stochasticity.Full),
        SaSolver.Published(3, Stochasticity.Full),
        new ErSde(1),
        new ErSde(2),
        new Ipndm(1),
        new Ipndm(2),
        new Ipndm(3),
        new Ipndm(4),
        new VariableIpndm(2),
        new VariableIpndm(3),
        new VariableIpndm(4),
        new LinearMultistep(),
        new Pndm(PndmStart.RungeKutta),
        new Pndm(PndmStart.Heun),
        new Deis(1),
        new Deis(2),
        new Deis(3),
        new Heun(),
        new Restart(),
        new Consistency());

    /// <summary>The name that options give it.</summary>
    public abstract string Name { get; }

    /// <summary>The paper or the code that it comes from.</summary>
    public abstract string Source { get; }

    /// <summary>The options of the command line that it takes, without dashes. <see cref="SamplingOptions"/> refuses the others.</summary>
    public virtual Arr<string> Options => Arr<string>.Empty;

    /// <summary>
    /// The order of convergence from an exact history, on steps that change smoothly in λ, and in a multiple of 12 steps: single-step methods need as many as
    /// fill their groups. Null for a sampler that draws noise. The laws test it.
    /// </summary>
    public abstract int? ConvergenceOrder { get; }

    /// <summary>The amount of noise that it draws, for a sampler whose options choose it (tau and tau-range).</summary>
    public virtual Option<Stochasticity> ChosenNoise => None;

    /// <summary>Whether it steps along σ/a, which is infinite where no image is left (a = 0). The step from there is then DDIM's.</summary>
    internal virtual bool StepsAlongNoiseRatio => false;

    /// <summary>How many timesteps it visits by default.</summary>
    /// <param name="available">How many there are.</param>
    internal virtual int UsualSteps(int available) => Math.Min(SamplingOptions.UsualSteps, available);

    /// <summary>Compiles the sampler.</summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping.</param>
    /// <returns>The plan, or every fault of the options and of the levels that the sampler cannot start from.</returns>
    public Validation<Error, SamplingPlan> Compile(SamplingSetting setting) =>
        (Checked(), CheckedLevels(setting), CheckedOn(setting))
            .Apply((_, _, _) => StepsAlongNoiseRatio && !setting.Steps[0].From.HasImage ? FromPureNoise(setting) : PlanOn(setting));

    /// <summary>The sampler with the options that a user gave.</summary>
    /// <param name="options">The options.</param>
    /// <param name="steps">How many timesteps they ask for: usual values may depend on it.</param>
    internal virtual Validation<Error, Sampler> With(SamplingOptions options, int steps) => this;

    /// <summary>Whether its own options are in range.</summary>
    internal virtual Validation<Error, Unit> Checked() => unit;

    /// <summary>Whether its own options fit a setting.</summary>
    private protected virtual Validation<Error, Unit> CheckedOn(SamplingSetting setting) => unit;

    /// <summary>The plan, for options and levels that were checked.</summary>
    internal abstract SamplingPlan PlanOn(SamplingSetting setting);

    private protected static Validation<Error, Unit> OrderUpTo(int order, int most) =>
        Check.That("order", order, order >= 1 && order <= most, Invariant($"must lie in [1, {most}]")).Map(_ => unit);

    /// <summary>
    /// σ/a is infinite where no image is left. DDIM's step in x_0 is exact there to first order; this sampler's own lines follow, and none of them uses the
    /// first line's value.
    /// </summary>
    private SamplingPlan FromPureNoise(SamplingSetting setting)
    {
        var first = setting.Plan(Array(Ddim.Line(setting, setting.Steps[0], eta: 0)));
        var rest = setting.Timesteps.Values.Count - 1;
        return rest == 0
            ? first
            : first with { Lines = first.Lines + PlanOn(setting with { Timesteps = setting.Timesteps.Keep(Range(1, rest).ToArr()) }).Lines };
    }

    /// <summary>At a = 0 (rectified flow, zero terminal SNR) an ε says nothing about the image.</summary>
    private static Validation<Error, Unit> CheckedLevels(SamplingSetting setting)
    {
        var pureNoise = setting.Timesteps.Values.Filter(t => !setting.Schedule[t].HasImage);
        if (pureNoise.IsEmpty || setting.Prediction.HasCleanImageAt(setting.Schedule[pureNoise[0]]))
        {
            return unit;
        }

        var timestep = pureNoise[0];
        var others = Prediction.NamesWhere(prediction => prediction.HasCleanImageAt(setting.Schedule[timestep]));
        return Check.Fail<Unit>(
            "prediction", setting.Prediction.Name,
            Invariant($"must be {others} to start from timestep {timestep}, where nothing of the image is left (a = 0)"));
    }
}
