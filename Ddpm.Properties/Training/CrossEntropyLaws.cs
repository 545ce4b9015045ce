using Ddpm.Pure.Optimisation;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Training;

public sealed class CrossEntropyLaws
{
    /// <summary>K terms of size |z| and a logarithm: some units of 10 for logits in [−5, 5].</summary>
    [Law]
    public bool It_is_minus_the_sum_of_targets_times_log_probabilities(byte classes, byte label, byte smoothing, int seed)
    {
        var (logits, target, s) = Case(classes, label, smoothing, seed);
        var sum = logits.Sum(Math.Exp);
        var expected = -logits.Select((z, k) => Target(k, target, s, logits.Length) * Math.Log(Math.Exp(z) / sum)).Sum();
        return Near(expected, CrossEntropy.Of(logits, target, s, new double[logits.Length]), 100 * logits.Length * Epsilon);
    }

    /// <summary>The central difference of step h = 10⁻⁴ is off by h²/6 times a third derivative below 1, and by rounding 10 · 2⁻⁵²/h.</summary>
    [Law]
    public bool Its_gradient_is_its_slope_and_adds_up_to_nothing(byte classes, byte label, byte smoothing, int seed)
    {
        const double Step = 1e-4;
        var (logits, target, s) = Case(classes, label, smoothing, seed);
        var gradient = new double[logits.Length];
        CrossEntropy.Of(logits, target, s, gradient);
        double Moved(int k, double by) => CrossEntropy.Of([.. logits.Select((z, i) => i == k ? z + by : z)], target, s, new double[logits.Length]);
        return Near(0, gradient.Sum(), 4 * logits.Length * Epsilon)
            && gradient.Select((slope, k) => Near((Moved(k, Step) - Moved(k, -Step)) / (2 * Step), slope, 1e-8)).All(near => near);
    }

    /// <summary>A constant added to all logits changes nothing, however large.</summary>
    [Fact]
    public void Large_logits_do_not_overflow_and_what_is_no_number_stays_none()
    {
        var gradient = new double[2];
        Assert.Equal(Math.Log(2), CrossEntropy.Of([1e4, 1e4], 0, 0, gradient), 1e-15);
        Assert.Equal([-0.5, 0.5], gradient);
        Assert.Equal(2e4, CrossEntropy.Of([-1e4, 1e4], 0, 0, gradient));
        Assert.Equal([-1, 1], gradient);
        Assert.Equal(double.NaN, CrossEntropy.Of([0, double.NaN], 0, 0.1, gradient));
        Assert.Equal(double.NaN, CrossEntropy.Of([0, double.PositiveInfinity], 0, 0.1, gradient));
    }

    private static double Target(int k, int label, double smoothing, int classes) => smoothing / classes + (k == label ? 1 - smoothing : 0);

    private static (double[] Logits, int Label, double Smoothing) Case(byte classes, byte label, byte smoothing, int seed)
    {
        var (count, random) = (2 + classes % 20, new Random(seed));
        return ([.. Enumerable.Range(0, count).Select(_ => 10 * random.NextDouble() - 5)], label % count, smoothing / 256.0);
    }
}
