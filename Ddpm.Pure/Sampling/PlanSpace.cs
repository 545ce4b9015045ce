using Ddpm.Pure.Schedules;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// The plans around a given one, as points of ℝᵈ: the coordinates in which plans are learnt. The origin is the given plan. A change by 1 in a coordinate is
/// small: 0.15 of a timestep's λ = ln(a/σ), 3 % of the factor of x (at least 0.02), 6 % of the factor that the exact solution gives a constant estimate
/// (a_To − a_From·σ_To/σ_From; for the k-th older estimate, 1/(1 + k) of that), and 0.3 of a guidance scale.
/// </summary>
/// <param name="Schedule">The noise schedule.</param>
/// <param name="Start">The plan at the origin.</param>
/// <param name="History">How many estimates a line uses, ≥ 1, as far as there are so many.</param>
public sealed record PlanSpace(NoiseSchedule Schedule, LearntPlan Start, int History)
{
    private const double LambdaUnit = 0.15, XUnit = 0.03, LeastXUnit = 0.02, HistoryUnit = 0.06, GuidanceUnit = 0.3;

    /// <summary>d, the number of free numbers.</summary>
    public int Dimension => Start.Lines.Map((i, line) => 2 + Depth(i) + (line.Guidance.IsSome ? 1 : 0)).Sum();

    /// <summary>The plan at a point.</summary>
    /// <param name="point">d numbers.</param>
    /// <returns>The plan; none if its factors are not finite, or more lines than timesteps are left end at the cleanest timestep.</returns>
    public Option<LearntPlan> At(Arr<double> point)
    {
        var place = 0;
        var before = Schedule.Steps;
        var lines = new List<LearntLine>();
        foreach (var (line, i) in Start.Lines.Map((i, line) => (line, i)))
        {
            var wanted = TimestepAt(Schedule[line.Timestep].Lambda - LambdaUnit * point[place++]);
            before = Math.Min(point[place - 1] == 0 ? line.Timestep : wanted, before - 1);
            var x = line.X + Math.Max(LeastXUnit, XUnit * Math.Abs(line.X)) * point[place++];
            var unit = HistoryUnit * Weight(i);
            var history = Range(0, Depth(i)).Map(k => (k < line.History.Count ? line.History[k] : 0) + unit / (1 + k) * point[place++]).ToArr();
            lines.Add(new(before, x, history, line.Guidance.Map(weight => weight + GuidanceUnit * point[place++])));
        }

        return LearntPlan.Of(lines.ToArr(), Schedule.Steps).ToOption();
    }

    private int Depth(int line) => Math.Min(History, line + 1);

    private double Weight(int i)
    {
        var (from, to) = (Schedule[Start.Lines[i].Timestep], Schedule[i + 1 < Start.Lines.Count ? Start.Lines[i + 1].Timestep : -1]);
        return to.A - from.A * (to.Sigma / from.Sigma);
    }

    /// <summary>The timestep whose λ is nearest. λ falls from timestep to timestep.</summary>
    private int TimestepAt(double lambda)
    {
        var (low, high) = (0, Schedule.Steps - 1);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = Schedule[middle].Lambda > lambda ? (middle, high) : (low, middle);
        }

        return Schedule[low].Lambda - lambda < lambda - Schedule[high].Lambda ? low : high;
    }
}
