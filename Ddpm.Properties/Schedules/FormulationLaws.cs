using Ddpm.Properties.Sampling;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Schedules;

/// <summary>Levels (a, σ) in general, rectified flow and EDM, and the changes of variables between formulations.</summary>
[Properties(Arbitrary = [typeof(Generators), typeof(SamplerGenerators), typeof(Cases)])]
public sealed class FormulationLaws
{
    /// <summary>A rectified flow and what made it.</summary>
    public sealed record FlowCase(int Steps, double Shift)
    {
        public NoiseSchedule Schedule => NoiseSchedule.RectifiedFlow(Steps, Shift).Valid();
    }

    /// <summary>An EDM schedule and what made it.</summary>
    public sealed record EdmCase(int Steps, double SigmaMin, double SigmaMax, double Rho)
    {
        public NoiseSchedule Schedule => NoiseSchedule.Edm(Steps, SigmaMin, SigmaMax, Rho).Valid();
    }

    public static class Cases
    {
        public static Arbitrary<FlowCase> Flows() =>
            (from steps in Gen.Frequency((1, Gen.Constant(1)), (5, Gen.Choose(2, 50)), (1, Gen.Constant(1000)))
             from shift in Gen.Frequency((1, Gen.Constant(1.0)), (2, Generators.PowersOfTen(-1.5, 1.5)))
             select new FlowCase(steps, shift)).ToArbitrary();

        public static Arbitrary<EdmCase> Edms() =>
            (from steps in Gen.Frequency((1, Gen.Constant(1)), (5, Gen.Choose(2, 50)), (1, Gen.Constant(1000)))
             from least in Generators.PowersOfTen(-4, -0.5)
             from most in Generators.PowersOfTen(0, 3)
             from rho in Generators.Between(0.5, 12)
             select new EdmCase(steps, least, most, rho)).ToArbitrary();
    }

    /// <summary>a and σ come from ln a² and σ², each with a few roundings; λ is as exact as its size.</summary>
    [Law]
    public bool A_level_has_lambda_and_snr_of_its_a_and_sigma(SamplerOnSchedule s) => s.Setting.Schedule.Levels.All(level =>
        !level.HasImage || (Near(Math.Log(level.A / level.Sigma), level.Lambda, 8 * Epsilon * (1 + Math.Abs(level.LogSquaredA) + Math.Abs(level.Lambda)))
            && NearRelative(level.A * level.A / level.NoiseVariance, level.Snr, 16 * Epsilon * (1 + Math.Abs(level.LogSquaredA)))));

    /// <summary>x_t given x_s has the variance of the noise between them, so that both give the same x_t of an image (Chapman and Kolmogorov).</summary>
    [Law]
    public bool Noise_adds_up_from_one_level_to_the_next(SamplerOnSchedule s)
    {
        var schedule = s.Setting.Schedule;
        return Enumerable.Range(1, schedule.Steps - 1).All(t =>
        {
            var (earlier, later) = (schedule[t - 1], schedule[t]);
            var kept = Math.Exp(later.LogSquaredRatioSince(earlier)) * earlier.NoiseVariance;
            return Near(later.NoiseVariance, kept + later.NoiseVarianceSince(earlier), 64 * Epsilon * later.NoiseVariance * (1 + Math.Abs(earlier.Lambda)));
        });
    }

    [Law]
    public bool On_rectified_flow_a_and_sigma_add_to_one_and_sigma_rises_to_one(FlowCase c)
    {
        var schedule = c.Schedule;
        return schedule.Levels.All(level => Near(1, level.A + level.Sigma, 8 * Epsilon))
            && schedule.Levels.Zip(schedule.Levels.Skip(1)).All(pair => pair.Item1.Sigma < pair.Item2.Sigma)
            && schedule[c.Steps - 1] is { HasImage: false, NoiseVariance: 1 }
            && schedule.NetworkTimes.Map((t, time) => NearRelative(1000 * schedule[t].Sigma, time, 4 * Epsilon)).All(holds => holds);
    }

    /// <summary>The shift multiplies σ/a by s at every step (Esser et al. 2024, eq. 23).</summary>
    [Law]
    public bool The_shift_of_rectified_flow_multiplies_the_noise_ratio(FlowCase c)
    {
        var plain = NoiseSchedule.RectifiedFlow(c.Steps).Valid();
        return Enumerable.Range(0, c.Steps - 1).All(t =>
            Near(-plain[t].Lambda + Math.Log(c.Shift), -c.Schedule[t].Lambda, 32 * Epsilon * (1 + Math.Abs(plain[t].Lambda) + Math.Abs(Math.Log(c.Shift)))));
    }

    /// <summary>σ^(1/ρ) lies on a line between its ends, which are exact.</summary>
    [Law]
    public bool On_edm_a_is_one_and_the_root_of_sigma_is_linear(EdmCase c)
    {
        var schedule = c.Schedule;
        double Root(int t) => Math.Pow(schedule[t].Sigma, 1 / c.Rho);
        return schedule.Levels.All(level => level.A == 1)
            && NearRelative(c.SigmaMax, schedule[c.Steps - 1].Sigma, Epsilon) && (c.Steps == 1 || NearRelative(c.SigmaMin, schedule[0].Sigma, Epsilon))
            && Enumerable.Range(0, c.Steps).All(t => c.Steps == 1
                || NearRelative(Root(0) + (Root(c.Steps - 1) - Root(0)) * t / (c.Steps - 1), Root(t), 64 * Epsilon * (1 + 7 / c.Rho)))
            && schedule.NetworkTimes.Map((t, time) => Near(Math.Log(schedule[t].Sigma) / 4, time, 4 * Epsilon * (1 + Math.Abs(time)))).All(holds => holds);
    }

    /// <summary>Karras et al. (2022), table 5 of their code's defaults: σ of steps 0, 1, 9 and 17 of eighteen, computed in fifty digits.</summary>
    [Fact]
    public void Edm_s_eighteen_levels_are_the_paper_s()
    {
        var schedule = NoiseSchedule.Edm(18).Valid();
        Assert.Equal(80, schedule[17].Sigma, 1e-12);
        Assert.Equal(57.58598, schedule[16].Sigma, 1e-4);
        Assert.Equal(40.78557, schedule[15].Sigma, 1e-4);
        Assert.Equal(0.002, schedule[0].Sigma, 1e-15);
    }

    /// <summary>Whatever the prediction and the formulation, the output of x = a·x_0 + σ·ε gives back x_0 and ε.</summary>
    [Law]
    public bool Every_prediction_gives_image_and_noise_back_on_every_formulation(SamplerOnSchedule s, Pixel x0, Pixel epsilon)
    {
        var prediction = s.Setting.Prediction;
        return s.Setting.Schedule.Levels.All(level =>
        {
            var x = ForwardProcess.Diffuse(level, x0.Value, epsilon.Value);
            var o = prediction.Target(level).Of(x0.Value, epsilon.Value);
            LinearPair image = prediction.CleanImage(level), noise = prediction.Noise(level);
            bool Gives(double expected, LinearPair factors) => !double.IsFinite(factors.Second)
                || Near(expected, factors.Of(x, o), 64 * Epsilon * (1 + Math.Abs(factors.First * x) + Math.Abs(factors.Second * o)) * (1 + Math.Abs(expected)));
            return Gives(x0.Value, image) && Gives(epsilon.Value, noise);
        });
    }

    /// <summary>With σ_data = 1 the variance of x is 1 on a chain, and F is the velocity with the other sign.</summary>
    [Law]
    public bool Edm_s_prediction_of_unit_data_is_the_negated_velocity_on_a_chain(SamplerOnChain s)
    {
        var edm = Prediction.Edm.Of(1).Valid();
        return s.Chain.Levels.All(level =>
            Near(-new Prediction.Velocity().Target(level).First, edm.Target(level).First, 8 * Epsilon)
            && Near(-new Prediction.Velocity().Target(level).Second, edm.Target(level).Second, 8 * Epsilon)
            && Near(1, edm.InputScale(level), 8 * Epsilon));
    }

    /// <summary>
    /// What the network sees, and what it is to answer, both have variance 1 for data of mean 0 and deviation σ_data: the reason of EDM's factors
    /// (Karras et al. 2022, appendix B.6).
    /// </summary>
    [Law]
    public bool Edm_s_input_and_target_have_unit_variance(SamplerOnSchedule s, Fraction deviation)
    {
        var sigmaData = Math.Max(1e-3, deviation.Value);
        var edm = Prediction.Edm.Of(sigmaData).Valid();
        return s.Setting.Schedule.Levels.All(level =>
        {
            var (p, q) = edm.Target(level);
            var input = edm.InputScale(level) * edm.InputScale(level) * new GaussianData(0, sigmaData * sigmaData).VarianceAt(level);
            return Near(1, input, 16 * Epsilon) && Near(1, p * p * sigmaData * sigmaData + q * q, 16 * Epsilon);
        });
    }

    /// <summary>
    /// Formulations are one change of variables: x in one is c_t·x in another, with the same λ. So every sampler's plan ends in the same image in each. The
    /// networks are the exact ones of Gaussian data.
    /// </summary>
    [Law]
    public bool A_sampler_makes_the_same_image_in_every_formulation(SamplerOnChain s, Pixel mu, Fraction s2, Pixel start)
    {
        if (s.Sampler is Ancestral || s.Noisiest.A < 1e-3)
        {
            return true; // a chain alone has the former; where next to no image is left a rounding of x is one of x/a
        }

        var data = new GaussianData(mu.Value, s2.Value + 0.01);
        double End(NoiseSchedule schedule)
        {
            var on = new SamplerOnSchedule(s.Sampler, s.Setting with { Schedule = schedule });
            var first = s.Setting.Timesteps.Values[0];
            var plan = on.Plan with { Start = new(0, Formulations.Scale(s.Chain, schedule, first)) };
            var end = ScalarInterpreter.Run(
                plan, on.Seeing((x, t) => data.ExactOutput(s.Setting.Prediction, schedule[t]).Of(x, 1)), start.Value, line => Math.Sin(line));
            return s.Setting.Timesteps.End < 0 ? end : end / Formulations.Scale(s.Chain, schedule, 0);
        }

        var chain = End(s.Chain);
        var tolerance = 4096 * Epsilon * s.Gain / s.Noisiest.A * (1 + Math.Abs(start.Value) + Math.Abs(mu.Value));
        return Near(chain, End(s.Chain.In(Formulation.Edm)), tolerance) && Near(chain, End(s.Chain.In(Formulation.RectifiedFlow)), tolerance);
    }

    /// <summary>Flow matching's Euler, x + (σ_p − σ_t)·u, is DDIM in its own time (Liu et al. 2023, eq. 1).</summary>
    [Law]
    public bool Ddim_on_rectified_flow_is_eulers_method_on_the_flow(FlowCase c, Pixel x, Pixel u)
    {
        var setting = new SamplingSetting(c.Schedule, new Prediction.Flow(), Timesteps.All(c.Steps), ClipSample: false);
        return new Ddim().Compile(setting).Valid().Lines.Zip(setting.Steps).All(pair =>
        {
            var (line, step) = (pair.Item1, pair.Item2);
            var moved = ScalarInterpreter.Run(new(new(0, 1), Prelude.Array(line), ClipSample: false), (_, _) => u.Value, x.Value, _ => 0);
            return Near(x.Value + (step.To.Sigma - step.From.Sigma) * u.Value, moved, 32 * Epsilon * (1 + Math.Abs(x.Value) + Math.Abs(u.Value)));
        });
    }

    /// <summary>EDM's Heun (Karras et al. 2022, algorithm 1, without churn) in its own terms, d = (x − D)/σ, moves x as the plan does.</summary>
    [Law]
    public bool Heun_on_edm_is_the_paper_s_algorithm(EdmCase c, Pixel start, Pixel mu)
    {
        var data = new GaussianData(mu.Value, 0.25);
        var setting = new SamplingSetting(c.Schedule, new Prediction.Edm(), Timesteps.All(c.Steps), ClipSample: false);
        double Denoised(double at, double sigma) => mu.Value + 0.25 / (0.25 + sigma * sigma) * (at - mu.Value);
        var x = start.Value * c.SigmaMax;
        for (var i = c.Steps - 1; i >= 0; i--)
        {
            var (sigma, next) = (c.Schedule[i].Sigma, i == 0 ? 0 : c.Schedule[i - 1].Sigma);
            var slope = (x - Denoised(x, sigma)) / sigma;
            var euler = x + (next - sigma) * slope;
            x = next == 0 ? euler : x + (next - sigma) * (slope + (euler - Denoised(euler, next)) / next) / 2;
        }

        var on = new SamplerOnSchedule(new Heun(), setting);
        var end = ScalarInterpreter.Run(
            on.Plan, on.Seeing((at, t) => data.ExactOutput(setting.Prediction, c.Schedule[t]).Of(at, 1)), start.Value, _ => 0);
        return Near(x, end, 1e-9 * (1 + Math.Abs(x)) * c.SigmaMax);
    }

    /// <summary>
    /// On rectified flow, ln(σ/a) is the logit of σ. So EDM's log-normal density with other numbers is the logit-normal one of Esser et al. (2024, eq. 19).
    /// </summary>
    [Law]
    public bool The_density_of_timesteps_is_the_logit_normal_one_on_rectified_flow(FlowCase c)
    {
        var cumulative = new TimestepDensity.LogNormal(0, 1).Cumulative(c.Schedule).IfNone(Arr<double>.Empty);
        return cumulative.Count == c.Steps && cumulative[c.Steps - 1] == 1
            && Enumerable.Range(0, c.Steps - 1).All(t =>
                Near(NormalDistribution.Cdf(Math.Log(c.Schedule[t].Sigma / (1 - c.Schedule[t].Sigma))), cumulative[t], 1e-12));
    }

    [Fact]
    public void Faults_of_the_numbers_are_reported_together()
    {
        Assert.Equal(
            ["steps must be at least 1, got 0", "flow-shift must lie in [0.001, 1000], got -1"], NoiseSchedule.RectifiedFlow(0, -1).Faults());
        Assert.Equal(
            ["steps must be at least 1, got 0", "sigma-max must be greater than sigma-min, 2, got 1", "sigma-rho must lie in [0.1, 1000], got 0"],
            NoiseSchedule.Edm(0, 2, 1, 0).Faults());
        Assert.Equal(
            ["sigma-min must lie in [1e-6, 1e6], got NaN", "sigma-max must lie in [1e-6, 1e6], got -1"],
            NoiseSchedule.Edm(3, double.NaN, -1).Faults());
        Assert.Equal(["sigma-data must lie in [0.001, 1000], got 0"], Prediction.Edm.Of(0).Faults());
        Assert.Equal(
            ["levels[1] must be noisier than the one before it, got NoiseLevel", "network-times must have length 2, got 1"],
            NoiseSchedule.FromLevels(Prelude.Array(new NoiseLevel(0, 1), new NoiseLevel(0, 0.5)), Prelude.Array(0.0)).Faults()
                .Select(fault => fault.Split(" {")[0]));
    }
}
