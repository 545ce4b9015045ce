using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Sampling;

/// <summary>
/// Plans on Gaussian data with the exact network, in closed form: what they make of N(μ, s²) is compared with the exact reverse process.
/// </summary>
[Properties(Arbitrary = [typeof(GaussianCases), typeof(SamplerGenerators)])]
public sealed class GaussianLaws
{
    /// <summary>
    /// The exact flow keeps x a fixed number of deviations from the mean, and every consistent line keeps the mean a·μ. Sixteen lines round it, by
    /// 1/a with a ≥ 0.08.
    /// </summary>
    [Law]
    public bool Every_sampler_keeps_the_mean(GaussianCase c, AnySampler sampler, Prediction prediction)
    {
        var grid = Grid(c.For(sampler.Value), 16);
        return Pushed(c, sampler.Value, prediction, grid).Constant is var mean
            && Closeness.Near(c.Data.MeanAt(grid.Schedule[0]), mean, 16 * 16 * Closeness.Epsilon * (1 + Math.Abs(c.Data.Mean)));
    }

    [Law]
    public bool Every_named_sampler_without_noise_converges_with_the_order_that_it_claims(GaussianCase c, Prediction prediction) =>
        SamplerGenerators.Rows.All(sampler => sampler.ConvergenceOrder is not { } order || HasOrder(order, c, sampler, prediction));

    [Law]
    public bool Dpm_solver_converges_with_its_order(GaussianCase c, Prediction prediction) =>
        Enumerable.Range(1, 3).All(order => HasOrder(order, c, new DpmSolver(order), prediction));

    [Law]
    public bool Unip_converges_with_its_order(GaussianCase c, Prediction prediction, bool bh1) =>
        Enumerable.Range(1, 3).All(order => HasOrder(order, c, new UniPc(order, bh1 ? UniPcVariant.Bh1 : UniPcVariant.Bh2, Corrector: false), prediction));

    /// <summary>The corrector raises the order by one.</summary>
    [Law]
    public bool Unipc_converges_with_one_order_more(GaussianCase c, Prediction prediction, bool bh1) =>
        Enumerable.Range(1, 3).All(order => HasOrder(order + 1, c, new UniPc(order, bh1 ? UniPcVariant.Bh1 : UniPcVariant.Bh2), prediction));

    [Law]
    public bool Ipndm_converges_with_its_order_on_equal_steps_of_sigma_over_a(GaussianCase c, Prediction prediction) =>
        Enumerable.Range(1, 3).All(order => HasOrder(order, c with { EqualInNoise = true }, new Ipndm(order), prediction));

    /// <summary>
    /// The authors' code and diffusers share third-order coefficients that give the quadratic term half its weight. A term of h³ per step is left,
    /// and the method has order 2. With the weight of the interpolating polynomial it has order 3.
    /// </summary>
    [Fact]
    public void The_published_third_order_of_dpm_solver_is_of_second_order()
    {
        var c = new GaussianCase(new(0.7, 0.3), -2, 2, 0.3, EqualInNoise: false);
        Assert.InRange(ObservedOrder(c, new DpmSolver(3, DpmSolverWeights.Published)), 1.95, 2.1);
        Assert.InRange(ObservedOrder(c, new DpmSolver(3, DpmSolverWeights.Interpolating)), 2.9, 3.2);
    }

    [Law]
    public bool Published_dpm_solver_3m_converges_with_order_2(GaussianCase c, Prediction prediction) =>
        HasOrder(2, c, new DpmSolver(3, DpmSolverWeights.Published), prediction);

    /// <summary>
    /// Its coefficients are derived for equal steps. If the length of steps changes smoothly, by a fraction of order h from one to the next, a term
    /// of h³ per step is left, whatever its order. If it jumps, a term of h² is left.
    /// </summary>
    [Fact]
    public void Ipndm_is_of_second_order_on_steps_that_change_smoothly_and_of_first_on_others_whatever_its_name_says()
    {
        var c = new GaussianCase(new(0.7, 0.3), -2, 2, 0.3, EqualInNoise: false);
        Assert.All([2, 3, 4], order =>
        {
            Assert.InRange(ObservedOrder(c, new Ipndm(order)), 1.9, 2.1);
            Assert.InRange(ObservedOrder(c with { Alternating = true }, new Ipndm(order)), 0.95, 1.05);
        });
        Assert.InRange(ObservedOrder(c with { Alternating = true }, new DpmSolver(2)), 1.9, 2.1); // a polynomial through the points where they are
        Assert.InRange(ObservedOrder(c with { From = -1, To = 1, EqualInNoise = true }, new Ipndm(4)), 3.7, 4.3);
    }

    /// <summary>With the polynomial through the values where they are, it has its order on steps that grow and on steps that alternate.</summary>
    [Law]
    public bool Variable_step_ipndm_converges_with_its_order_on_uneven_steps(GaussianCase c, Prediction prediction) =>
        Enumerable.Range(1, 4).All(order => HasOrder(order, c, new VariableIpndm(order), prediction));

    [Fact]
    public void Variable_step_ipndm_has_its_order_where_the_published_one_has_two_or_one()
    {
        var c = new GaussianCase(new(0.7, 0.3), -1, 2, 0.3, EqualInNoise: false);
        Assert.All([2, 3, 4], order =>
        {
            Assert.InRange(ObservedOrder(c, new VariableIpndm(order)), order - 0.15, order + 0.15);
            Assert.InRange(ObservedOrder(c with { Alternating = true }, new VariableIpndm(order)), order - 0.15, order + 0.15);
            Assert.InRange(ObservedOrder(c, new Ipndm(order)), 1.9, 2.1);
        });
    }

    /// <summary>From one exact point, where no history is known: the error of the first lines, which have fewer values, stays below the method's own.</summary>
    [Law]
    public bool With_a_start_of_full_order_a_method_has_its_order_from_one_exact_point(GaussianCase c, Prediction prediction, bool bh1)
    {
        var variant = bh1 ? UniPcVariant.Bh1 : UniPcVariant.Bh2;
        return Enumerable.Range(1, 3).All(order =>
                HasOrder(order, c, new DpmSolver(order, FullOrderStart: true), prediction, fromOnePoint: true)
                && HasOrder(order, c, new UniPc(order, variant, Corrector: false, FullOrderStart: true), prediction, fromOnePoint: true)
                && HasOrder(order + 1, c, new UniPc(order, variant, FullOrderStart: true), prediction, fromOnePoint: true))
            && Enumerable.Range(1, 4).All(order => HasOrder(order, c, new VariableIpndm(order, FullOrderStart: true), prediction, fromOnePoint: true));
    }

    /// <summary>
    /// What the first line, which is DDIM, leaves without that start: 2 of 3, 3 of UniPC-3's 4, 2 of 4. 2M, UniPC-1 and UniPC-2 lose nothing.
    /// </summary>
    [Fact]
    public void Without_a_start_of_full_order_the_first_line_limits_what_a_method_has_from_one_exact_point()
    {
        var c = new GaussianCase(new(0.7, 2), -1, 1, 0.3, EqualInNoise: false);
        void Has(double order, Sampler sampler) => Assert.InRange(ObservedOrder(c, sampler, fromOnePoint: true), order - 0.15, order + 0.15);
        Has(2, new DpmSolver(2));
        Has(2, new UniPc(1));
        Has(3, new UniPc(2));
        Has(2, new DpmSolver(3));
        Has(2, new UniPc(3, Corrector: false));
        Has(3, new UniPc(3));
        Has(2, new VariableIpndm(3));
        Has(2, new VariableIpndm(4));
        Has(3, new DpmSolver(3, FullOrderStart: true));
        Has(3, new UniPc(3, Corrector: false, FullOrderStart: true));
        Has(4, new UniPc(3, FullOrderStart: true));
        Has(3, new VariableIpndm(3, FullOrderStart: true));
        Has(4, new VariableIpndm(4, FullOrderStart: true));
    }

    /// <summary>
    /// On equal steps in σ/a with a timestep halfway, the start of fourth order leaves pndm its order 4. Heun's first step, of second order, and the second
    /// step, with two values, leave plms order 3. On other steps both have order 2.
    /// </summary>
    [Fact]
    public void Pndm_has_order_4_and_plms_order_3_from_one_exact_point_on_equal_steps_of_sigma_over_a()
    {
        var c = new GaussianCase(new(0.7, 1), 0, 2, 0.3, EqualInNoise: true);
        Assert.InRange(ObservedOrder(c, new Pndm(PndmStart.RungeKutta), stride: 2), 3.8, 4.2);
        Assert.InRange(ObservedOrder(c, new Pndm(PndmStart.Heun), stride: 2), 2.8, 3.2);
        Assert.All(
            [PndmStart.RungeKutta, PndmStart.Heun],
            start => Assert.InRange(ObservedOrder(c with { EqualInNoise = false }, new Pndm(start), stride: 2), 1.9, 2.1));
    }

    /// <summary>A step of order 2 has any r. Order 3 needs r = ⅔ in the limit, and steps that alternate do not have it.</summary>
    [Fact]
    public void Single_step_methods_of_second_order_have_it_on_alternating_steps()
    {
        var c = new GaussianCase(new(0.7, 0.3), -1, 1, 0.3, EqualInNoise: false);
        var alternating = c with { Alternating = true };
        Assert.InRange(ObservedOrder(alternating, new SinglestepDpmSolver(2)), 1.85, 2.15);
        Assert.InRange(ObservedOrder(alternating, new Res(Singlestep: true)), 1.85, 2.15);
        Assert.InRange(ObservedOrder(c, new SinglestepDpmSolver(3)), 2.9, 3.1);
        Assert.InRange(ObservedOrder(alternating, new SinglestepDpmSolver(3)), 1.85, 2.15);
    }

    private static double ObservedOrder(GaussianCase c, Sampler sampler, bool fromOnePoint = false, int stride = 1)
    {
        double Of(int lines) => Error(c, sampler, new Prediction.Epsilon(), lines, fromOnePoint, stride);
        return Math.Log2(Of(288) / Of(576));
    }

    /// <summary>
    /// Ancestral sampling with either variance, DDIM with η and the stochastic solver: in the limit all are the exact reverse process. Consistency sampling is
    /// not: it keeps the mean of x_0 alone, which varies less than x_0.
    /// </summary>
    [Law]
    public bool The_variance_of_stochastic_samplers_tends_to_the_exact_one(GaussianCase c, Prediction prediction) =>
        SamplerGenerators.Stochastic.Where(sampler => sampler is not Consistency).All(sampler =>
    {
        double Miss(int lines)
        {
            var grid = Grid(c.For(sampler), lines);
            return Pushed(c, sampler, prediction, grid).Variance - c.Data.VarianceAt(grid.Schedule[0]);
        }

        // An error of first order halves when the lines double, twice from the first to the last; 0.8 leaves room for terms of higher order. An error
        // that does not tend to 0 does not fall.
        return Math.Abs(Miss(128)) <= 0.8 * Math.Max(Math.Abs(Miss(32)), Math.Abs(Miss(64)));
    });

    /// <summary>
    /// Of the distribution of samples the mean is exact, and the variance has the order of the sampler's name, from one exact point. The noise within a step
    /// changes x_0 too, which the value at its beginning does not show. Order 2 extrapolates the noise of the step before. On average, this makes up for it.
    /// </summary>
    [Law]
    public bool The_variance_of_er_sde_converges_with_its_order(GaussianCase c, Prediction prediction) => ((int[])[1, 2]).All(order =>
        HasOrder(order, c, lines => VarianceError(c, new ErSde(order), prediction, lines)));

    [Fact]
    public void Er_sde_of_second_order_has_no_more()
    {
        var c = new GaussianCase(new(0.7, 0.25), -2, 2, 0.3, EqualInNoise: false);
        double Order(int order) => Math.Log2(Of(order, 144) / Of(order, 288));
        double Of(int order, int lines) => VarianceError(c, new ErSde(order), new Prediction.Epsilon(), lines);
        Assert.InRange(Order(1), 0.95, 1.05);
        Assert.InRange(Order(2), 1.95, 2.1);
    }

    private static double VarianceError(GaussianCase c, Sampler sampler, Prediction prediction, int lines)
    {
        var grid = Grid(c, lines);
        return Pushed(c, sampler, prediction, grid).Variance / c.Data.VarianceAt(grid.Schedule[0]) - 1;
    }

    /// <summary>
    /// The error over hᵖ tends to a constant, C + C'·h + C''·h² …: each doubling of the lines halves the distance to it. The law allows as much as
    /// the difference before, or half the one before that, since one of them may pass 0; and a twentieth of the values, for when the distance does.
    /// For a method of order p − 1 each difference would be twice the one before, and 1 is the middle between a half and twice. 36 steps fill the groups of
    /// single-step methods.
    /// </summary>
    private static bool HasOrder(int order, GaussianCase c, Sampler sampler, Prediction prediction, bool fromOnePoint = false) =>
        HasOrder(order, c, lines => Error(c, sampler, prediction, lines, fromOnePoint));

    private static bool HasOrder(int order, GaussianCase c, Func<int, double> error)
    {
        double Scaled(int lines) => error(lines) / Math.Pow(Scale(c, lines), order);
        var (coarsest, coarse, middle, fine) = (Scaled(36), Scaled(72), Scaled(144), Scaled(288));
        var before = Math.Max(Math.Abs(middle - coarse), Math.Abs(coarse - coarsest) / 2);
        var rounding = 1e-12 / Math.Pow(Scale(c, 288), order);
        return Math.Abs(fine - middle) <= before + 0.05 * (Math.Abs(coarse) + Math.Abs(middle) + Math.Abs(fine)) + rounding;
    }

    /// <summary>The length of a step in λ.</summary>
    private static double Scale(GaussianCase c, int lines) => (c.To - c.From) / lines;

    /// <summary>
    /// The signed error of the factor of the initial noise at the end, in deviations, from an exact start as long as the method's history, or from one exact
    /// point.
    /// </summary>
    private static double Error(GaussianCase c, Sampler sampler, Prediction prediction, int lines, bool fromOnePoint = false, int stride = 1)
    {
        var grid = Grid(c, lines, stride);
        var end = grid.Schedule[0];
        return Pushed(c, sampler, prediction, grid, fromOnePoint).Factors[0] / Math.Sqrt(c.Data.VarianceAt(end)) - 1;
    }

    /// <summary>Whether it needs no history, or makes its own.</summary>
    private static bool IsSinglestep(Sampler sampler) => sampler is Heun or SinglestepDpmSolver or Res { Singlestep: true } or Pndm;

    private static AffineForm Pushed(
        GaussianCase c, Sampler sampler, Prediction prediction, (NoiseSchedule Schedule, Timesteps Timesteps) grid, bool fromOnePoint = false)
    {
        var plan = sampler.Compile(new(grid.Schedule, prediction, grid.Timesteps, ClipSample: false)).Valid();
        var exact = !fromOnePoint && SamplerGenerators.Deterministic.Contains(sampler) && !IsSinglestep(sampler) ? plan.HistoryLength : 0;
        AffineForm X(int i)
        {
            var level = grid.Schedule[plan.Lines[i].Timestep];
            return new(c.Data.MeanAt(level), Array(Math.Sqrt(c.Data.VarianceAt(level))));
        }

        AffineForm Memory(int i)
        {
            var (line, x) = (plan.Lines[i], X(i));
            var (slope, constant) = c.Data.ExactOutput(prediction, grid.Schedule[line.Timestep]);
            var o = AffineForm.Sum(Array((slope, x), (constant, AffineForm.Of(1)))); // the exact network undoes the scaling of its input
            var x0 = AffineForm.Sum(Array((line.Estimate.First, x), (line.Estimate.Second, o)));
            return AffineForm.Sum(Array((line.Remember.X, x), (line.Remember.Output, o), (line.Remember.X0, x0)));
        }

        var state = new PlanState<AffineForm>(X(exact), X(Math.Max(0, exact - 1)), Enumerable.Range(1, exact).Select(k => Memory(exact - k)).ToArr());
        return GaussianPush.Run(plan, c.Data, grid.Schedule, prediction, state, exact).Last();
    }

    /// <summary>
    /// A schedule of levels from λ = From to λ = To, and all of its timesteps, or each second one, ending at its first level.
    /// </summary>
    private static (NoiseSchedule Schedule, Timesteps Timesteps) Grid(GaussianCase c, int count, int stride = 1)
    {
        var lines = count * stride;
        double Lambda(int i)
        {
            var u = (c.Alternating ? (4 * (i / 2) + i % 2) / 2.0 : i) / lines;
            return c.EqualInNoise
                ? -Math.Log(Math.Exp(-c.From) + (Math.Exp(-c.To) - Math.Exp(-c.From)) * u)
                : c.From + (c.To - c.From) * u * (1 - c.Bend * (1 - u));
        }

        var logs = Enumerable.Range(0, lines + 1).Select(i => -Math.Log(1 + Math.Exp(-2 * Lambda(lines - i)))).ToArray();
        var betas = logs.Select((log, t) => 1 - Math.Exp(log - (t == 0 ? 0 : logs[t - 1])));
        var timesteps = Timesteps.Of(Enumerable.Range(0, count).Select(i => stride * (count - i)).ToArr(), lines + 1).Valid();
        return (VariancePreservingSchedule.FromBetas(new Arr<double>(betas)).Valid().In(c.Formulation), timesteps.EndingAtFirstLevel());
    }

    /// <summary>
    /// Gaussian data and a path in λ from noise to image, whose steps grow in proportion from 1 − bend to 1 + bend, or are equal in σ/a. Smooth, as uᵖ would
    /// not be at u = 0: only then has the error an expansion in whole powers of the steps. Or steps that alternate, one to three, on that path.
    /// </summary>
    public sealed record GaussianCase(GaussianData Data, double From, double To, double Bend, bool EqualInNoise, bool Alternating = false)
    {
        public Formulation Formulation { get; init; }

        /// <summary>This case, or its chain for ancestral sampling, which exists on chains alone.</summary>
        public GaussianCase For(Sampler sampler) => sampler is Ancestral ? this with { Formulation = Formulation.VariancePreserving } : this;
    }

    public static class GaussianCases
    {
        public static Arbitrary<GaussianCase> Cases() =>
            (from mean in Generators.Between(-2, 2)
             from logDeviation in Generators.Between(-1.5, 0.7)
             from noisy in Generators.Between(-2.5, -1)
             from clean in Generators.Between(0.5, 2)
             from bend in Generators.Between(0, 0.5)
             from formulation in Formulations.Any
             select new GaussianCase(new(mean, Math.Exp(2 * logDeviation)), noisy, clean, bend, false) { Formulation = formulation }).ToArbitrary();

        public static Arbitrary<Prediction> Predictions() => Generators.Predictions();
    }
}
