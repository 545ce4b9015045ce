using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Sampling;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;
using static TorchSharp.torch;

namespace Ddpm.Properties.Sampling;

[Properties(Arbitrary = [typeof(PlanGenerators), typeof(Generators)])]
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
            plan, Network, Vector(Initial), line => Vector(i => Noise(line, i)), observe: (line, x) => seen.Add((line, x[0].item<double>()))).Valid();
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
        var end = PlanExecutor.Run(plan, Network, initial, line => Vector(i => Noise(line, i))).Valid();
        return scope.DisposablesCount == before + 1 && !end.IsInvalid
            && initial.data<double>().ToArray().SequenceEqual(Enumerable.Range(0, Elements).Select(Initial));
    }

    /// <summary>
    /// A known image enters only through the start and the marginals: the kept part is on its marginal after every line, and the rest runs as if alone.
    /// </summary>
    [Law]
    public bool A_known_part_follows_the_marginals_and_leaves_the_rest_alone(SamplingPlan plan, bool fromImage)
    {
        using var scope = NewDisposeScope();
        var started = fromImage ? plan with { Start = new(0.8, 0.6) } : plan;
        var (image, initial) = (Vector(i => 0.3 * i + 0.2), Vector(Initial));
        var kept = new List<double>();
        var masked = PlanExecutor.Run(
            started,
            Network,
            initial,
            line => Vector(i => Noise(line, i)),
            new KnownImage(image, tensor(new[] { true, false, false })),
            (_, x) => kept.Add(x[0].item<double>())).Valid();
        var free = PlanExecutor.Run(started, Network, initial, line => Vector(i => Noise(line, i)), new KnownImage(image, Option<Tensor>.None)).Valid();
        var alone = PlanExecutor.Run(plan, Network, initial, line => Vector(i => Noise(line, i))).Valid();
        double OnMarginal(SamplingLine line) => line.Marginal.First * 0.2 + line.Marginal.Second * Initial(0);
        return kept.Count == plan.Lines.Count
            && kept.Zip(plan.Lines).All(pair => Near(OnMarginal(pair.Item2), pair.Item1, 1e-12))
            && masked[1].item<double>().Equals(free[1].item<double>())
            && (fromImage || free[2].item<double>().Equals(alone[2].item<double>()));
    }

    [Fact]
    public void A_plan_that_starts_from_an_image_needs_one()
    {
        using var scope = NewDisposeScope();
        var plan = new SamplingPlan(new(0.8, 0.6), Arr<SamplingLine>.Empty, ClipSample: false);
        Assert.Throws<ArgumentException>(() => PlanExecutor.Run(plan, Network, Vector(Initial), line => Vector(i => Noise(line, i))));
        var known = new KnownImage(Vector(i => i), Option<Tensor>.None);
        var x = PlanExecutor.Run(plan, Network, Vector(Initial), line => Vector(i => Noise(line, i)), known).Valid();
        Assert.Equal(0.8 * 2 + 0.6 * Initial(2), x[2].item<double>(), 12);
    }

    /// <summary>
    /// With and without clipping, the error for a value that is not finite names the image, line and timestep. Images that are not requested do not matter.
    /// </summary>
    [Law]
    public bool What_is_not_finite_is_reported_with_its_image_line_and_timestep(SamplingPlan plan, Place line, Place image, Place kind)
    {
        using var scope = NewDisposeScope();
        var (at, row) = (line.In(plan.Lines.Count), image.In(Elements));
        var bad = ((double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity])[kind.In(3)];
        Fin<Tensor> Run(MicroBatches.Part? asked)
        {
            var asks = 0;
            return PlanExecutor.Run(
                plan,
                (x, line) => Network(x, line) is var output && asks++ == at
                    ? output with { Value = output.Value.Plus(Vector(i => i == row ? bad : 0)) }
                    : output,
                Vector(Initial), n => Vector(i => Noise(n, i)), asked: asked);
        }

        string Message(int number) =>
            $"the network's output for image {number} is not finite after line {at + 1} of {plan.Lines.Count} (timestep {plan.Lines[at].Timestep}): ";
        return Run(null).Fault().StartsWith(Message(row), StringComparison.Ordinal)
            && Run(new(30, row, 1)).Fault().StartsWith(Message(30 + row), StringComparison.Ordinal)
            && (row == 0 || Run(new(30, 0, row)).Valid().isfinite()[TensorIndex.Slice(0, row)].all().item<bool>());
    }

    /// <summary>1 multiplied twice by 1e200 is ∞. A sum of finite points that overflows is no fault.</summary>
    [Fact]
    public void A_point_that_overflows_is_reported_and_a_sum_of_large_points_is_not()
    {
        using var scope = NewDisposeScope();
        SamplingPlan Growing(double factor, int lines) => new(new(0, 1), new Arr<SamplingLine>(Enumerable.Range(0, lines).Select(i => new SamplingLine(
            lines - i, 1, new(1, 0), Memory.CleanImage, Correction.None, new(factor, Arr<double>.Empty), NoiseRange.None, new(1, 0)))), ClipSample: false);
        Fin<Tensor> Run(SamplingPlan plan, Func<int, double> initial) => PlanExecutor.Run(
            plan, (x, _) => x.Times(0), Vector(initial), _ => throw new System.Diagnostics.UnreachableException());
        Assert.Equal("image 1 is not finite after line 2 of 3 (timestep 2): the sampler's sums overflow", Run(Growing(1e200, 3), i => i == 1 ? 1 : 0).Fault());
        Assert.Equal([1.5e308, 1.5e308, 1.5e308], Run(Growing(1, 1), _ => 1.5e308).Valid().data<double>().ToArray());
    }

    private static double Interpreted(SamplingPlan plan, int i) =>
        ScalarInterpreter.Run(plan, (x, t) => 0.5 * x - 0.01 * t, Initial(i), line => Noise(line, i), Fraction(i));

    private static NetworkOutput<Tensor> Network(Tensor x, SamplingLine line) =>
        new(x.Times(0.5).Plus(Vector(_ => -0.01 * line.Timestep)), Prelude.Some(Vector(Fraction)));

    private static double Fraction(int i) => 0.25 * i;

    private static Tensor Vector(Func<int, double> element) => tensor(Enumerable.Range(0, Elements).Select(element).ToArray(), float64);

    private static double Initial(int i) => 1.5 - i;

    private static double Noise(int line, int i) => Math.Cos(line + 10 * i);
}
