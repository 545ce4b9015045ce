using System.Globalization;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Reference;

/// <summary>A sampling plan as a table for people: six digits, a point for 0, no column with zeros only, and an input factor only where it is not 1.</summary>
public static class PlanTable
{
    private const string Nothing = "·";

    private sealed record Column(string Group, string Name, Arr<string> Cells)
    {
        public int Width => Math.Max(Name.Length, Cells.Fold(0, (widest, cell) => Math.Max(widest, cell.Length)));
    }

    /// <summary>The lines of the table, without ends of line.</summary>
    public static Arr<string> Of(SamplingPlan plan)
    {
        var groups = Columns(plan.Lines).GroupBy(column => column.Group).ToArr();
        string Row(Func<IGrouping<string, Column>, string> cell) => string.Join("   ", groups.Map(cell)).TrimEnd();
        string Cells(IGrouping<string, Column> group, Func<Column, string> cell) =>
            string.Join("  ", group.Select(column => cell(column).PadLeft(column.Width))).PadRight(group.Key.Length);
        return new Arr<string>(
        [
            Invariant($"start: x = {plan.Start.First:G6}·image + {plan.Start.Second:G6}·noise; ")
                + Invariant($"x0 is {(plan.ClipSample ? "clipped to [-1, 1]" : "not clipped")}; {plan.Lines.Count} lines")
                + (plan.Evaluations == plan.Lines.Count ? "" : Invariant($", {plan.Evaluations} evaluations")),
            "",
            Row(group => group.Key.PadRight(Cells(group, column => column.Name).Length)),
            Row(group => Cells(group, column => column.Name)),
            .. plan.Lines.Map((i, _) => Row(group => Cells(group, column => column.Cells[i]))),
        ]);
    }

    private static Arr<Column> Columns(Arr<SamplingLine> lines)
    {
        Column Number(string group, string name, Func<SamplingLine, double> value) => new(group, name, lines.Map(line => Text(value(line))));
        Arr<Column> History(string group, Func<SamplingLine, Arr<double>> factors) =>
            Range(0, lines.IsEmpty ? 0 : lines.Max(line => factors(line).Count))
                .Map(k => Number(group, k == 0 ? "h" : Invariant($"h-{k}"), line => k < factors(line).Count ? factors(line)[k] : 0)).ToArr();
        var numbers = new Arr<Column>(
        [
            Number("estimate x0 =", "x", line => line.Estimate.First),
            Number("estimate x0 =", "o", line => line.Estimate.Second),
            Number("remember h =", "x", line => line.Remember.X),
            Number("remember h =", "o", line => line.Remember.Output),
            Number("remember h =", "x0", line => line.Remember.X0),
            Number("correct base =", "base", line => line.Correct.Base),
            Number("correct base =", "x", line => line.Correct.X),
            .. History("correct base =", line => line.Correct.History),
            Number("predict x =", "base", line => line.Predict.Base),
            .. History("predict x =", line => line.Predict.History),
            Number("noise", "least", line => line.Noise.IsLearned ? line.Noise.Least : 0),
            Number("noise", lines.Exists(line => line.Noise.IsLearned) ? "most" : "s", line => line.Noise.Most),
            Number("marginal", "image", line => line.Marginal.First),
            Number("marginal", "noise", line => line.Marginal.Second),
        ]);
        Column Asked(string name, NetworkSource source) => Number("output o =", name, line =>
            line.Output.Terms.Filter(term => term.Source == source).Fold(0.0, (sum, term) => sum + term.Factor));
        var guided = lines.Exists(line => line.Output != GuidedOutput.Plain)
            ? Array(
                Asked("unconditional", NetworkSource.Unconditional), Asked("guide", NetworkSource.Guide), Asked("model", NetworkSource.Model),
                Number("output o =", "rescale", line => line.Output.Rescale))
            : Arr<Column>.Empty;

        // Most networks see x itself: then the column of input factors would hold ones alone.
        return Array(
                new Column("line", "", lines.Map((i, _) => Invariant($"{i}")).ToArr()),
                new Column("timestep", "", lines.Map(line => Invariant($"{line.Timestep}"))))
            .AddRange(lines.Exists(line => line.Input != 1) ? Array(Number("input", "", line => line.Input)) : Arr<Column>.Empty)
            .AddRange(guided.AddRange(numbers).Filter(column => column.Cells.Exists(cell => cell != Nothing)));
    }

    private static string Text(double value) => value == 0 ? Nothing : value.ToString("G6", CultureInfo.InvariantCulture);
}
