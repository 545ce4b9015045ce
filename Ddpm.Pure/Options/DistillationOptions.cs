using System.Text.Json.Serialization;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Options;

/// <summary>How a trained network becomes a student that makes images in a few evaluations. The receipt of a distilled run holds this record.</summary>
public sealed record DistillationOptions
{
    /// <summary>The most evaluations that a student is made for. With more, the samplers of trained networks do as well.</summary>
    public const int MostEvaluations = 8;

    /// <summary>How many images the student makes while it learns, ≥ <see cref="BatchSize"/>. The critic learns from all of them.</summary>
    public int Images { get; init; } = 80_000;

    /// <summary>Images per step, ≥ 1.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The evaluations that the student is made for, in [1, <see cref="MostEvaluations"/>]. It also learns to stop after fewer.</summary>
    public int Evaluations { get; init; } = 2;

    /// <summary>
    /// The noise level σ/a of the student's first evaluation. It starts from noise alone, at a level where a network trained on images has still some of
    /// them to see: there it answers with details, and not with the mean of all images.
    /// </summary>
    public double MostNoise { get; init; } = 4;

    /// <summary>The noise level σ/a of the student's last evaluation, in (0, <see cref="MostNoise"/>). One evaluation alone is at the other level.</summary>
    public double LeastNoise { get; init; } = 0.8;

    /// <summary>The student's highest learning rate, in (0, 1). It falls to 0 by a cosine.</summary>
    public double LearningRate { get; init; } = 2e-4;

    /// <summary>The critic's highest learning rate, in (0, 1). It falls to 0 by a cosine.</summary>
    public double CriticLearningRate { get; init; } = 1e-3;

    /// <summary>β₁ of the student's Adam, in [0, 1). Low, as in adversarial training: the critic changes, so old gradients mislead.</summary>
    public double Momentum { get; init; } = 0.5;

    /// <summary>The critic's updates for each of the student's, ≥ 1: the critic has to keep up with the student.</summary>
    public int CriticUpdates { get; init; } = 2;

    /// <summary>
    /// The critic's updates before the student's first, ≥ 0, but at most a tenth of all: the critic begins as the teacher, and does not know the student's
    /// images yet.
    /// </summary>
    public int CriticLead { get; init; } = 120;

    /// <summary>The decay of the average of the student's weights, which samples are made with, in [0, 1).</summary>
    public double EmaDecay { get; init; } = 0.98;

    /// <summary>The seed of every random number of the distillation.</summary>
    public ulong Seed { get; init; }

    /// <summary>How the student is sampled by default: its evaluations at noise levels spread evenly in λ = ln(a/σ).</summary>
    [JsonIgnore]
    public SamplingOptions Sampling => new()
    {
        Sampler = new Consistency().Name,
        Spacing = "uniform-lambda",
        SigmaRange = (LeastNoise, MostNoise),
        SamplingSteps = Evaluations,
    };

    /// <summary>Checks the ranges.</summary>
    /// <returns>The options, or every fault.</returns>
    internal Validation<Error, DistillationOptions> Checked() =>
        (Check.AtLeast("batch-size", BatchSize, 1),
            Check.AtLeast("images", Images, Math.Max(1, BatchSize)),
            Check.That("evaluations", Evaluations, Evaluations is >= 1 and <= MostEvaluations, Invariant($"must lie in [1, {MostEvaluations}]")),
            Check.That("momentum", Momentum, Momentum is >= 0 and < 1, "must lie in [0, 1)"),
            Check.AtLeast("critic-updates", CriticUpdates, 1),
            Check.AtLeast("critic-lead", CriticLead, 0))
        .Apply((_, _, _, _, _, _) => this);
}
