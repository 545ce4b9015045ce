using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Sampling;

public sealed class LearntPlanLaws
{
    private static readonly NoiseSchedule Schedule = NoiseSchedule.Linear(1000).Valid();

    private static readonly GaussianData Data = new(-0.4, 0.5);

    private static SamplingSetting Setting(int count, bool clip = false) => new(
        Schedule, new Prediction.Epsilon(), Timesteps.Spaced(new Spacing.Karras(Least: 0.1, Most: 40), Schedule, count).Valid(), clip);

    private static LearntPlan Start(int count, int order = 2) => LearntPlan.From(new DpmSolver(order).Compile(Setting(count)).Valid())
        .IfNone(() => throw new InvalidOperationException());

    private static SamplingPlan Compiled(LearntPlan plan, bool clip = false) =>
        new Learnt(plan).Compile(Setting(1, clip) with { Timesteps = plan.TimestepsOn(Schedule).Valid() }).Valid();

    /// <summary>The squared Wasserstein distance of the Gaussian that the plan makes from the data.</summary>
    private static double Error(SamplingPlan plan)
    {
        var made = GaussianPush.Run(plan, Data, Schedule, new Prediction.Epsilon(), AffineForm.Sum(Array((plan.Start.Second, AffineForm.Noise(0)))))[^1];
        var deviation = Math.Sqrt(made.Variance) - Math.Sqrt(Data.Variance);
        return (made.Constant - Data.Mean) * (made.Constant - Data.Mean) + deviation * deviation;
    }

    private static (int, double) Step(SamplingLine line) => (line.Timestep, line.Predict.Base);

    private static LearntPlan Fitted(int count, ulong seed, int generations)
    {
        var space = new PlanSpace(Schedule, Start(count, order: 1), History: 3);
        var search = EvolutionStrategy.At(new Arr<double>(new double[space.Dimension]), 1);
        for (var generation = 0; generation < generations; generation++)
        {
            var candidates = search.Candidates(seed);
            search = search.After(candidates, candidates.Map(point => space.At(point).Match(plan => Error(Compiled(plan)), () => double.NaN)).ToArr());
        }

        return space.At(search.Mean).IfNone(() => throw new InvalidOperationException());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void A_multistep_plan_on_x0_is_learnt_numbers_and_back(int count)
    {
        foreach (var order in (int[])[1, 2, 3])
        {
            foreach (var clip in (bool[])[false, true])
            {
                var plan = new DpmSolver(order).Compile(Setting(count, clip)).Valid();
                Assert.Equal(plan, Compiled(LearntPlan.From(plan).IfNone(() => throw new InvalidOperationException()), clip));
            }
        }
    }

    [Fact]
    public void Guided_lines_are_learnt_numbers_and_back()
    {
        var guided = Setting(4) with { Guidance = Guidance.Of(1.5, NetworkSource.Guide, (0, 6)).Valid() };
        var plan = new DpmSolver(2).Compile(guided).Valid();
        var learnt = LearntPlan.From(plan).IfNone(() => throw new InvalidOperationException());
        Assert.InRange(learnt.Evaluations, 5, 8);
        Assert.Equal((plan.Evaluations, plan), (learnt.Evaluations, Compiled(learnt)));
    }

    [Fact]
    public void Plans_of_another_form_are_not_learnt_numbers()
    {
        foreach (var sampler in (Sampler[])[new Ddim(Eta: 1), new UniPc(2), new Heun(), new SaSolver(2, Stochasticity.Full), new Ipndm(2)])
        {
            Assert.True(LearntPlan.From(sampler.Compile(Setting(4)).Valid()).IsNone, sampler.Name);
        }
    }

    [Fact]
    public void The_origin_of_the_space_is_the_given_plan()
    {
        foreach (var (count, history) in ((int, int)[])[(1, 1), (2, 2), (5, 3), (8, 2)])
        {
            var space = new PlanSpace(Schedule, Start(count), history);
            var origin = space.At(new Arr<double>(new double[space.Dimension])).IfNone(() => throw new InvalidOperationException());
            Assert.Equal(Compiled(space.Start).Lines.Map(Step), Compiled(origin).Lines.Map(Step));
            Assert.Equal(Error(Compiled(space.Start)), Error(Compiled(origin)), 1e-15);
        }
    }

    [Law]
    public bool Every_point_of_the_space_is_a_plan_of_as_many_lines(double[] point)
    {
        var space = new PlanSpace(Schedule, Start(5), History: 3);
        var coordinates = Enumerable.Range(0, space.Dimension).Select(j => point.Length == 0 || !double.IsFinite(point[j % point.Length]) ? 0
            : Math.Clamp(point[j % point.Length], -50, 50)).ToArr();
        return space.At(coordinates).ForAll(plan => plan.Lines.Count == 5 && plan.Evaluations == 5);
    }

    [Fact]
    public void All_faults_of_a_plan_are_reported_at_once()
    {
        var lines = Array(
            new LearntLine(1000, 1, Array(0.1, 0.2)), new LearntLine(500, double.NaN, Array(0.1)),
            new LearntLine(500, 1, Array(1e300), double.PositiveInfinity));
        var faults = LearntPlan.Of(lines, 1000).Faults();
        foreach (var part in (string[])["timesteps[0]", "timesteps[2]", "lines[0].history", "lines[1].x", "lines[2].history[0]", "lines[2].guidance"])
        {
            Assert.Contains(faults, fault => fault.StartsWith(part + " ", StringComparison.Ordinal));
        }

        Assert.Equal(6, faults.Length);
        Assert.NotEmpty(LearntPlan.Of(Arr<LearntLine>.Empty, 1000).Faults());
    }

    [Fact]
    public void A_learnt_plan_refuses_other_timesteps_and_guidance()
    {
        var other = Setting(3) with { Guidance = Guidance.Of(2, NetworkSource.Guide).Valid() };
        Assert.Equal(2, new Learnt(Start(2)).Compile(other).Faults().Length);
    }

    /// <summary>The plans start as DDIM's. With the exact network of Gaussian data, the search makes their error at least ten times smaller.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void On_Gaussian_data_a_fitted_plan_beats_DDIM(int count)
    {
        var ddim = Error(Compiled(Start(count, order: 1)));
        Assert.InRange(Error(Compiled(Fitted(count, seed: 1, generations: 40))), 0, ddim / 10);
    }

    [Fact]
    public void The_fit_depends_on_its_seed_and_on_nothing_else()
    {
        Assert.Equal(Compiled(Fitted(3, 1, 5)), Compiled(Fitted(3, 1, 5)));
        Assert.NotEqual(Compiled(Fitted(3, 1, 5)), Compiled(Fitted(3, 2, 5)));
    }
}
