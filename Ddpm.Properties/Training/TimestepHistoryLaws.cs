using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Random;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Training;

/// <summary>Losses of timesteps in the order in which training finds them.</summary>
public sealed record FoundLosses(int Steps, Arr<(int Timestep, double Loss)> Losses)
{
    internal TimestepHistory History => After(TimestepHistory.Start(Steps), Losses);

    internal static TimestepHistory After(TimestepHistory history, Arr<(int Timestep, double Loss)> losses) =>
        history.With(losses.Map(found => found.Timestep), losses.Map(found => found.Loss).ToArray());
}

public static class FoundLossesGenerators
{
    private static Gen<double> Loss { get; } = Gen.Frequency(
        (8, Gen.Choose(1, 10_000).Select(n => n / 3000.0)), (1, Gen.Constant(0.0)), (1, Gen.Elements(1e-200, 1e200, double.Epsilon)));

    private static Gen<FoundLosses> Of(int steps, int least, int most) =>
        from count in Gen.Choose(least, most)
        from timesteps in Gen.ArrayOf(Gen.Choose(0, steps - 1), count)
        from losses in Gen.ArrayOf(Loss, count)
        select new FoundLosses(steps, timesteps.Zip(losses).ToArr());

    public static Arbitrary<FoundLosses> All() =>
        (from steps in Gen.Frequency((1, Gen.Constant(1)), (5, Gen.Choose(2, 9)))
         from found in Gen.Frequency((1, Of(steps, 0, 20)), (3, Of(steps, 20 * steps, 30 * steps)))
         select found).ToArbitrary();
}

[Properties(Arbitrary = [typeof(FoundLossesGenerators)])]
public sealed class TimestepHistoryLaws
{
    /// <summary>Each of T terms rounds a few times, and so does the sum.</summary>
    [Law]
    public bool Probabilities_are_positive_and_sum_to_1(FoundLosses found)
    {
        var probabilities = found.History.Probabilities;
        return probabilities.Count == found.Steps && probabilities.ForAll(p => p > 0) && Near(1, probabilities.Sum(), 8 * found.Steps * Epsilon);
    }

    [Law]
    public bool All_timesteps_are_equally_probable_and_count_1_until_each_has_ten_losses(FoundLosses found)
    {
        var history = found.History;
        var full = Enumerable.Range(0, found.Steps).All(t => found.Losses.Count(loss => loss.Timestep == t) >= 10);
        return full && history.Losses.Exists(loss => loss > 0)
            || history.Factors.ForAll(factor => factor == 1) && history.Probabilities.ForAll(p => p == 1.0 / found.Steps);
    }

    /// <summary>So the expected gradient is the one of uniform timesteps. p·(1/(T·p)) rounds three times.</summary>
    [Law]
    public bool The_expected_weighted_loss_is_the_uniform_mean(FoundLosses found)
    {
        var (probabilities, factors) = (found.History.Probabilities, found.History.Factors);
        double Loss(int t) => 1 + Math.Cos(t);
        return NearRelative(
            Enumerable.Range(0, found.Steps).Average(Loss),
            Enumerable.Range(0, found.Steps).Sum(t => probabilities[t] * factors[t] * Loss(t)),
            (6 + 2 * found.Steps) * Epsilon);
    }

    /// <summary>Nichol and Dhariwal 2021, eq. 18, up to the uniform part.</summary>
    [Law]
    public bool Probabilities_are_in_proportion_to_the_root_mean_squares_of_the_last_ten_losses(FoundLosses found)
    {
        var history = found.History;
        if (history.Counts.Exists(count => count < 10) || history.Losses.ForAll(loss => loss == 0))
        {
            return true;
        }

        var greatest = found.Losses.Max(loss => loss.Loss);
        var roots = Enumerable.Range(0, found.Steps).Select(t => Math.Sqrt(
            found.Losses.Where(loss => loss.Timestep == t).TakeLast(10).Average(loss => loss.Loss / greatest * (loss.Loss / greatest)))).ToArray();
        var sum = roots.Sum();
        return roots.All(root => root == 0) || Enumerable.Range(0, found.Steps).All(t =>
            NearRelative(0.999 * roots[t] / sum + 0.001 / found.Steps, history.Probabilities[t], 1e-9));
    }

    [Law]
    public bool Losses_count_in_the_order_of_the_images(FoundLosses found, byte cut)
    {
        var at = found.Losses.Count == 0 ? 0 : cut % found.Losses.Count;
        var parts = FoundLosses.After(new FoundLosses(found.Steps, found.Losses.Take(at).ToArr()).History, found.Losses.Skip(at).ToArr());
        var single = found.Losses.Fold(TimestepHistory.Start(found.Steps), (history, loss) => FoundLosses.After(history, Array(loss)));
        return found.History == parts && found.History == single;
    }

    [Law]
    public bool A_row_holds_the_last_ten_losses_of_its_timestep(FoundLosses found)
    {
        var history = found.History;
        return Enumerable.Range(0, found.Steps).All(t =>
        {
            var last = found.Losses.Where(loss => loss.Timestep == t).Select(loss => loss.Loss).TakeLast(10).ToArray();
            return history.Counts[t] == last.Length
                && history.Losses.Skip(10 * t).Take(10).SequenceEqual(last.Concat(Enumerable.Repeat(0.0, 10 - last.Length)));
        });
    }

    [Law]
    public bool A_stored_history_is_the_same(FoundLosses found) => TimestepHistory.Of(found.History.Losses, found.History.Counts).Valid() == found.History;

    /// <summary>By the sums of the probabilities up to t, which round T times.</summary>
    [Law]
    public bool A_fraction_of_all_draws_gives_the_timestep_below_which_it_lies(FoundLosses found, byte fraction)
    {
        var (history, u) = (found.History, fraction / 256.0);
        var t = history.Distribution.At(u);
        var tolerance = 8 * found.Steps * Epsilon;
        return history.Probabilities.Take(t).Sum() <= u + tolerance && u <= history.Probabilities.Take(t + 1).Sum() + tolerance;
    }

    /// <summary>20,000 draws: each count has a binomial distribution, and lies within five standard deviations of its mean.</summary>
    [Fact]
    public void Draws_follow_the_probabilities()
    {
        const int draws = 20_000;
        var losses = Enumerable.Range(0, 40).Select(i => (Timestep: i % 4, Loss: (double)(i % 4))).ToArr();
        var history = new FoundLosses(4, losses).History;
        var stream = new RandomStream(5, StreamName.Timesteps);
        var counts = new int[4];
        for (var i = 0; i < draws; i++)
        {
            counts[history.Distribution.Of(stream.At(i, 0))]++;
        }

        Assert.All(counts.Zip(history.Probabilities), pair => Assert.InRange(
            Math.Abs(pair.Item1 - draws * pair.Item2), 0, 5 * Math.Sqrt(draws * pair.Item2 * (1 - pair.Item2))));
    }

    [Fact]
    public void Two_timesteps_with_losses_1_and_3_are_drawn_one_to_three_except_for_a_thousandth()
    {
        var history = new FoundLosses(2, Enumerable.Range(0, 20).Select(i => (i % 2, 1.0 + 2 * (i % 2))).ToArr()).History;
        Assert.True(Near(0.25025, history.Probabilities[0], 4 * Epsilon));
        Assert.True(Near(0.74975, history.Probabilities[1], 4 * Epsilon));
        Assert.True(NearRelative(1 / (2 * 0.25025), history.Factors[0], 4 * Epsilon));
    }

    [Fact]
    public void Faults_of_a_stored_history_are_reported_together() => Assert.Equal(
        [
            "the number of timestep losses must be 10 for each timestep, got 2", "timestep counts must lie in [0, 10], got 11",
            "timestep losses must be finite and at least 0, got -1",
        ],
        TimestepHistory.Of(Array(double.Epsilon, -1), Array(11)).Faults().Order());
}
