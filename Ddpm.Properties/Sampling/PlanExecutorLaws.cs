using Ddpm.Gpu.Sampling;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using static Ddpm.Properties.Closeness;
using static TorchSharp.torch;

namespace Ddpm.Properties.Sampling;

[Properties(Arbitrary = [typeof(Plans)])]
public sealed class PlanExecutorLaws
{
    private const int Elements = 3;

    /// <summary>
    /// The same operations in double precision, at most fused differently: a few parts ε of numbers that grow at most sixfold a line over at most six lines.
    /// </summary>
    [Law]
    public bool Running_a_plan_on_tensors_is_running_it_on_each_number(SamplingPlan plan)
    {
        using var scope = NewDisposeScope();
        var seen = new List<(int Line, double First)>();
        var end = PlanExecutor.Run(plan, (x, t) => 0.5 * x - 0.01 * t, Vector(Initial), line => Vector(i => Noise(line, i)), (line, x) => seen.Add((line, x[0].item<double>())));
        var actual = end.data<double>().ToArray();
        return Enumerable.Range(0, Elements).All(i => Near(Interpreted(plan, i), actual[i], 1e-12 * Math.Max(1, Math.Abs(actual[i]))))
            && seen.Select(moment => moment.Line).SequenceEqual(Enumerable.Range(0, plan.Lines.Count))
            && seen[^1].First.Equals(actual[0]);
    }

    [Law]
    public bool Running_a_plan_leaves_its_initial_noise_as_it_was_and_frees_what_it_made(SamplingPlan plan)
    {
        using var scope = NewDisposeScope();
        var initial = Vector(Initial);
        var before = scope.DisposablesCount;
        var end = PlanExecutor.Run(plan, (x, t) => 0.5 * x - 0.01 * t, initial, line => Vector(i => Noise(line, i)));
        return scope.DisposablesCount == before + 1 && !end.IsInvalid
            && initial.data<double>().ToArray().SequenceEqual(Enumerable.Range(0, Elements).Select(Initial));
    }

    private static double Interpreted(SamplingPlan plan, int i) =>
        ScalarInterpreter.Run(plan, (x, t) => 0.5 * x - 0.01 * t, Initial(i), line => Noise(line, i));

    private static Tensor Vector(Func<int, double> element) => tensor(Enumerable.Range(0, Elements).Select(element).ToArray(), float64);

    private static double Initial(int i) => 1.5 - i;

    private static double Noise(int line, int i) => Math.Cos(line + 10 * i);

    /// <summary>Plans of up to six lines that reach back up to three values, correct, forget, clip and draw in every combination.</summary>
    public static class Plans
    {
        public static Arbitrary<SamplingPlan> All() =>
            (from count in Gen.Choose(0, 6)
             from lines in Gen.CollectToArray(Enumerable.Range(0, Math.Max(1, count)), Line)
             from clip in Gen.Elements(true, false)
             select new SamplingPlan(new Arr<SamplingLine>(lines), clip)).ToArbitrary();

        private static Gen<SamplingLine> Line(int i) =>
            from timestep in Gen.Choose(0, 99)
            from estimate in Pair
            from remember in Pair
            from none in Gen.Frequency((1, Gen.Constant(true)), (2, Gen.Constant(false)))
            from correct in Pair
            from correction in History(i)
            from predict in NonZero
            from advance in History(i)
            from noise in Gen.Frequency((1, Gen.Constant(0.0)), (1, Generators.Between(0.01, 1)))
            select new SamplingLine(
                timestep, estimate, remember, none ? Correction.None : new(correct.First, correct.Second, correction), new(predict, advance), noise);

        /// <summary>At most as many as there are values to reach back to.</summary>
        private static Gen<Arr<double>> History(int i) =>
            from length in Gen.Choose(0, Math.Min(3, i + 1))
            from factors in Factor.ArrayOf(length)
            select new Arr<double>(factors);

        private static Gen<double> Factor { get; } = Gen.Frequency((4, Generators.Between(-1, 1)), (1, Gen.Elements(0.0, 1)));

        private static Gen<double> NonZero { get; } = Generators.Between(0.1, 1);

        private static Gen<LinearPair> Pair =>
            from first in NonZero
            from second in Factor
            from swap in Gen.Elements(true, false)
            select swap ? new LinearPair(second, first) : new LinearPair(first, second);
    }
}
