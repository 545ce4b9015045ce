using System.Text.Json;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Pure.Sampling;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Runs;

/// <summary>plans/learnt-N.json: a plan of N evaluations that was fitted to a run, with its receipt.</summary>
/// <param name="Evaluations">N, the evaluations of networks for each image, the guide's included.</param>
/// <param name="WeightsSha256">The checksum of the weights that it was fitted to.</param>
/// <param name="ClipSample">Whether estimates of the image were clipped.</param>
/// <param name="Guide">The guide that its guided lines ask; null if no line is guided.</param>
/// <param name="Seed">The seed of the noise and of the search.</param>
/// <param name="Images">How many images each candidate was judged by.</param>
/// <param name="Tries">How many candidates were judged.</param>
/// <param name="LongSteps">The steps of the long samples that candidates were compared with.</param>
/// <param name="Before">The distance (SampleDistance) to long samples of the plan that the search began with, with other noise than the candidates'.</param>
/// <param name="After">The distance of this plan, from the same noise as <paramref name="Before"/>.</param>
/// <param name="Gaussian">What the plan does to Gaussian data.</param>
/// <param name="Lines">The numbers of the plan.</param>
internal sealed record LearntPlanFile(
    int Evaluations, string WeightsSha256, bool ClipSample, string? Guide, ulong Seed, int Images, int Tries, int LongSteps, double Before,
    double After, LearntPlanFile.GaussianOutcome Gaussian, IReadOnlyList<LearntPlanFile.Line> Lines)
{
    /// <summary>The most evaluations that a plan is fitted for.</summary>
    public const int MostEvaluations = 50;

    private const int LargestFile = 1 << 20;

    /// <summary>One line; see <see cref="LearntLine"/>.</summary>
    internal sealed record Line(int Timestep, double X, IReadOnlyList<double> History, double? Guidance = null);

    /// <summary>
    /// Gaussian data with the mean and the deviation of the long samples' numbers, and what the plan makes of them with their exact network, in closed form.
    /// Without an error, the plan would keep both.
    /// </summary>
    internal sealed record GaussianOutcome(double Mean, double Deviation, double PlanMean, double PlanDeviation);

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Where a run keeps its plan of N evaluations.</summary>
    public static string PathIn(RunFolder folder, int evaluations) => folder.Within("plans", Invariant($"learnt-{evaluations}.json"));

    /// <summary>The numbers of a plan as they are written.</summary>
    public static IReadOnlyList<Line> LinesOf(LearntPlan plan) =>
        [.. plan.Lines.Map(line => new Line(line.Timestep, line.X, [.. line.History], line.Guidance.ToNullable()))];

    /// <summary>Writes the file, whole or not at all.</summary>
    public Fin<string> Write(RunFolder folder)
    {
        var path = PathIn(folder, Evaluations);
        return from made in Folders.CreateInside(folder.Path, folder.Within("plans"))
               from written in folder.Write(path, (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(this, Format), (byte)'\n'])
               select path;
    }

    /// <summary>Reads the plan of N evaluations of a run.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="evaluations">N; null takes the only plan of the run.</param>
    /// <returns>The file; or that there is none, that there are several, or that it is damaged, and what to do.</returns>
    public static Fin<LearntPlanFile> Read(RunFolder folder, int? evaluations) =>
        from number in Chosen(folder, evaluations)
        let path = PathIn(folder, number)
        from file in Folders.Read(path, LargestFile).Bind(bytes => FromJson(bytes.Span)).Bind(file => Outcomes.Require(
            file.Evaluations == number && file.Lines.Sum(line => line.Guidance is null ? 1 : 2) == number,
            Invariant($"it does not have {number} evaluations: fit it again with train-plan --evaluations {number}"),
            ExitCode.Failure).Map(_ => file)).At(path)
        select file;

    private static Fin<int> Chosen(RunFolder folder, int? asked)
    {
        int[] fitted = [.. Enumerable.Range(0, MostEvaluations + 1).Where(number => File.Exists(PathIn(folder, number)))];
        var evaluations = string.Join(", ", fitted.Select(number => Invariant($"{number}")));
        return (asked ?? (fitted is [var only] ? only : null), fitted) switch
        {
            ({ } number, _) when fitted.Contains(number) => number,
            (_, []) => Error.New(ExitCode.Usage, $"there is no learnt plan in {folder.Path}: fit one with train-plan"),
            ({ } number, _) => Error.New(
                ExitCode.Usage,
                Invariant($"there is no learnt plan of {number} evaluations in {folder.Path}: choose {evaluations}, or fit one with train-plan")),
            (null, _) => Error.New(
                ExitCode.Usage, $"{folder.Path} has learnt plans of {evaluations} evaluations: choose one with --sampling-steps"),
        };
    }

    /// <summary>The plan, if it was fitted to these weights.</summary>
    /// <param name="weightsSha256">The checksum of the weights to sample with.</param>
    /// <param name="steps">T of the run's noise schedule.</param>
    public Fin<LearntPlan> PlanFor(string weightsSha256, int steps) => Outcomes
        .Require(
            weightsSha256 == WeightsSha256,
            Invariant($"the learnt plan was fitted to other weights of this run: fit it again with train-plan --evaluations {Evaluations}"),
            ExitCode.Failure)
        .Bind(_ => PlanOn(steps));

    /// <summary>The plan, with its numbers checked.</summary>
    /// <param name="steps">T of the run's noise schedule.</param>
    public Fin<LearntPlan> PlanOn(int steps) => LearntPlan
        .Of(Lines.Map(line => new LearntLine(line.Timestep, line.X, line.History.ToArr(), Optional(line.Guidance))).ToArr(), steps)
        .OrFailure().At("the learnt plan is damaged");

    private static Fin<LearntPlanFile> FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<LearntPlanFile>(json, Format) is { } file && file.Lines.All(line => line is not null)
                ? file
                : Damaged("lines are missing");
        }
        catch (JsonException e)
        {
            return Damaged(Invariant($"line {e.LineNumber + 1} is not valid"));
        }
    }

    private static Error Damaged(string what) => Error.New($"it is not a learnt plan, or it is damaged: {what}; fit it again with train-plan");
}
