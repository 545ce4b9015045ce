using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Sampling;

/// <summary>What holds of every sampler.</summary>
[Properties(Arbitrary = [typeof(Generators), typeof(SamplerGenerators)])]
public sealed class SamplerLaws
{
    /// <summary>
    /// Heun's method takes two lines for each step, but one for a step to the clean image or from no image. So does plms for its first step from an image. A
    /// start of fourth order takes two lines for its first step from an image, if two more steps follow. Restarts and pseudo Runge–Kutta steps have laws of
    /// their own.
    /// </summary>
    [Law]
    public bool A_plan_has_a_line_for_each_step_which_leads_where_the_step_does(SamplerOnSchedule s)
    {
        var first = s.Noisiest.SquaredA == 0 ? 1 : 0;
        var again = s.Sampler is UniPc { Order: 3, Corrector: true, FullOrderStart: true } or VariableIpndm { Order: 4, FullOrderStart: true }
            && s.Setting.Steps.Count >= first + 3;
        bool HasTwo(SamplingStep step, int i) => (again && i == first)
            || (step.NextTimestep >= 0 && ((s.Sampler is Heun && i >= first) || (s.Sampler is Pndm { Start: PndmStart.Heun } && i == first)));
        return s.Sampler is Restart or Pndm { Start: PndmStart.RungeKutta }
            || (s.Plan.Start == new LinearPair(0, s.Noisiest.StartDeviation)
                && s.Plan.Lines.Map(line => line.Marginal).SequenceEqual(s.Setting.Steps.AsEnumerable().SelectMany((step, i) => Enumerable.Repeat(
                    new LinearPair(step.To.A, step.To.Sigma), HasTwo(step, i) ? 2 : 1))));
    }

    /// <summary>Pictures of x are divided by √(a² + σ²). On a chain this changes no bit of float32.</summary>
    [Law]
    public bool On_a_chain_x_keeps_the_deviation_of_images_of_variance_one(SamplerOnChain s) =>
        Enumerable.Range(0, s.Plan.Lines.Count + 1).All(lines => (float)s.Plan.DeviationAfter(lines) == 1);

    [Fact]
    public void On_edm_the_deviation_of_x_falls_from_the_greatest_noise_to_the_images()
    {
        var schedule = NoiseSchedule.Edm(20, sigmaMax: 80).Valid();
        var plan = new SamplingOptions { Sampler = "ddim", SamplingSteps = 4 }.Compile(schedule, new Prediction.Edm(), clipSample: true).Valid();
        Assert.Equal(80, plan.DeviationAfter(0), 1e-12);
        Assert.Equal(Math.Sqrt(schedule[plan.Lines[1].Timestep].Power), plan.DeviationAfter(1), 1e-12);
        Assert.Equal(1, plan.DeviationAfter(4));
    }

    /// <summary>
    /// Methods that always have their order from one exact point do not change. Methods that need it correct the first step only.
    /// </summary>
    [Law]
    public bool A_start_of_full_order_changes_the_first_steps_alone(SamplerOnSchedule s)
    {
        SamplingPlan Plan(Sampler sampler) => sampler.Compile(s.Setting).Valid();
        var barren = s.Noisiest.SquaredA == 0 ? 1 : 0;
        return ((int[])[1, 2]).All(order => Plan(new DpmSolver(order, FullOrderStart: true)) == Plan(new DpmSolver(order))
                && Plan(new UniPc(order, FullOrderStart: true)) == Plan(new UniPc(order)))
            && Plan(new DpmSolver(3, FullOrderStart: true)) is var corrected
            && corrected.Lines.Map(line => line with { Correct = Correction.None }) == Plan(new DpmSolver(3)).Lines
            && corrected.Lines.Map((i, line) => line.Correct == (i == barren + 1 ? Plan(new UniPc(3)).Lines[i].Correct : Correction.None)).All(holds => holds);
    }

    [Law]
    public bool Every_factor_is_finite(SamplerOnSchedule s) => s.Plan.Lines.ForAll(line =>
        ((double[])[line.Estimate.First, line.Estimate.Second, line.Remember.X, line.Remember.Output, line.Remember.X0, line.Correct.Base, line.Correct.X,
            line.Predict.Base, line.Noise.Least, line.Noise.Most, line.Marginal.First, line.Marginal.Second]).All(double.IsFinite)
        && line.Correct.History.ForAll(double.IsFinite) && line.Predict.History.ForAll(double.IsFinite));

    [Law]
    public bool Only_stochastic_samplers_draw_noise_and_none_does_on_its_last_line(SamplerOnSchedule s) =>
        s.Plan.Lines.ForAll(line => !line.Noise.Draws || SamplerGenerators.Stochastic.Contains(s.Sampler))
        && (!s.Plan.Lines[^1].Noise.Draws || s.Setting.Timesteps.End == 0);

    /// <summary>
    /// The exact denoiser of one point estimates x_0 as the point. So any line that keeps a·x_0 + σ·ε keeps x = a·point + σ·ε for its noise, whatever
    /// the history; after the last line that is the point. ε gives the point to within a rounding of x/a, and a polynomial of second degree through
    /// uneven places multiplies that by its weights.
    /// </summary>
    [Law]
    public bool An_exact_denoiser_of_one_point_lands_on_the_point(SamplerOnSchedule s, Pixel start, Pixel point)
    {
        var (schedule, timesteps) = (s.Setting.Schedule, s.Setting.Timesteps);
        if (timesteps.End == 0)
        {
            return true; // ends before the point
        }

        var clipped = Math.Clamp(point.Value, -1, 1);
        var end = ScalarInterpreter.Run(
            s.Plan,
            s.Seeing((x, t) => s.Setting.Prediction.Target(schedule[t]).Of(clipped, (x - schedule[t].A * clipped) / schedule[t].Sigma)),
            start.Value,
            line => Math.Sin(line));
        return Near(clipped, end, 256 * Epsilon * s.Gain * (1 + 7 * Loss(s)));
    }

    /// <summary>From t to t nothing happens, whatever the network says: of no length a step's factors are exactly 1 and 0.</summary>
    [Law]
    public bool A_line_from_a_level_to_itself_is_the_identity(DeterministicSampler sampler, AnySchedule schedule, Pixel x, Pixel o, Prediction prediction)
    {
        if (schedule.Value[0].SquaredA == 0)
        {
            return true; // one step that leaves no image
        }

        var timesteps = Timesteps.Of(Array(0), schedule.Value.Steps).Valid().EndingAtFirstLevel();
        var plan = sampler.Value.Compile(new(schedule.Value, prediction, timesteps, ClipSample: false)).Valid();
        return ScalarInterpreter.Run(plan, (_, _) => o.Value, x.Value, _ => 0) == x.Value;
    }

    /// <summary>
    /// The first line of a multistep method has one value alone. Heun's first line is Euler's. The first line of pndm leads halfway, if a timestep
    /// lies there.
    /// </summary>
    [Law]
    public bool The_first_line_of_every_deterministic_sampler_is_ddim_s(SamplerOnSchedule s, Pixel x, Pixel o)
    {
        if (!SamplerGenerators.Deterministic.Contains(s.Sampler) || s.Sampler is Pndm { Start: PndmStart.RungeKutta })
        {
            return true;
        }

        double First(Sampler sampler) => AfterFirstLine(sampler, s.Setting, x, o);
        // ε gives x_0 only to within roundings over a, and x_0 gives ε only to within roundings over σ.
        var condition = (Math.Abs(x.Value) + Math.Abs(o.Value)) * (1 + Loss(s)) * (1 + 1 / s.Noisiest.Sigma);
        return Near(First(new Ddim(0)), First(s.Sampler), 64 * Epsilon * condition * SizeOfLog(s.Noisiest));
    }

    [Law]
    public bool An_unclipped_plan_takes_either_noise_for_ddim(SamplerOnChain s, Fraction eta, Pixel x, Pixel o)
    {
        double First(ClippedNoise noise) => AfterFirstLine(new Ddim(eta.Value, noise), s.Setting, x, o, noise: 0.5);
        var loss = s.Setting.Prediction is Prediction.Epsilon ? 1 / s.Noisiest.A : 1;
        var condition = (Math.Abs(x.Value) + Math.Abs(o.Value) + 1) * (1 + loss) * (1 + 1 / s.Noisiest.Sigma);
        return Near(First(ClippedNoise.Implied), First(ClippedNoise.DiffusersOutput), 64 * Epsilon * condition * SizeOfLog(s.Noisiest));
    }

    /// <summary>
    /// A line uses as many values as its method's order, the lines so far and, if the order falls, the lines left allow. A step to no noise or of no
    /// length uses one.
    /// </summary>
    [Law]
    public bool A_multistep_line_has_the_order_that_it_can(SamplerOnSchedule s, bool falls)
    {
        var (timesteps, count) = (s.Setting.Timesteps, s.Setting.Timesteps.Values.Count);
        var barren = s.Noisiest.SquaredA == 0 ? 1 : 0; // a value from a level without any image is not used
        var lastHasOne = timesteps.End < 0 || timesteps.Values[^1] == 0;
        int Expected(int i, int order) => i == count - 1 && lastHasOne
            ? 1
            : Math.Min(Math.Min(order, Math.Max(1, i + 1 - barren)), falls ? count - i : order);
        Sampler[] Samplers(int order) =>
        [
            new DpmSolver(order, LowerOrderFinal: falls),
            new UniPc(order, LowerOrderFinal: falls),
            new SaSolver(order, Stochasticity.OfFewSteps, LowerOrderFinal: falls),
        ];
        return Enumerable.Range(1, 3).All(order => Samplers(order).All(sampler =>
            sampler.Compile(s.Setting).Valid().Lines.Map((i, line) => line.Predict.History.Count == Expected(i, order)).All(holds => holds)));
    }

    /// <summary>If x_0 is clipped, methods on ε use the ε that is left of x: a step of constant ε from x = a·x_0 + σ·ε keeps x_0 within [−1, 1].</summary>
    [Law]
    public bool Clipped_methods_on_epsilon_keep_the_clipped_image(SamplerOnChain s, Pixel x, Pixel o)
    {
        var (from, to) = (s.Noisiest, s.Setting.Schedule[s.Setting.Timesteps.Pairs[0].Next]);
        if (from.A < 1e-3)
        {
            return true; // where next to no image is left an ε tells it to within a rounding over a
        }

        var x0 = Math.Clamp(s.Setting.Prediction.CleanImage(from).Of(x.Value, o.Value), -1, 1);
        var expected = to.A * x0 + to.Sigma * (x.Value - from.A * x0) / from.Sigma;
        double First(Sampler sampler) => AfterFirstLine(sampler, s.Setting with { ClipSample = true }, x, o);
        var tolerance = 64 * Epsilon * (1 + Math.Abs(x.Value)) / (from.A * from.Sigma) * SizeOfLog(from);
        return Near(expected, First(new Ipndm(4)), tolerance) && Near(expected, First(new Heun()), tolerance);
    }

    /// <summary>A polynomial in λ has no value at λ = −∞, so the first steps after a level without any image are not corrected.</summary>
    [Law]
    public bool A_step_from_no_image_is_not_corrected(AnySchedule schedule, bool bh1)
    {
        var zero = schedule.Value.WithZeroTerminalSnr();
        var setting = new SamplingSetting(zero, new Prediction.Velocity(), Timesteps.All(zero.Steps), ClipSample: false);
        Sampler[] Samplers(int order) => [new UniPc(order, bh1 ? UniPcVariant.Bh1 : UniPcVariant.Bh2), new SaSolver(order, Stochasticity.Full)];
        return Enumerable.Range(1, 3).All(order => Samplers(order).All(sampler =>
            sampler.Compile(setting).Valid().Lines.Map(line => line.Correct).ToArray() is var corrections
            && corrections.Take(2).All(correction => correction == Correction.None)
            && corrections.Skip(2).All(correction => correction.Base == 0 && correction.X == 1 && correction.History.Count > 1)));
    }

    /// <summary>Without the lines between one jump and the way's first arrival at the end of the interval, the plan is Heun's.</summary>
    [Law]
    public bool A_restart_repeats_a_part_of_heun_s_way(VisitedSchedule s, Fraction least, Fraction most, Prediction prediction, Place times)
    {
        if (s.Noisiest.SquaredA == 0)
        {
            return true; // refused
        }

        var setting = new SamplingSetting(s.Schedule, prediction, s.Timesteps, ClipSample: false);
        var (low, high) = (least.Value, least.Value + 10 * most.Value);
        var restart = new Restart(times.In(4), low, high);
        var inside = s.Timesteps.Values.Filter(t => Math.Exp(-s.Schedule[t].Lambda) is var ratio && ratio >= low && ratio <= high).Count;
        var heun = new Heun().PlanOn(setting).Lines;
        var lines = restart.PlanOn(setting).Lines;
        var (jumps, way) = (inside < 2 ? 0 : restart.Times, 2 * (inside - 1));
        var begin = jumps == 0 ? 0 : lines.Map((i, line) => line.Noise.Draws ? i : lines.Count).Min() + 1 - way;
        return lines.Filter(line => line.Noise.Draws).Count == jumps
            && lines.Take(begin).Concat(lines.Skip(begin + jumps * way)).SequenceEqual(heun);
    }

    /// <summary>
    /// A step with a timestep strictly between has four evaluations, one there twice; up to three steps have. The coefficients of the last line add up to one
    /// step of the transfer, and the later lines use the four values at the visited timesteps.
    /// </summary>
    [Fact]
    public void Pndm_starts_with_three_pseudo_runge_kutta_steps()
    {
        var setting = new SamplingSetting(Generators.Original, new Prediction.Epsilon(), Timesteps.Of(Array(900, 700, 501, 300, 299, 7), 1000).Valid(), false);
        var lines = new Pndm(PndmStart.RungeKutta).PlanOn(setting).Lines;
        Assert.Equal([900, 800, 800, 700, 700, 601, 601, 501, 501, 401, 401, 300, 300, 299, 7], lines.Map(line => line.Timestep).AsEnumerable());
        Assert.Equal([12, 8, 4, 0], lines[12].Predict.History.Map((k, factor) => factor == 0 ? -1 : 12 - k).Filter(k => k >= 0).AsEnumerable());
        Assert.Equal([14, 13, 12, 8], lines[14].Predict.History.Map((k, factor) => factor == 0 ? -1 : 14 - k).Filter(k => k >= 0).AsEnumerable());
        Assert.All(setting.Steps.Take(3).Map((i, step) => (i, step)), at => Known(at.step.NoiseStep, lines[4 * at.i + 3].Predict.History.Sum(), 8 * Epsilon));
        var narrow = setting with { Timesteps = Timesteps.Of(Array(5, 4, 2, 1), 1000).Valid() };
        Assert.Equal([5, 4, 3, 3, 2, 2, 1], new Pndm(PndmStart.RungeKutta).PlanOn(narrow).Lines.Map(line => line.Timestep).AsEnumerable());
    }

    /// <summary>Only the clean image is no place to evaluate a network.</summary>
    [Fact]
    public void A_step_to_the_first_level_is_heun_s_with_both_lines()
    {
        var setting = new SamplingSetting(NoiseSchedule.Linear(10).Valid(), new Prediction.Epsilon(), Timesteps.Of(Array(4, 0), 10).Valid(), ClipSample: false);
        Assert.Equal([4, 0, 0], new Heun().PlanOn(setting).Lines.Map(line => line.Timestep).AsEnumerable());
    }

    [Fact]
    public void Options_out_of_range_and_levels_without_image_are_refused_with_all_faults()
    {
        var zeroSnr = new SamplingSetting(
            VariancePreservingSchedule.FromBetas(Array(0.1, 0.2, 1.0)).Valid(), new Prediction.Epsilon(), Timesteps.All(3), ClipSample: false);
        var sample = zeroSnr with { Prediction = new Prediction.Sample() };
        var velocity = zeroSnr with { Prediction = new Prediction.Velocity() };
        Assert.Equal(
            ["eta must lie in [0, 1], got 1.5",
             $"prediction must be {Prediction.NamesWhere(one => one is not Prediction.Epsilon)} to start from timestep 2, "
             + "where nothing of the image is left (a = 0), got epsilon"],
            new Ddim(1.5).Compile(zeroSnr).Faults());
        Assert.Equal(["eta must lie in [0, 1], got NaN"], new Ddim(double.NaN).Compile(sample).Faults());
        Assert.Equal(["order must lie in [1, 4], got 5"], new Ipndm(5).Compile(velocity).Faults());
        Assert.Equal(["order must lie in [1, 4], got 0"], new VariableIpndm(0).Compile(velocity).Faults());
        Assert.Equal(["strides must lie in [1, 3], got 0"], new Ddim(0, ClippedNoise.DiffusersOutput, 0).Compile(sample).Faults());
        Assert.Equal(["strides must lie in [1, 3], got 4"], new Ddim(0, ClippedNoise.DiffusersOutput, 4).Compile(sample).Faults());
        Assert.Single(new DpmSolver(0).Compile(sample).Faults());
        Assert.Single(new DpmSolver(4).Compile(sample).Faults());
        Assert.Single(new UniPc(4).Compile(sample).Faults());
        Assert.Equal(["order must lie in [1, 2], got 3"], new ErSde(3).Compile(sample).Faults());
        Assert.Equal(["order must lie in [1, 3], got 4", "tau must lie in [0, 10], got -1"], new SaSolver(4, new(-1)).Compile(sample).Faults());
    }

    private static double AfterFirstLine(Sampler sampler, SamplingSetting setting, Pixel x, Pixel o, double noise = 0)
    {
        var plan = sampler.Compile(setting).Valid();
        return ScalarInterpreter.Run(plan with { Start = new(0, 1), Lines = plan.Lines.Take(1).ToArr() }, (_, _) => o.Value, x.Value, _ => noise);
    }

    /// <summary>
    /// What a plan multiplies a rounding of x and of o by where it makes x_0 = (x − σ·o)/a of an ε, or steps along σ/a: (1 + σ)/a, at most where the noise is
    /// most. σ is large on EDM's levels.
    /// </summary>
    private static double Loss(SamplerOnSchedule s) => s.Setting.Prediction is Prediction.Epsilon || s.Sampler.StepsAlongNoiseRatio
        ? (1 + s.Noisiest.Sigma) / s.Noisiest.A
        : 1;

    /// <summary>ln ᾱ and λ are off by a part ε of themselves; an infinite one is exact.</summary>
    private static double SizeOfLog(NoiseLevel level) => 1 + (double.IsInfinity(level.LogSquaredA) ? 0 : Math.Abs(level.LogSquaredA));
}
