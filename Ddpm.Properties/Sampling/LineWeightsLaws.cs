using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Sampling;

/// <summary>The weights of a multistep line's values where two published versions differ, and the length of its step.</summary>
public sealed class LineWeightsLaws
{
    /// <summary>
    /// For c_0 + c_1·τ + c_2·τ² the interpolating weights give Σ c_k·ψ_k. The published weights, like diffusers' D_0, D_1 and D_2, give half the last term.
    /// </summary>
    [Fact]
    public void The_published_weights_give_a_quadratic_half_its_weight()
    {
        var places = Array(0, -0.75, -2.5);
        const double h = 0.8;
        var weights = DpmSolver.Published(h, places);
        double Of(Func<double, double> value) => weights.Zip(places).Sum(pair => pair.Item1 * value(pair.Item2));
        Known(ExponentialIntegration.Moment(0, h), Of(_ => 1), 64 * Epsilon);
        Known(ExponentialIntegration.Moment(1, h), Of(place => place), 64 * Epsilon);
        Known(ExponentialIntegration.Moment(2, h) / 2, Of(place => place * place), 64 * Epsilon);
    }

    /// <summary>
    /// Zhao et al. (2023), section 3.3: with two values the slope has the coefficient ½·B(h)/τ, with B = h in bh1 and 1 − e^(−h) in bh2. The sum is 1
    /// − e^(−h) in both.
    /// </summary>
    [Fact]
    public void The_two_variants_of_unipc_weigh_the_slope_by_their_b()
    {
        var schedule = NoiseSchedule.Linear(10).Valid();
        var setting = new SamplingSetting(schedule, new Prediction.Epsilon(), Timesteps.Of(Array(9, 5, 2), 10).Valid(), ClipSample: false);
        var (before, from, to) = (schedule[9], schedule[5], schedule[2]);
        var (h, place) = (to.Lambda - from.Lambda, (before.Lambda - from.Lambda) / (to.Lambda - from.Lambda));
        Arr<double> Weights(UniPcVariant variant) => new UniPc(2, variant, Corrector: false).Compile(setting).Valid().Lines[1].Predict.History;
        Known(to.A * h / 2 / place, Weights(UniPcVariant.Bh1)[1], 64 * Epsilon);
        Known(to.A * (1 - Math.Exp(-h)) / 2 / place, Weights(UniPcVariant.Bh2)[1], 64 * Epsilon);
        Assert.All((UniPcVariant[])[UniPcVariant.Bh1, UniPcVariant.Bh2], variant => Known(to.A * (1 - Math.Exp(-h)), Weights(variant).Sum(), 64 * Epsilon));
    }

    /// <summary>
    /// Prediction and correction together are a_p·∫₀¹ H·e^(−H(1−s))·x_0(s) ds with H = (1 + τ²)·h, for any quadratic x_0. The integral is summed over
    /// a fine grid here. By the third line of order 2, the values at three places are known.
    /// </summary>
    [Fact]
    public void A_corrected_line_of_sa_solver_integrates_a_quadratic()
    {
        var schedule = NoiseSchedule.Linear(10).Valid();
        var setting = new SamplingSetting(schedule, new Prediction.Epsilon(), Timesteps.Of(Array(9, 5, 2, 1), 10).Valid(), ClipSample: false);
        const double tau = 0.7;
        var lines = new SaSolver(2, new(tau)).Compile(setting).Valid().Lines;
        var (before, from, to) = (schedule[9].Lambda, schedule[5].Lambda, schedule[2].Lambda);
        var (h, length) = (to - from, (1 + tau * tau) * (to - from));
        static double Value(double s) => 0.3 - 0.8 * s + 0.5 * s * s;
        double[] values = [Value(1), Value(0), Value((before - from) / h)];
        var made = lines[1].Predict.History.Zip(values[1..]).Sum(pair => pair.Item1 * pair.Item2)
            + lines[2].Correct.History.Zip(values).Sum(pair => pair.Item1 * pair.Item2);
        const int cells = 100_000;
        var expected = Enumerable.Range(0, cells).Select(i => (i + 0.5) / cells).Sum(s => length * Math.Exp(-length * (1 - s)) * Value(s)) / cells;
        Known(schedule[2].A * expected, made, 1e-9);
        Known(Math.Sqrt(1 - Math.Exp(-2 * tau * tau * h)) * schedule[2].Sigma, lines[1].Noise.Most, 64 * Epsilon);
        Assert.Equal((0.0, 1.0), (lines[2].Correct.Base, lines[2].Correct.X));
    }

    /// <summary>
    /// ∫ τᵏ dv over a step between two λ, from short steps to steps at which nothing is kept. By adaptive quadrature in thirty digits, in another language.
    /// Both forms of the first moment occur, and noise levels at which e^w overflows.
    /// </summary>
    [Theory]
    [InlineData(-5, -4.9375, 0.12799808073831418, 0.065966257984114364)]
    [InlineData(-1, -0.5, 0.422406015643725, 0.24690278462945234)]
    [InlineData(0, 0.0009765625, 0.0010386226673983483, 0.00051948307005995005)]
    [InlineData(1, 4, 0.95328378254703444, 0.84669849810357261)]
    [InlineData(-4, 3, 0.99972153064278294, 0.99491038280936489)]
    [InlineData(-9.875, -1.5, 0.99999999998647861, 0.99949622831005814)]
    [InlineData(-20, -19.5, 1.0, 0.98524454784452902)]
    [InlineData(-40, -2, 1.0, 0.99999999999999994)]
    [InlineData(-60, -59, 1.0, 0.99999996011845179)]
    [InlineData(-3, 0, 0.9708202260241743, 0.86844128705280251)]
    [InlineData(-0.25, 0.625, 0.60399524402677412, 0.38908172452076649)]
    public void The_moments_of_er_sde(double from, double to, double zeroth, double first)
    {
        static NoiseLevel Of(double lambda) => new(0, Math.Exp(-2 * lambda)); // a = 1
        var step = new SamplingStep(1, 0, Of(from), Of(to));
        var roundingOfLevels = 16 * Epsilon * (1 + Math.Abs(from)) / Math.Min(1, to - from);
        Known(zeroth, ErSde.Moment(step, 0), roundingOfLevels);
        Known(first, ErSde.Moment(step, 1), roundingOfLevels);
    }

    /// <summary>With places one step apart the polynomial's weights are Adams and Bashforth's.</summary>
    [Fact]
    public void On_equal_steps_variable_step_ipndm_has_the_published_coefficients()
    {
        double[][] published = [[1], [3 / 2.0, -1 / 2.0], [23 / 12.0, -16 / 12.0, 5 / 12.0], [55 / 24.0, -59 / 24.0, 37 / 24.0, -9 / 24.0]];
        Assert.All(published, coefficients => Assert.All(
            ExponentialIntegration.WeightsOf(k => 1.0 / (k + 1), Range(0, coefficients.Length).Map(k => 0.0 - k).ToArr()).Zip(coefficients),
            pair => Known(pair.Item2, pair.Item1, 16 * Epsilon)));
    }

    /// <summary>
    /// d(x/a) = ε·d(σ/a): a line adds a_p·∫ q d(σ/a) from σ_t/a_t to σ_p/a_p, with q the polynomial in σ/a through its values. Here q is a cubic, and
    /// its integral is computed by powers.
    /// </summary>
    [Fact]
    public void A_line_of_variable_step_ipndm_integrates_a_cubic_in_the_noise_ratio()
    {
        var schedule = NoiseSchedule.Linear(10, 0.01, 0.3).Valid();
        var setting = new SamplingSetting(schedule, new Prediction.Epsilon(), Timesteps.Of(Array(9, 8, 5, 3, 1), 10).Valid(), ClipSample: false);
        double Ratio(int t) => schedule[t].Sigma / schedule[t].A;
        static double Value(double s) => 0.3 - 0.8 * s + 0.5 * s * s - 0.2 * s * s * s;
        static double Integral(double s) => s * (0.3 - 0.4 * s + 0.5 / 3 * s * s - 0.05 * s * s * s);
        foreach (var (line, next, end) in ((int, int, int)[])[(3, 1, 3), (4, -1, 1)])
        {
            var history = new VariableIpndm(4).Compile(setting).Valid().Lines[line].Predict.History;
            var made = history.Map((k, weight) => weight * Value(Ratio(setting.Timesteps.Values[line - k]))).Sum();
            Known(schedule[next].A * (Integral(next < 0 ? 0 : Ratio(next)) - Integral(Ratio(end))), made, 256 * Epsilon);
        }
    }

    /// <summary>Also where both λ are infinite, and so their difference is no number.</summary>
    [Fact]
    public void A_step_from_a_level_to_itself_has_no_length()
    {
        foreach (var level in (NoiseLevel[])[VariancePreservingLevel.Clean, Level(-0.5), Level(double.NegativeInfinity), new(0, 4)])
        {
            Assert.Equal(0, new SamplingStep(0, 0, level, level).H);
        }

        Assert.Equal(double.PositiveInfinity, new SamplingStep(1, 0, Level(double.NegativeInfinity), Level(-0.5)).H);
        Assert.Equal(double.PositiveInfinity, new SamplingStep(0, -1, Level(-0.5), VariancePreservingLevel.Clean).H);
    }

    private static VariancePreservingLevel Level(double logAlphaBar) => new(logAlphaBar);
}
