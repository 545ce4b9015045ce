using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Sampling;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;
using static TorchSharp.torch;

namespace Ddpm.Properties.Sampling;

[Properties(Arbitrary = [typeof(PlanGenerators)])]
public sealed class PlanExecutorLaws
{
    private const int Elements = 3;

    /// <summary>
    /// The same operations in double precision, at most fused differently: a few roundings a line.
    /// </summary>
    [Law]
    public bool Running_a_plan_on_tensors_is_running_it_on_each_number(SamplingPlan plan)
    {
        using var scope = NewDisposeScope();
        var seen = new List<(int Line, double First)>();
        var end = PlanExecutor.Run(
            plan, Network, Vector(Initial), line => Vector(i => Noise(line, i)), observe: (line, x) => seen.Add((line, x[0].item<double>())));
        var actual = end.data<double>().ToArray();
        return Enumerable.Range(0, Elements).All(i => Near(Interpreted(plan, i), actual[i], PlanGenerators.Rounding(plan)))
            && seen.Select(moment => moment.Line).SequenceEqual(Enumerable.Range(0, plan.Lines.Count))
            && seen[^1].First.Equals(actual[0]);
    }

    [Law]
    public bool Running_a_plan_leaves_its_initial_noise_as_it_was_and_frees_what_it_made(SamplingPlan plan)
    {
        using var scope = NewDisposeScope();
        var initial = Vector(Initial);
        var before = scope.DisposablesCount;
        var end = PlanExecutor.Run(plan, Network, initial, line => Vector(i => Noise(line, i)));
        return scope.DisposablesCount == before + 1 && !end.IsInvalid
            && initial.data<double>().ToArray().SequenceEqual(Enumerable.Range(0, Elements).Select(Initial));
    }

    /// <summary>Start and marginals are all that a known image enters by: the part that is kept is on its marginal after every line, the other as if it were alone.</summary>
    [Law]
    public bool A_known_part_follows_the_marginals_and_leaves_the_rest_alone(SamplingPlan plan, bool fromImage)
    {
        using var scope = NewDisposeScope();
        var started = fromImage ? plan with { Start = new(0.8, 0.6) } : plan;
        var (image, initial) = (Vector(i => 0.3 * i + 0.2), Vector(Initial));
        var kept = new List<double>();
        var masked = PlanExecutor.Run(
            started, Network, initial, line => Vector(i => Noise(line, i)), new KnownImage(image, tensor(new[] { true, false, false })), (_, x) => kept.Add(x[0].item<double>()));
        var free = PlanExecutor.Run(started, Network, initial, line => Vector(i => Noise(line, i)), new KnownImage(image, Option<Tensor>.None));
        return kept.Count == plan.Lines.Count && kept.Select((x, i) => Near(plan.Lines[i].Marginal.First * 0.2 + plan.Lines[i].Marginal.Second * Initial(0), x, 1e-12)).All(holds => holds)
            && masked[1].item<double>().Equals(free[1].item<double>())
            && (fromImage || free[2].item<double>().Equals(PlanExecutor.Run(plan, Network, initial, line => Vector(i => Noise(line, i)))[2].item<double>()));
    }

    [Fact]
    public void A_plan_that_starts_from_an_image_needs_one()
    {
        using var scope = NewDisposeScope();
        var plan = new SamplingPlan(new(0.8, 0.6), Arr<SamplingLine>.Empty, ClipSample: false);
        Assert.Throws<ArgumentException>(() => PlanExecutor.Run(plan, Network, Vector(Initial), line => Vector(i => Noise(line, i))));
        var x = PlanExecutor.Run(plan, Network, Vector(Initial), line => Vector(i => Noise(line, i)), new KnownImage(Vector(i => i), Option<Tensor>.None));
        Assert.Equal(0.8 * 2 + 0.6 * Initial(2), x[2].item<double>(), 12);
    }

    private static double Interpreted(SamplingPlan plan, int i) =>
        ScalarInterpreter.Run(plan, (x, t) => 0.5 * x - 0.01 * t, Initial(i), line => Noise(line, i), Fraction(i));

    private static NetworkOutput<Tensor> Network(Tensor x, int t) => new(x.Times(0.5).Plus(Vector(_ => -0.01 * t)), Prelude.Some(Vector(Fraction)));

    private static double Fraction(int i) => 0.25 * i;

    private static Tensor Vector(Func<int, double> element) => tensor(Enumerable.Range(0, Elements).Select(element).ToArray(), float64);

    private static double Initial(int i) => 1.5 - i;

    private static double Noise(int line, int i) => Math.Cos(line + 10 * i);
}
