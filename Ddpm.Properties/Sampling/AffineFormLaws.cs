using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Random;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Sampling;

/// <summary>Affine forms are numbers with noise, and pushing them through a plan is running the plan.</summary>
[Properties(Arbitrary = [typeof(Forms), typeof(Generators), typeof(SamplerGenerators)])]
public sealed class AffineFormLaws
{
    /// <summary>Each sum has up to nine terms of at most 36.</summary>
    [Law]
    public bool A_sum_of_forms_is_the_sum_of_their_values(AffineForm one, AffineForm other, Pixel first, Pixel second, int noise)
    {
        double Noise(int k) => Math.Sin(k + (noise % 1000));
        return Near(
            first.Value * Value(one, Noise) + second.Value * Value(other, Noise),
            Value(AffineForm.Sum(Array((first.Value, one), (second.Value, other))), Noise), 1024 * Epsilon * 36);
    }

    /// <summary>Var(Σ f_k·z_k) = Σ f_k² for independent z_k, and each form's own where they share none.</summary>
    [Law]
    public bool Variances_of_independent_noises_add(AffineForm one, AffineForm other, Pixel first, Pixel second)
    {
        var apart = new AffineForm(other.Constant, new Arr<double>(new double[one.Factors.Count]).AddRange(other.Factors));
        var sum = AffineForm.Sum(Array((first.Value, one), (second.Value, apart)));
        return NearRelative(first.Value * first.Value * one.Variance + second.Value * second.Value * other.Variance, sum.Variance, 64 * Epsilon)
            && sum.Constant.Equals(AffineForm.Sum(Array((first.Value, one), (second.Value, other))).Constant);
    }

    [Fact]
    public void A_noise_has_unit_variance_a_constant_none_and_an_empty_sum_is_zero()
    {
        Assert.Equal(Array(0.0, 0, 1), AffineForm.Noise(2).Factors);
        Assert.Equal((0, 1), (AffineForm.Noise(2).Constant, AffineForm.Noise(2).Variance));
        Assert.Equal((3, 0), (AffineForm.Of(3).Constant, AffineForm.Of(3).Variance));
        Assert.Equal(AffineForm.Of(0), AffineForm.Sum(Arr<(double, AffineForm)>.Empty));
        Assert.Equal(4, AffineForm.Sum(Array((1.0, AffineForm.Noise(0)), (1.0, AffineForm.Noise(0)))).Variance);
        Assert.Equal(2, AffineForm.Sum(Array((1.0, AffineForm.Noise(0)), (1.0, AffineForm.Noise(1)))).Variance);
    }

    /// <summary>
    /// With the exact network of Gaussian data every line is affine, so the last form's value at given noises is what the plan makes of them. Both sum the same
    /// terms; the tolerance is a part of the sum of the sizes of a form's terms, times what the lines multiply a rounding by and 1/a of an ε.
    /// </summary>
    [Law]
    public bool The_pushed_form_at_given_noises_is_the_plan_run_on_them(SamplerOnSchedule s, Pixel mu, Fraction s2)
    {
        var (setting, data, plan) = (s.Setting, new GaussianData(mu.Value, s2.Value), s.Plan);
        if (s.Noisiest.A < 1e-6)
        {
            return true; // where next to no image is left a rounding of x is one of x/a
        }

        static double Noise(int k) => Math.Cos(3 * k + 1);
        var forms = GaussianPush.Run(
            plan, data, setting.Schedule, setting.Prediction, AffineForm.Sum(Array((plan.Start.Second, AffineForm.Noise(0)))));
        var end = ScalarInterpreter.Run(
            plan, s.Seeing((x, t) => data.ExactOutput(setting.Prediction, setting.Schedule[t]).Of(x, 1)), Noise(0), line => Noise(line + 1));
        var size = forms.Max(form => Math.Abs(form.Constant) + form.Factors.Sum(Math.Abs)) + Math.Abs(mu.Value) + plan.Start.Second; // the initial noise itself
        return forms.Count == plan.Lines.Count && Near(end, Value(forms[^1], Noise), 64 * Epsilon * s.Gain / s.Noisiest.A * size);
    }

    /// <summary>
    /// One sampler of each kind, run on drawn noise: 4096 samples with a fixed seed. Their mean misses by √(v/n) and their variance by v·√(2/n) a deviation;
    /// five are allowed.
    /// </summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Drawn_samples_have_the_pushed_mean_and_variance(string sampler, string prediction)
    {
        const int samples = 4096;
        var (schedule, data) = (NoiseSchedule.Linear(1000).Valid(), new GaussianData(0.4, 0.09));
        var predicted = Prediction.All[prediction];
        var options = new SamplingOptions { Sampler = sampler, SamplingSteps = 8, Eta = sampler == "ddim" ? 0.5 : null };
        var plan = options.Compile(schedule, predicted, clipSample: false).Valid();
        var pushed = GaussianPush.Run(plan, data, schedule, predicted, AffineForm.Noise(0))[^1];
        var (initial, fresh) = (new RandomStream(20, StreamName.InitialNoise), new RandomStream(20, StreamName.SamplingNoise));
        var ends = Enumerable.Range(0, samples).Select(i => ScalarInterpreter.Run(
            plan, (seen, t) => data.ExactOutput(predicted, schedule[t]).Of(seen / predicted.InputScale(schedule[t]), 1),
            initial.At(i, 0).Normal(0), line => fresh.At(i, line).Normal(0))).ToArray();
        var mean = ends.Average();
        var variance = ends.Sum(x => (x - mean) * (x - mean)) / (samples - 1);
        Assert.InRange(mean - pushed.Constant, -5 * Math.Sqrt(pushed.Variance / samples), 5 * Math.Sqrt(pushed.Variance / samples));
        Assert.InRange(variance / pushed.Variance - 1, -5 * Math.Sqrt(2.0 / samples), 5 * Math.Sqrt(2.0 / samples));
    }

    public static TheoryData<string, string> Kinds { get; } = new()
    {
        { "ddpm", "epsilon" },
        { "ddim", "velocity" },
        { "dpmpp-2m", "sample" },
        { "dpmpp-2m-sde", "epsilon" },
        { "sa-solver-2", "epsilon" },
        { "unipc-3", "velocity" },
        { "ipndm-4", "epsilon" },
        { "heun", "sample" },
    };

    [Fact]
    public void What_is_not_affine_is_refused()
    {
        var (schedule, data) = (NoiseSchedule.Linear(10).Valid(), new GaussianData(0, 1));
        var setting = new SamplingSetting(schedule, new Prediction.Sample(), Timesteps.All(10), ClipSample: true);
        Assert.Throws<NotSupportedException>(() => GaussianPush.Run(
            new Ancestral(ReverseVariance.Beta).PlanOn(setting), data, schedule, setting.Prediction, AffineForm.Noise(0)));
        Assert.Throws<ArgumentException>("output", () => GaussianPush.Run(
            new Ancestral(ReverseVariance.LearnedRange).PlanOn(setting with { ClipSample = false }), data, schedule, setting.Prediction, AffineForm.Noise(0)));
    }

    private static double Value(AffineForm form, Func<int, double> noise) => form.Constant + form.Factors.Select((factor, k) => factor * noise(k)).Sum();

    public static class Forms
    {
        /// <summary>Up to four noises.</summary>
        public static Arbitrary<AffineForm> All() =>
            (from constant in Generators.Between(-6, 6)
             from count in Gen.Choose(0, 4)
             from factors in Generators.Between(-6, 6).ArrayOf(count)
             select new AffineForm(constant, new Arr<double>(factors))).ToArbitrary();
    }
}
