using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Optimisation;

/// <summary>
/// The last losses of each timestep, for importance sampling (Nichol and Dhariwal 2021, 2102.09672, section 3.3). Training draws timestep t with probability
/// p_t ∝ √E[L_t²], where E is the mean over the last <see cref="Length"/> losses. A loss then counts with the factor 1/(T·p_t), so the expected gradient is the
/// same as with uniform timesteps. Until every timestep has enough losses, all timesteps are equally probable.
/// </summary>
public sealed record TimestepHistory
{
    /// <summary>How many losses of each timestep count.</summary>
    public const int Length = 10;

    /// <summary>The fraction of the draws that is uniform, so that no timestep is forgotten. The authors' code has the same.</summary>
    public const double UniformFraction = 0.001;

    private TimestepHistory(Arr<double> losses, Arr<int> counts) => (Losses, Counts) = (losses, counts);

    /// <summary>T rows of <see cref="Length"/> losses ≥ 0. A row has the losses of a timestep, the oldest first, and then zeros.</summary>
    public Arr<double> Losses { get; }

    /// <summary>How many losses each timestep has, at most <see cref="Length"/>.</summary>
    public Arr<int> Counts { get; }

    /// <summary>The history before the first step.</summary>
    /// <param name="steps">T ≥ 1.</param>
    public static TimestepHistory Start(int steps) => new(new double[steps * Length].ToArr(), new int[steps].ToArr());

    /// <summary>A history that was stored.</summary>
    /// <param name="losses">T rows of losses, as in <see cref="Losses"/>.</param>
    /// <param name="counts">T counts, as in <see cref="Counts"/>.</param>
    /// <returns>The history, or every fault of the two lists.</returns>
    public static Validation<Error, TimestepHistory> Of(Arr<double> losses, Arr<int> counts)
    {
        var loss = losses.Filter(loss => !(double.IsFinite(loss) && loss >= 0)).HeadOrNone();
        var count = counts.Filter(count => count is < 0 or > Length).HeadOrNone();
        var isTable = counts.Count > 0 && losses.Count == (long)counts.Count * Length;
        return (
                Check.That("the number of timestep losses", losses.Count, isTable, Invariant($"must be {Length} for each timestep")),
                Check.That("timestep losses", loss.IfNone(0), loss.IsNone, "must be finite and at least 0"),
                Check.That("timestep counts", count.IfNone(0), count.IsNone, Invariant($"must lie in [0, {Length}]")))
            .Apply((_, _, _) => new TimestepHistory(losses, counts));
    }

    /// <summary>The history after more losses. They are added in their order, and each replaces the oldest of a full timestep.</summary>
    /// <param name="timesteps">The timestep of each loss.</param>
    /// <param name="losses">Losses ≥ 0 without the factor 1/(T·p_t).</param>
    public TimestepHistory With(Arr<int> timesteps, ReadOnlySpan<double> losses)
    {
        var (all, counts) = (Losses.ToArray(), Counts.ToArray());
        for (var i = 0; i < losses.Length; i++)
        {
            var t = timesteps[i];
            var row = all.AsSpan(t * Length, Length);
            if (counts[t] == Length)
            {
                row[1..].CopyTo(row);
                row[^1] = losses[i];
            }
            else
            {
                row[counts[t]++] = losses[i];
            }
        }

        return new(all.ToArr(), counts.ToArr());
    }

    /// <summary>p_t for each timestep: positive, and 1 in sum.</summary>
    public Arr<double> Probabilities => Learned.IfNone(() => Enumerable.Repeat(1.0 / Counts.Count, Counts.Count).ToArr());

    /// <summary>1/(T·p_t) for each timestep.</summary>
    public Arr<double> Factors => Learned.Match(
        probabilities => probabilities.Map(p => 1 / (Counts.Count * p)), () => Enumerable.Repeat(1.0, Counts.Count).ToArr());

    /// <summary>What timesteps are drawn from.</summary>
    internal TimestepDistribution Distribution => new(Counts.Count, Learned.Map(PartialSums));

    /// <summary>The probabilities that the losses give; none while a timestep has too few losses, or if all losses are 0.</summary>
    private Option<Arr<double>> Learned
    {
        get
        {
            var greatest = Losses.Max();
            if (greatest == 0 || Counts.Exists(count => count < Length))
            {
                return None;
            }

            var roots = new double[Counts.Count];
            var sum = 0.0;
            for (var t = 0; t < roots.Length; t++)
            {
                var squares = 0.0;
                for (var k = 0; k < Length; k++)
                {
                    var relative = Losses[t * Length + k] / greatest; // its square neither overflows nor vanishes
                    squares += relative * relative;
                }

                roots[t] = Math.Sqrt(squares / Length);
                sum += roots[t];
            }

            return roots.Select(root => (1 - UniformFraction) * (root / sum) + UniformFraction / roots.Length).ToArr();
        }
    }

    private static Arr<double> PartialSums(Arr<double> probabilities)
    {
        var sums = new double[probabilities.Count];
        var sum = 0.0;
        for (var t = 0; t < sums.Length; t++)
        {
            sums[t] = sum += probabilities[t];
        }

        sums[^1] = 1; // the sum may round to less, and draws lie below 1
        return sums.ToArr();
    }
}
