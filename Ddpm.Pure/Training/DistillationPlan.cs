using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Random;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Training;

/// <summary>
/// The plan of a distillation (<see cref="DistributionMatching"/>): a pure function from (options, model, step) to what the step computes. The student makes
/// its images as the sampler <see cref="Consistency"/> does, from noise alone: no step reads a training image.
/// </summary>
public sealed record DistillationPlan
{
    /// <summary>
    /// Timesteps at which student's images are judged, as fractions of T. Below, little noise hides errors of the critic; above, almost no image is left.
    /// </summary>
    private const double LeastJudged = 0.02, MostJudged = 0.9;

    private const double ClipNorm = 1;

    private const int WarmUpSteps = 20;

    private DistillationPlan(
        DistillationOptions options, DiffusionModel model, SamplingPlan sampling, LearningRate student, LearningRate critic,
        ExponentialMovingAverage average) =>
        (Options, Model, Sampling, StudentRate, CriticRate, Average) = (options, model, sampling, student, critic, average);

    /// <summary>The options.</summary>
    public DistillationOptions Options { get; }

    /// <summary>The teacher's model, which is the student's too.</summary>
    public DiffusionModel Model { get; }

    /// <summary>How the student makes images: one line for each evaluation. Estimates of images are clipped.</summary>
    public SamplingPlan Sampling { get; }

    /// <summary>The learning rates by step.</summary>
    private LearningRate StudentRate { get; }

    private LearningRate CriticRate { get; }

    private ExponentialMovingAverage Average { get; }

    /// <summary>The number of steps.</summary>
    public int Steps => Options.Images / Options.BatchSize;

    /// <summary>The critic's updates before the student's first: <see cref="DistillationOptions.CriticLead"/>, or a tenth of a shorter distillation.</summary>
    public int Lead => Math.Min(Options.CriticLead, Steps / 10);

    /// <summary>The plan of a distillation.</summary>
    /// <param name="options">The options.</param>
    /// <param name="model">The teacher's model: without classes and learned variance, for neither is measured yet.</param>
    /// <returns>The plan, or every fault.</returns>
    public static Validation<Error, DistillationPlan> Of(DistillationOptions options, DiffusionModel model) => options.Checked().Bind(_ =>
        (options.Sampling.Compile(model.Schedule, model.Prediction, clipSample: true),
            RateOf("learning-rate", options.LearningRate, options),
            RateOf("critic-learning-rate", options.CriticLearningRate, options),
            ExponentialMovingAverage.Of(options.EmaDecay),
            Check.That("conditional", true, model.Network.Classes == 0, "must be off: only runs without classes can be distilled"),
            Check.That("learn-variance", true, !model.Network.LearnsVariance, "must be off: only runs with a fixed variance can be distilled"))
        .Apply((sampling, student, critic, average, _, _) => new DistillationPlan(options, model, sampling, student, critic, average)));

    /// <summary>A step.</summary>
    /// <param name="n">Its number in [0, <see cref="Steps"/>).</param>
    public DistillationStep Step(int n)
    {
        var (size, lines, schedule) = (Options.BatchSize, Sampling.Lines, Model.Schedule);
        var draws = new RandomStream(Options.Seed, StreamName.DistillationTimesteps);
        var behind = n - Lead;
        int Judged(double u) => (int)((LeastJudged + u * (MostJudged - LeastJudged)) * schedule.Steps);
        return new(
            n,
            Range(0, size).Map(i => (int)((long)i * lines.Count / size)).ToArr(),
            Range(0, size).Map(i => Judged(draws.At(i, n).Uniform(0))).ToArr(),
            Range(0, size).Map(i => draws.At(i, n).Below(1, schedule.Steps)).ToArr(),
            behind < 0 || behind % Options.CriticUpdates != 0
                ? None
                : Some(new WeightUpdate(StudentRate.At(n), ClipNorm, AverageDecay: Average.DecayAt(behind / Options.CriticUpdates))
                {
                    Adam = new(Options.Momentum),
                }),
            new(CriticRate.At(n), ClipNorm),
            Options.Seed);
    }

    /// <summary>What the student should answer for an image, as factors of (x, image), and how much the squared error of that answer counts.</summary>
    /// <param name="evaluation">The number of its evaluation: a line of <see cref="Sampling"/>.</param>
    public (LinearPair Output, double Weight) Target(int evaluation) => Model.Schedule[Sampling.Lines[evaluation].Timestep] is var level
        ? (Model.Prediction.Output(level), DistributionMatching.Weight(Model.Prediction, level))
        : default;

    private static Validation<Error, LearningRate> RateOf(string name, double peak, DistillationOptions options)
    {
        var steps = Math.Max(1, options.Images / Math.Max(1, options.BatchSize));
        return Check.Inside(name, peak, 0, 1).Bind(rate => LearningRate.Cosine.Of(rate, Math.Min(WarmUpSteps, steps - 1), steps, finalFraction: 0));
    }
}

/// <summary>One step of a distillation. Its images are numbered 0, 1, …; their noise depends on (seed, number, step) alone.</summary>
/// <param name="Number">The number of the step, from 0.</param>
/// <param name="Evaluations">The evaluation of the student that makes each image, in rising order: the ones before it make what it starts from.</param>
/// <param name="Judged">The timestep at which teacher and critic judge each image.</param>
/// <param name="Learned">The timestep at which the critic learns each image.</param>
/// <param name="Student">How the student's weights change; none if the critic alone learns in this step.</param>
/// <param name="Critic">How the critic's weights change.</param>
/// <param name="Seed">The seed of the noise.</param>
public sealed record DistillationStep(
    int Number, Arr<int> Evaluations, Arr<int> Judged, Arr<int> Learned, Option<WeightUpdate> Student, WeightUpdate Critic, ulong Seed)
{
    /// <summary>Fills the noise of an evaluation of some images, one after another.</summary>
    /// <param name="evaluation">The evaluation, from 0.</param>
    /// <param name="first">The number of the first image.</param>
    /// <param name="count">How many images.</param>
    /// <param name="destination"><paramref name="count"/> equal parts.</param>
    public void FillStart(int evaluation, int first, int count, Span<float> destination) =>
        Fill(StreamName.DistillationImages, evaluation, first, count, destination);

    /// <summary>Fills the noise that some images are judged with.</summary>
    public void FillJudging(int first, int count, Span<float> destination) => Fill(StreamName.DistillationNoise, 0, first, count, destination);

    /// <summary>Fills the noise that the critic learns some images with.</summary>
    public void FillLearning(int first, int count, Span<float> destination) => Fill(StreamName.DistillationNoise, 1, first, count, destination);

    private void Fill(StreamName name, int part, int first, int count, Span<float> destination)
    {
        var (stream, pixels) = (new RandomStream(Seed, name), destination.Length / count);
        for (var i = 0; i < count; i++)
        {
            stream.At(first + i, Number).FillNormals(destination.Slice(i * pixels, pixels), part * pixels);
        }
    }
}
