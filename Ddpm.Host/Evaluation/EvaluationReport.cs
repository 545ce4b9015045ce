using System.Text.Json;
using Ddpm.Gpu.Likelihood;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Evaluation;

/// <summary>The images that were judged; of those in a file no more is known than the file.</summary>
/// <param name="Source">The run or the file.</param>
/// <param name="Sha256">Of the file.</param>
/// <param name="Count">How many.</param>
/// <param name="Seed">The seed of their noise.</param>
/// <param name="Sampler">The sampler.</param>
/// <param name="Evaluations">Evaluations of networks for each image, the guide's included.</param>
/// <param name="Timesteps">Where they were made, from the noisiest.</param>
/// <param name="Eta">η, where it was given.</param>
/// <param name="Tau">τ of SA-Solver.</param>
/// <param name="TauRange">The noise levels σ/a between which it drew noise.</param>
/// <param name="Restarts">How many restarts, where it was given.</param>
/// <param name="RestartRange">The noise levels σ/a between which it restarted, where they were given.</param>
/// <param name="Variance">The reverse variance, where it was given.</param>
/// <param name="LowerOrderFinal">Whether the order fell towards the last step, where it was given.</param>
/// <param name="UnipcVariant">B(h) of UniPC, where it was given.</param>
/// <param name="Corrector">Whether UniPC corrected, where it was given.</param>
/// <param name="FullOrderStart">Whether the first steps had the full order, where it was given.</param>
/// <param name="ClipSample">Whether estimates of the image were clipped.</param>
/// <param name="Precision">The number format of the network, if it was not float32.</param>
/// <param name="GuidanceScale">The guidance scale.</param>
/// <param name="Guide">The guide, if a worse network guided.</param>
/// <param name="GuidanceRange">The noise levels σ/a at which guidance acted, if they were given.</param>
/// <param name="GuidanceRescale">The share of each image's deviation that was restored, if it was given.</param>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="WeightsSha256">The checksum of the weights that were sampled with.</param>
internal sealed record SamplesReport(
    string Source, int Count, string? Sha256 = null, ulong? Seed = null, string? Sampler = null, int? Evaluations = null, IReadOnlyList<int>? Timesteps = null,
    double? Eta = null, double? Tau = null, IReadOnlyList<double>? TauRange = null, int? Restarts = null,
    IReadOnlyList<double>? RestartRange = null, string? Variance = null, bool? LowerOrderFinal = null,
    string? UnipcVariant = null, bool? Corrector = null, bool? FullOrderStart = null, bool? ClipSample = null, string? Precision = null,
    double? GuidanceScale = null, string? Guide = null, IReadOnlyList<double>? GuidanceRange = null, double? GuidanceRescale = null,
    string? Checkpoint = null, string? WeightsSha256 = null)
{
    /// <summary>Samples of a run.</summary>
    public static SamplesReport Of(string folder, TrainedModel model, SamplingRequest request, SampleJob wanted, SamplingPlan plan)
    {
        var (tau, range) = Drawn(wanted.Sampler);
        return new(
            folder, wanted.Images.Count, null, request.Seed, wanted.Sampling.Sampler, plan.Evaluations, [.. plan.Lines.Map(line => line.Timestep)],
            wanted.Sampling.Eta, tau, range, wanted.Sampling.Restarts,
            wanted.Sampling.RestartRange is var (end, begin) ? [end, begin] : null, wanted.Sampling.Variance, wanted.Sampling.LowerOrderFinal ? true : null,
            wanted.Sampling.UnipcVariant, wanted.Sampling.Corrector, wanted.Sampling.FullOrderStart ? true : null, wanted.Setting.ClipSample,
            wanted.Precision == default ? null : request.Precision, wanted.GuidanceScale, wanted.Sampling.Guide,
            wanted.Sampling.GuidanceRange is var (least, most) ? [least, most] : null, wanted.Sampling.GuidanceRescale, model.Checkpoint, model.WeightsSha256);
    }

    /// <summary>τ and the noise levels between which it holds, for a sampler whose options choose them.</summary>
    internal static (double? Tau, IReadOnlyList<double>? Range) Drawn(Sampler sampler) =>
        sampler.ChosenNoise.Match<(double?, IReadOnlyList<double>?)>(noise => (noise.Tau, [noise.Least, noise.Most]), () => (null, null));
}

/// <summary>What computed the features.</summary>
internal sealed record FeaturesReport(string Name, string Sha256, int Dimension);

/// <summary>The real images: the training images are the reference, and the first of the test images give the floor.</summary>
internal sealed record ReferenceReport(string Dataset, int TrainImages, string TrainSha256, int FloorImages, string TestSha256);

/// <summary>How far images are from the training images.</summary>
/// <param name="FrechetDistance">The squared Fréchet distance.</param>
/// <param name="KernelDistance">The kernel distance, mean over subsets.</param>
/// <param name="KernelDeviation">Its standard deviation over subsets.</param>
/// <param name="Precision">The part of the images that lie on the manifold of the training images.</param>
/// <param name="Recall">The part of the training images that lie on the manifold of the images.</param>
internal sealed record DistanceReport(double FrechetDistance, double KernelDistance, double KernelDeviation, double Precision, double Recall);

/// <summary>The variational bound in bits per dimension, the mean over images.</summary>
/// <param name="Images">How many test images.</param>
/// <param name="ReverseVariance">The model's variance: beta, or learned.</param>
/// <param name="ClipSample">Whether estimates were clipped.</param>
/// <param name="Prior">L_T.</param>
/// <param name="Steps">The sum of L_1 … L_{T−1}.</param>
/// <param name="Decoder">L_0.</param>
/// <param name="Total">The bound.</param>
/// <param name="StandardError">Of the bound, over images.</param>
internal sealed record BoundReport(
    int Images, string ReverseVariance, bool ClipSample, double Prior, double Steps, double Decoder, double Total, double StandardError)
{
    /// <summary>The mean of bounds.</summary>
    public static BoundReport Of(Arr<VariationalBound> bounds, BoundSetting setting)
    {
        var total = bounds.Average(bound => bound.Total);
        var variance = bounds.Count < 2 ? double.NaN : bounds.Sum(bound => (bound.Total - total) * (bound.Total - total)) / (bounds.Count - 1);
        return new(
            bounds.Count, Ancestral.Variances.First(row => row.Value == setting.Variance).Name, setting.ClipSample, bounds.Average(bound => bound.Prior),
            bounds.Average(bound => bound.Steps.Sum()), bounds.Average(bound => bound.Decoder), total, Math.Sqrt(variance / bounds.Count));
    }
}

/// <summary>The classification accuracy score.</summary>
/// <param name="Accuracy">The part of the test images that a classifier trained on the generated images tells right.</param>
/// <param name="TestImages">How many.</param>
/// <param name="Epochs">How long it was trained.</param>
/// <param name="Seed">From which seed.</param>
internal sealed record ScoreReport(double Accuracy, int TestImages, int Epochs, ulong Seed);

/// <summary>evaluation.json: what was measured, and with what.</summary>
internal sealed record EvaluationReport(
    SamplesReport Samples, FeaturesReport Features, ReferenceReport Reference, string DistanceName, DistanceReport Generated, DistanceReport Floor,
    BoundReport? BitsPerDimension = null, ScoreReport? ClassificationAccuracyScore = null)
{
    /// <summary>How measurements are written.</summary>
    internal static JsonSerializerOptions Format { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>D: how much farther the images are than other real ones.</summary>
    public double AboveFloor => Generated.FrechetDistance - Floor.FrechetDistance;

    /// <summary>The report as JSON.</summary>
    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Format), (byte)'\n'];

    /// <summary>The report as lines.</summary>
    public Seq<string> Table()
    {
        static string Row(string name, params object[] cells) => Invariant($"{name,-20}{string.Concat(cells.Select(cell => Invariant($"{cell,14}")))}");
        static string Number(double value, string format) => value.ToString(format, System.Globalization.CultureInfo.InvariantCulture);
        var made = Samples.Evaluations is { } n ? Invariant($", {Samples.Sampler} with {n} evaluations, seed {Samples.Seed}") : "";
        var against = Invariant($"{Reference.TrainImages} training images of {Reference.Dataset}");
        var rows = Seq(
            Invariant($"{Samples.Count} images of {Samples.Source}{made}, against {against}"),
            $"features: {Features.Name}, {Features.Dimension} numbers, SHA-256 {Features.Sha256}",
            DistanceName,
            Row("", "images", "floor"),
            Row("Fréchet distance", Number(Generated.FrechetDistance, "F4"), Number(Floor.FrechetDistance, "F4")),
            Row("D, above the floor", Number(AboveFloor, "F4")),
            Row("kernel distance", Number(Generated.KernelDistance, "F5"), Number(Floor.KernelDistance, "F5")),
            Row("  over subsets ±", Number(Generated.KernelDeviation, "F5"), Number(Floor.KernelDeviation, "F5")),
            Row("precision", Number(Generated.Precision, "F3"), Number(Floor.Precision, "F3")),
            Row("recall", Number(Generated.Recall, "F3"), Number(Floor.Recall, "F3")));
        static string Terms(BoundReport bits) => Invariant($"{bits.Prior:F4} prior + {bits.Steps:F3} steps + {bits.Decoder:F3} decoder");
        var bound = toSeq(Optional(BitsPerDimension)).Map(bits => Row(
            "bits per dimension", Number(bits.Total, "F3"), Invariant($" ± {bits.StandardError:F3} = {Terms(bits)}, on {bits.Images} test images")));
        var score = toSeq(Optional(ClassificationAccuracyScore)).Map(found => Row("classif. accuracy", Number(100 * found.Accuracy, "F2") + " %"));
        return rows + bound + score;
    }
}
