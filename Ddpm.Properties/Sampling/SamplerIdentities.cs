using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using FsCheck.Xunit;
using LanguageExt;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Sampling;

/// <summary>One sampler is another in disguise.</summary>
[Properties(Arbitrary = [typeof(Generators), typeof(SamplerGenerators)])]
public sealed class SamplerIdentities
{
    [Law]
    public bool Ddim_with_eta_1_is_ancestral_sampling_with_the_posterior_s_variance(SamplerOnChain s) =>
        Same(s, new Ddim(1), new Ancestral(ReverseVariance.Posterior));

    /// <summary>
    /// k-diffusion's σ_up and σ_down, in σ/a: the noise that is kept and the noise that is drawn. The square of σ_up is a difference of numbers as large as
    /// σ_p², with the rounding of λ. What is kept of x then gives the factor of x_0.
    /// </summary>
    [Law]
    public bool Euler_and_euler_ancestral_step_as_in_k_diffusion(SamplerOnChain s, Fraction eta)
    {
        bool Holds(SamplingStep step, SamplingLine line, double part)
        {
            double from = Math.Exp(-step.From.Lambda), to = Math.Exp(-step.To.Lambda), a = step.To.A;
            var up = Math.Min(to, part * Math.Sqrt(to * to * Math.Max(0, 1 - to / from * (to / from))));
            var tolerance = 128 * Epsilon * (1 + Math.Abs(Finite(step.From.Lambda)) + Math.Abs(Finite(step.To.Lambda)));
            double kept = line.Predict.Base * step.From.Sigma, drawn = line.Noise.Most;
            return double.IsInfinity(from) || (Near(a * a * up * up, drawn * drawn, tolerance * step.To.NoiseVariance)
                && Near(a * a * (to * to - up * up), kept * kept, tolerance * step.To.NoiseVariance)
                && Near(a, line.Predict.History[0] + line.Predict.Base * step.From.A, tolerance));
        }

        return s.Setting.Steps.Zip(Plan(s, new Euler()).Lines, Plan(s, new EulerAncestral(eta.Value)).Lines).All(three => three is var (step, euler, ancestral)
            && Holds(step, euler, 0) && Holds(step, ancestral, eta.Value));
    }

    [Law]
    public bool Euler_is_ddim(SamplerOnChain s, Fraction eta) =>
        Plan(s, new Euler()) == Plan(s, new Ddim(0)) && Plan(s, new EulerAncestral(eta.Value)) == Plan(s, new Ddim(eta.Value));

    /// <summary>Both integrate a constant ε exactly.</summary>
    [Law]
    public bool Deis_of_first_order_is_ipndm_of_first_order(SamplerOnChain s) =>
        s.Noisiest.SquaredA == 0 || Plan(s, new Deis(1)) == Plan(s, new Ipndm(1));

    /// <summary>
    /// The first line is iPNDM's, and so is the third step and each later one, except for a 0 in the place of the value that the first step does not keep.
    /// </summary>
    [Law]
    public bool Plms_is_ipndm_after_its_start(SamplerOnChain s)
    {
        if (s.Noisiest.SquaredA == 0)
        {
            return true; // refused
        }

        var (plms, ipndm) = (Plan(s, new Pndm(PndmStart.Heun)).Lines, Plan(s, new Ipndm(4)).Lines);
        var added = plms.Count - ipndm.Count;
        return plms[0] == ipndm[0] && added == (s.Setting.Timesteps.Pairs[0].Next >= 0 ? 1 : 0)
            && plms.Skip(2 + added).Zip(ipndm.Skip(2)).All(pair => pair is var (one, other)
                && one with { Predict = other.Predict } == other && one.Predict.Base.Equals(other.Predict.Base)
                && one.Predict.History.Filter(factor => factor != 0).SequenceEqual(other.Predict.History.Filter(factor => factor != 0)));
    }

    /// <summary>
    /// A plan has one line for each visited timestep. A line joins the group before it if both steps have a finite length and the group is not full; else it
    /// starts a group, and is DDIM's. If the order falls, the last line does not fill a group.
    /// </summary>
    [Law]
    public bool A_single_step_method_evaluates_once_for_each_visited_timestep(SamplerOnChain s, bool falls) => ((int[])[2, 3]).All(order =>
    {
        var (lines, ddim, steps) = (Plan(s, new SinglestepDpmSolver(order, falls)).Lines, Plan(s, new DpmSolver(1)).Lines, s.Setting.Steps);
        bool IsFinite(int i) => steps[i].H is > 0 and < double.PositiveInfinity;
        var inGroup = 0;
        return lines.Count == steps.Count && Enumerable.Range(0, lines.Count).All(i =>
        {
            var full = inGroup == order || (falls && i == lines.Count - 1 && inGroup == order - 1);
            inGroup = i > 0 && IsFinite(i) && IsFinite(i - 1) && !full ? inGroup + 1 : 1;
            return inGroup == 1 ? lines[i] == ddim[i] : lines[i].Correct == Correction.Stay && lines[i].Predict.History.Count == inGroup;
        });
    });

    [Law]
    public bool Dpm_solver_of_first_order_is_ddim(SamplerOnChain s) => Same(s, new DpmSolver(1), new Ddim(0));

    /// <summary>UniP-2 with B = 1 − e^(−h) is DPM-Solver++(2M); with three values both are the interpolating polynomial.</summary>
    [Law]
    public bool Unipc_without_corrector_is_dpm_solver(SamplerOnChain s) =>
        ((int[])[1, 2, 3]).All(order => Same(s, new UniPc(order, UniPcVariant.Bh2, Corrector: false), new DpmSolver(order)));

    /// <summary>The corrector moves the base alone: every line predicts as the predictor would from there.</summary>
    [Law]
    public bool Unipc_without_corrector_is_its_predictor(SamplerOnChain s, bool bh1)
    {
        var variant = bh1 ? UniPcVariant.Bh1 : UniPcVariant.Bh2;
        return ((int[])[1, 2, 3]).All(order => Plan(s, new UniPc(order, variant, Corrector: false)) is var predictor
            && predictor.Lines.ForAll(line => line.Correct == Correction.None)
            && Plan(s, new UniPc(order, variant)).Lines.Map(line => line with { Correct = Correction.None }) == predictor.Lines);
    }

    [Law]
    public bool Sa_solver_where_no_noise_is_drawn_is_unipc(SamplerOnChain s, Fraction tau)
    {
        var quiet = new List<Stochasticity> { Stochasticity.None };
        if (s.Noisiest.A > 0)
        {
            quiet.Add(new(tau.Value, 1.01 * s.Noisiest.Sigma / s.Noisiest.A));
        }

        return quiet.All(none => ((int[])[1, 2, 3]).All(order =>
            Plan(s, new UniPc(order)) == Plan(s, new SaSolver(order, none))
            && Plan(s, new UniPc(order, UniPcVariant.Bh1, LowerOrderFinal: true))
                == Plan(s, new SaSolver(order, none, UniPcVariant.Bh1, LowerOrderFinal: true))));
    }

    /// <summary>
    /// With the noise of the reverse process the second-order predictor is SDE-DPM-Solver++(2M), here in its authors' form, with e^(−h) and 1 − e^(−2h).
    /// </summary>
    [Law]
    public bool Sa_solver_s_predictor_is_the_stochastic_dpm_solver_s(SamplerOnChain s)
    {
        var plan = Plan(s, new StochasticDpmSolver());
        var steps = s.Setting.Steps;
        return Plan(s, new SaSolver(2, Stochasticity.Full)).Lines.Map(line => line with { Correct = Correction.None }) == plan.Lines
            && plan.Lines.Zip(Plan(s, new DpmSolver(2)).Lines, steps).All(three => three is var (drawn, flow, step)
                && Math.Exp(-step.H) is var kept && Scaled(flow.Predict, kept) is var predict
                && NearLine(s.Setting, drawn, flow with { Predict = predict, Noise = NoiseRange.Of(step.To.Sigma * Math.Sqrt(1 - kept * kept)) }));
    }

    /// <summary>Noise replaces a part of x so that a·point + σ·ε keeps ε at unit variance: the squares of both noise factors add up to σ_p².</summary>
    [Law]
    public bool Drawn_noise_keeps_the_noise_level(SamplerOnChain s, Fraction tau, Fraction least, Fraction most)
    {
        var levels = s.Setting.Timesteps.Pairs.Map(pair => (From: s.Setting.Schedule[pair.Current], To: s.Setting.Schedule[pair.Next]));
        Sampler[] samplers = [new SaSolver(1, new(2 * tau.Value, least.Value, least.Value + 1e-3 + 10 * most.Value)), new ErSde(1)];
        return samplers.All(sampler => Plan(s, sampler).Lines.Zip(levels).All(pair => pair is var (line, (from, to)) && NearRelative(
            to.NoiseVariance,
            line.Predict.Base * line.Predict.Base * from.NoiseVariance + line.Noise.Most * line.Noise.Most,
            64 * Epsilon * (1 + Math.Abs(Finite(from.LogSquaredA))))));
    }

    /// <summary>
    /// For every division into steps, e^(−∫τ²dλ) of the noise at the start is left at the end, times the factor that the image's growth leaves.
    /// </summary>
    [Law]
    public bool How_much_noise_is_drawn_does_not_depend_on_the_timesteps(SamplerOnChain s, Fraction tau, Fraction least, Fraction most)
    {
        var setting = s.Setting with { Timesteps = s.Setting.Timesteps.EndingAtFirstLevel() };
        var (from, to) = (s.Noisiest, setting.Schedule[0]);
        var drawn = new Stochasticity(2 * tau.Value, least.Value, least.Value + 1e-3 + 10 * most.Value);
        var overlap = Math.Max(0, Math.Min(to.Lambda, -Math.Log(drawn.Least)) - Math.Max(from.Lambda, -Math.Log(drawn.Most)));
        var left = new SaSolver(1, drawn).Compile(setting).Valid().Lines.Fold(1.0, (product, line) => product * line.Predict.Base);
        var tolerance = 256 * Epsilon * setting.Timesteps.Values.Count * (1 + Math.Abs(Finite(from.LogSquaredA)));
        return NearRelative(to.Sigma / from.Sigma * Math.Exp(-drawn.Tau * drawn.Tau * overlap), left, tolerance);
    }

    /// <summary>If all strides lead to the next timestep, and the last to the end, diffusers' DDIM takes the same steps as ours.</summary>
    [Law]
    public bool Strides_over_all_timesteps_are_the_steps_to_the_next(AnySchedule schedule, Fraction eta, Prediction prediction)
    {
        var predicted = prediction is Prediction.Epsilon ? new Prediction.Velocity() : prediction;
        var setting = new SamplingSetting(schedule.Value, predicted, Timesteps.All(schedule.Value.Steps), ClipSample: true);
        return new Ddim(eta.Value, ClippedNoise.DiffusersOutput, schedule.Value.Steps).Compile(setting).Valid()
            == new Ddim(eta.Value, ClippedNoise.DiffusersOutput).Compile(setting).Valid();
    }

    /// <summary>The stochastic solver's first and last lines are of first order, and that is DDIM with η = 1: its variance σ_p²·(1 − e^(−2h)) is β̃.</summary>
    [Law]
    public bool The_first_line_of_the_stochastic_solver_is_ddim_with_eta_1(SamplerOnChain s)
    {
        var timestep = Timesteps.Of(s.Setting.Timesteps.Values.Take(1).ToArr(), s.Setting.Schedule.Steps).Valid();
        var one = s with { Setting = s.Setting with { Timesteps = timestep } };
        return Same(one, new StochasticDpmSolver(), new Ddim(1))
            && NearLine(s.Setting, Plan(s, new StochasticDpmSolver()).Lines[0], Plan(s, new Ddim(1)).Lines[0]);
    }

    /// <summary>DDIM's step with ε and iPNDM's first order are one step, once written with x_0 and once with ε: each line rounds an x/a a few times.</summary>
    [Law]
    public bool Ipndm_of_first_order_is_ddim(SamplerOnChain s, Pixel start)
    {
        if (s.Noisiest.A < 1e-3)
        {
            return true; // where next to no image is left, an ε amplifies every rounding by 1/a
        }

        double Run(Sampler sampler) => ScalarInterpreter.Run(Plan(s, sampler), (x, t) => 0.3 * x + 0.1, start.Value, _ => 0);
        return Near(Run(new Ddim(0)), Run(new Ipndm(1)), 256 * Epsilon * Growth(s)) && Plan(s, new Ipndm(1)) == Plan(s, new VariableIpndm(1));
    }

    /// <summary>As in <see cref="PlanStateLaws"/>, a logarithm's rounding multiplied by itself.</summary>
    [Law]
    public bool Learned_range_at_its_ends_is_the_fixed_variances(SamplerOnChain s) =>
        Plan(s, new Ancestral(ReverseVariance.LearnedRange)).Lines.Map(line => line.Noise)
            .Zip(
                Plan(s, new Ancestral(ReverseVariance.Posterior)).Lines.Map(line => line.Noise.Most),
                Plan(s, new Ancestral(ReverseVariance.Beta)).Lines.Map(line => line.Noise.Most))
            .All(three => three is var (learned, posterior, beta)
                && learned.At(0).Equals(posterior)
                && NearRelative(beta, learned.At(1), Roundoff(learned))
                // f moves ln s evenly, so at ½ it is the geometric mean
                && NearRelative(Math.Sqrt(posterior * beta), learned.At(0.5), Roundoff(learned)));

    /// <summary>
    /// With one ε everywhere DDIM moves along x = a·x_0 + σ·ε, and its inversion moves back. In 3000 cases the largest error was 128 of the allowed
    /// 4096. If no image is left, x is ε, the network's v may name any image, and the way back ends in ε.
    /// </summary>
    [Law]
    public bool Inversion_after_ddim_is_exact_for_constant_epsilon(SamplerOnChain s, Pixel epsilon, Pixel start)
    {
        var barren = s.Noisiest.SquaredA == 0;
        var setting = s.Setting with { Prediction = barren ? new Prediction.Velocity() : new Prediction.Epsilon() };
        var levels = setting.Timesteps.Pairs.ToDictionary(pair => pair.Current,
            pair => (From: setting.Schedule[pair.Current], To: setting.Schedule[pair.Next]));
        double Output(double x, NoiseLevel level) => !barren ? epsilon.Value : level.A == 0 ? -start.Value : (epsilon.Value - level.Sigma * x) / level.A;
        var first = barren ? epsilon.Value : start.Value;
        var image = ScalarInterpreter.Run(new Ddim(0).PlanOn(setting), (x, t) => Output(x, levels[t].From), first, _ => 0);
        var inversion = DdimInversion.Compile(setting).Valid();
        var noise = ScalarInterpreter.Run(inversion with { Start = new(0, 1) }, (x, t) => Output(x, levels[t].To), image, _ => 0);
        return Near(first, noise, 4096 * Epsilon * (1 + Math.Abs(start.Value) + Math.Abs(epsilon.Value)))
            && inversion.Lines.Count == setting.Timesteps.Values.Count && inversion.Lines.ForAll(line => !line.Noise.Draws)
            && inversion.Lines.Map(line => line.Timestep).SequenceEqual(setting.Timesteps.Values.Rev());
    }

    /// <summary>An inversion ends at the noise level where the plan began, and starts from the clean image, or where the plan ended.</summary>
    [Law]
    public bool An_inversion_s_levels_are_the_plan_s_in_reverse(SamplerOnChain s)
    {
        var inversion = DdimInversion.Compile(Invertible(s)).Valid();
        var end = s.Setting.Schedule[s.Setting.Timesteps.End];
        return inversion.Lines.Map(line => line.Marginal).SequenceEqual(s.Setting.Steps.Rev().Map(step => new LinearPair(step.From.A, step.From.Sigma)))
            && inversion.Start == new LinearPair(end.A, end.Sigma)
            && !inversion.ClipSample;
    }

    /// <summary>The network is evaluated at x of the level that a line leaves, so that level's factors give the image.</summary>
    [Law]
    public bool An_inversion_s_estimate_is_the_image_at_the_level_where_x_is(SamplerOnChain s)
    {
        var levels = s.Setting.Timesteps.Pairs.Rev().Map(pair => s.Setting.Schedule[pair.Next]);
        return DdimInversion.Compile(Invertible(s)).Valid().Lines.Map(line => line.Estimate).SequenceEqual(levels.Map(Invertible(s).Prediction.CleanImage));
    }

    [Law]
    public bool An_inversion_is_refused_where_no_noise_is_told_and_else_of_finite_numbers(SamplerOnChain s) => DdimInversion.Compile(s.Setting).Match(
        plan => plan.Lines.ForAll(line =>
            double.IsFinite(line.Remember.X)
            && double.IsFinite(line.Remember.Output)
            && double.IsFinite(line.Predict.Base)
            && line.Predict.History.ForAll(double.IsFinite)),
        faults => s.Setting is { Prediction: Prediction.Sample, Timesteps.End: -1 }
            && faults.Single().Message == $"prediction must be {Prediction.NamesWhere(one => one is not Prediction.Sample)} to find the noise in a clean image "
                + "(use --end-at-first-level or --encode noise), got sample");

    /// <summary>The setting, with velocity instead of an x_0-prediction, which implies no noise at a clean image.</summary>
    private static SamplingSetting Invertible(SamplerOnChain s) =>
        s.Setting.Prediction is Prediction.Sample ? s.Setting with { Prediction = new Prediction.Velocity() } : s.Setting;

    private static double Finite(double log) => double.IsInfinity(log) ? 0 : log;

    private static Advance Scaled(Advance predict, double kept) => new(predict.Base * kept, predict.History.Map(weight => (1 + kept) * weight));

    private static SamplingPlan Plan(SamplerOnChain s, Sampler sampler) => sampler.Compile(s.Setting).Valid();

    private static double Roundoff(NoiseRange range) => 8 * Epsilon * (1 + Math.Abs(Math.Log(range.Least)) + Math.Abs(Math.Log(range.Most)));

    private static double Growth(SamplerOnChain s) => 1 + s.Setting.Timesteps.Values.Count / s.Noisiest.A;

    private static bool Same(SamplerOnChain s, Sampler one, Sampler other) =>
        Plan(s, one).Lines.Count == Plan(s, other).Lines.Count
            && Plan(s, one).Lines.Zip(Plan(s, other).Lines).All(pair => NearLine(s.Setting, pair.Item1, pair.Item2));

    /// <summary>
    /// The same factors. The factors of x_0 and x are computed from differences of λ, of ln ᾱ or of powers, each to within a rounding of λ. A weight
    /// of higher order divides by the step once more.
    /// </summary>
    private static bool NearLine(SamplingSetting setting, SamplingLine one, SamplingLine other)
    {
        var size = 1 + one.Predict.History.Fold(0.0, (sum, factor) => sum + Math.Abs(factor));
        var level = setting.Schedule[one.Timestep];
        var tolerance = 128 * Epsilon * size * (1 + Math.Abs(double.IsInfinity(level.LogSquaredA) ? 0 : level.LogSquaredA));
        return one.Timestep == other.Timestep
            && one.Estimate == other.Estimate
            && one.Marginal == other.Marginal
            && one.Remember == other.Remember
            && one.Correct == other.Correct
            && Near(one.Predict.Base, other.Predict.Base, tolerance)
            && one.Predict.History.Count == other.Predict.History.Count
            && one.Predict.History.Zip(other.Predict.History).All(pair => Near(pair.Item1, pair.Item2, tolerance))
            && Near(one.Noise.Most * one.Noise.Most, other.Noise.Most * other.Noise.Most, tolerance);
    }
}
