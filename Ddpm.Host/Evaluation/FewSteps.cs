using System.Text.Json;
using Ddpm.Pure.Charts;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Evaluation;

/// <summary>few-steps.json: how near samples of one model come, by sampler and evaluations of the network.</summary>
/// <param name="Source">The run.</param>
/// <param name="WeightsSha256">The checksum of the weights that were sampled with.</param>
/// <param name="Count">How many images.</param>
/// <param name="Seed">The seed of their noise.</param>
/// <param name="ClipSample">Whether estimates of the image were clipped.</param>
/// <param name="GuidanceScale">The guidance scale, if classes or a guide can guide the run.</param>
/// <param name="Guidance">The guide, its range of noise levels σ/a and the rescaling, as far as they were given.</param>
/// <param name="Features">What computed the features.</param>
/// <param name="Reference">The real images.</param>
/// <param name="Floor">The Fréchet distance of real images that were never seen.</param>
/// <param name="Cells">What was measured.</param>
internal sealed record FewSteps(
    string Source, string WeightsSha256, int Count, ulong Seed, bool ClipSample, double? GuidanceScale, FeaturesReport Features, ReferenceReport Reference,
    double Floor, IReadOnlyList<FewSteps.Cell> Cells, string? Guidance = null)
{
    /// <summary>One sampler with so many evaluations.</summary>
    /// <param name="Sampler">The sampler, and behind a colon its spacing where that is not the usual one.</param>
    /// <param name="Asked">The evaluations asked for.</param>
    /// <param name="Evaluations">Those made: fewer where a sampler evaluates twice a step.</param>
    /// <param name="FrechetDistance">The Fréchet distance.</param>
    /// <param name="Tau">τ of SA-Solver.</param>
    /// <param name="TauRange">The noise levels σ/a between which it drew noise.</param>
    internal sealed record Cell(string Sampler, int Asked, int Evaluations, double FrechetDistance, double? Tau = null, IReadOnlyList<double>? TauRange = null)
    {
        /// <summary>Whether it tells of this sampler, drawing as much noise.</summary>
        public bool IsOf(string sampler, int asked, (double? Tau, IReadOnlyList<double>? Range) drawn) =>
            (Sampler, Asked, Tau) == (sampler, asked, drawn.Tau) && (TauRange ?? []).SequenceEqual(drawn.Range ?? []);
    }

    /// <summary>The report as JSON.</summary>
    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, EvaluationReport.Format), (byte)'\n'];

    /// <summary>What a figure depends on. Names of files and folders do not count.</summary>
    private static readonly Seq<(string Name, Func<FewSteps, object?> Value)> Protocol = Seq<(string, Func<FewSteps, object?>)>(
        ("weights", steps => steps.WeightsSha256), ("--count", steps => steps.Count), ("--seed", steps => steps.Seed), ("--clip", steps => steps.ClipSample),
        ("--guidance-scale", steps => steps.GuidanceScale), ("guidance", steps => steps.Guidance), ("features", steps => steps.Features.Sha256),
        ("training images", steps => steps.Reference.TrainSha256), ("test images", steps => steps.Reference.TestSha256),
        ("test images in number", steps => steps.Reference.FloorImages));

    /// <summary>Takes over the cells of an earlier report of the same weights and protocol.</summary>
    /// <returns>This report with these cells; or the first difference of the protocol; or that the earlier report is damaged.</returns>
    public Fin<FewSteps> GoingOnFrom(ReadOnlyMemory<byte> json)
    {
        const string Remedy = "choose another folder with --to, or remove the file to start again";
        static string Shown(object? value) => value is null ? "none" : Invariant($"{value}").ToLowerInvariant();
        try
        {
            var before = JsonSerializer.Deserialize<FewSteps>(json.Span, EvaluationReport.Format);
            if (before is not { Cells: var cells } || cells.Any(cell => cell is null))
            {
                return Error.New($"it is damaged, because parts are missing: {Remedy}");
            }

            var changed = Protocol.Find(part => !Equals(part.Value(before), part.Value(this)));
            return changed.Match<Fin<FewSteps>>(
                part => Error.New($"it was measured with {part.Name} {Shown(part.Value(before))}, but now it is {Shown(part.Value(this))}: {Remedy}"),
                () => this with { Cells = cells });
        }
        catch (JsonException e)
        {
            return Error.New(Invariant($"it is damaged: line {e.LineNumber + 1} is not valid: {Remedy}"));
        }
    }

    /// <summary>With one more, in place of what was measured when the same name drew another amount of noise.</summary>
    public FewSteps With(Cell cell) => this with { Cells = [.. Cells.Where(other => (other.Sampler, other.Asked) != (cell.Sampler, cell.Asked)), cell] };

    /// <summary>What was measured of a sampler.</summary>
    public LanguageExt.Option<Cell> Find(string sampler, int asked) => Optional(Cells.FirstOrDefault(cell => (cell.Sampler, cell.Asked) == (sampler, asked)));

    /// <summary>D of each sampler and number of evaluations, as lines.</summary>
    public Seq<string> Table()
    {
        var columns = Cells.Select(cell => cell.Asked).Distinct().Order().ToArray();
        string Figure(string sampler, int asked) =>
            Find(sampler, asked).Match(cell => Invariant($"{cell.FrechetDistance - Floor,10:F2}"), () => new string(' ', 10));
        string Row(string sampler) => $"{sampler,-28}{string.Concat(columns.Select(asked => Figure(sampler, asked)))}";
        return Seq(
                Invariant($"D, the Fréchet distance above its floor of {Floor:F4}, of {Count} images of {Source}, seed {Seed}, by evaluations of the network"),
                Invariant($"{"",-28}{string.Concat(columns.Select(asked => Invariant($"{asked,10}")))}"))
            + toSeq(Cells.Select(cell => cell.Sampler).Distinct().ToArray()).Map(Row);
    }

    /// <summary>D over evaluations, by sampler.</summary>
    public LineChart Chart()
    {
        ChartCurve Curve(IGrouping<string, Cell> sampler)
        {
            var points = sampler.OrderBy(cell => cell.Evaluations).Select(cell => ((double)cell.Evaluations, cell.FrechetDistance - Floor));
            return new(sampler.Key, points.ToArr(), IsMarked: true);
        }

        var curves = Cells.GroupBy(cell => cell.Sampler).Select(Curve).ToArr();
        return new("evaluations of the network", "D", curves, logarithmicX: true, logarithmicY: true);
    }
}
