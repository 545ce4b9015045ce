using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// A sampler, compiled: a straight-line program of affine updates, one network evaluation a line. Starting from an empty history and
/// base = x = Start.First·image + Start.Second·noise, line i does
/// <code>
/// estimate   o  = network(Input·x, Timestep), or Σ Factor·answer of several (Output)
///            x0 = Estimate.First·x + Estimate.Second·o, clipped to [−1, 1] where the plan says so
/// remember   hᵢ = Remember.X·x + Remember.Output·o + Remember.X0·x0
/// correct    base ← Correct.Base·base + Correct.X·x + Σₖ Correct.History[k]·hᵢ₋ₖ
/// predict    x    ← Predict.Base·base + Σₖ Predict.History[k]·hᵢ₋ₖ + s·z,  z fresh standard normal noise
/// </code>
/// and x after the last line is the sample. Everything that decides what happens is in this value; an executor decides nothing.
/// A sum runs from left to right as written, without the terms whose factor is 0: so ports agree to the bit.
/// <para>
/// Inpainting: if a part of the image is known, that part of x is replaced after each line by Marginal.First·image + Marginal.Second·noise, with the
/// noise that x started from.
/// </para>
/// </summary>
/// <param name="Start">
/// Factors of (image, noise) in the first x: (0, 1) to generate from noise, or (0, σ) on levels whose variance is not preserved; (a, σ) of a level to start
/// from an image.
/// </param>
/// <param name="Lines">In order of execution, from noise to image.</param>
/// <param name="ClipSample">Whether each estimate of x_0 is clipped to [−1, 1], the only step that is not affine.</param>
public sealed record SamplingPlan(LinearPair Start, Arr<SamplingLine> Lines, bool ClipSample)
{
    /// <summary>The plan, or an error for the first factor that is not finite in float32. Plans are executed in float32.</summary>
    public Validation<Error, SamplingPlan> InFloat32()
    {
        var faults = Lines.Map((i, line) => line.Factors.Find(factor => !float.IsFinite((float)factor.Value))
            .Map(factor => (Line: i + 1, line.Timestep, factor.Name, factor.Value))).Somes();
        return faults.HeadOrNone().Match(
            fault => Check.Fail<SamplingPlan>(
                Invariant($"the factor {fault.Name} in line {fault.Line} of {Lines.Count} (timestep {fault.Timestep})"), Invariant($"{fault.Value}"),
                "must be finite in float32 (use another sampler, or a schedule with less extreme β)"),
            () => this);
    }

    /// <summary>
    /// √(a² + σ²) after a number of lines: the standard deviation of x for images of variance 1. Pictures of x are divided by it. On chains it is 1, but for
    /// rounding.
    /// </summary>
    internal double DeviationAfter(int lines)
    {
        var (a, sigma) = lines == 0 ? Start : Lines[lines - 1].Marginal;
        return Math.Sqrt(a * a + sigma * sigma);
    }

    /// <summary>How often a network is evaluated for each image. A guided line asks twice.</summary>
    public int Evaluations => Lines.Sum(line => line.Output.Terms.Count);

    /// <summary>The largest number of history values that a line uses, the current one included.</summary>
    public int HistoryLength => Lines.IsEmpty ? 0 : Lines.Max(line => Math.Max(line.Correct.History.Count, line.Predict.History.Count));
}

/// <summary>One line of a <see cref="SamplingPlan"/>: one network evaluation and the update that uses it.</summary>
/// <param name="Timestep">The timestep given to the network, in [0, T).</param>
/// <param name="Input">The factor of x in what the network sees: 1, but for EDM's prediction.</param>
/// <param name="Estimate">Factors of (x, o) in the estimate of the clean image.</param>
/// <param name="Remember">The new value of the history.</param>
/// <param name="Correct">The new base: x itself in most samplers.</param>
/// <param name="Predict">The next x from the base and the history.</param>
/// <param name="Noise">The standard deviation s of the fresh noise.</param>
/// <param name="Marginal">Factors of (image, noise) in x after the line, for a known image: (a, σ) of the level that the line reaches.</param>
public sealed record SamplingLine(
    int Timestep, double Input, LinearPair Estimate, Memory Remember, Correction Correct, Advance Predict, NoiseRange Noise, LinearPair Marginal)
{
    /// <summary>How o follows from the answers of networks: the model's answer, unless the line is guided.</summary>
    public GuidedOutput Output { get; init; } = GuidedOutput.Plain;

    /// <summary>All factors by name.</summary>
    internal Seq<(string Name, double Value)> Factors =>
        Seq<(string Name, double Value)>(
            ("Input", Input), ("Estimate.First", Estimate.First), ("Estimate.Second", Estimate.Second),
            ("Remember.X", Remember.X), ("Remember.Output", Remember.Output), ("Remember.X0", Remember.X0),
            ("Correct.Base", Correct.Base), ("Correct.X", Correct.X), ("Predict.Base", Predict.Base),
            ("Output.Rescale", Output.Rescale), ("Noise.Least", Noise.Least), ("Noise.Most", Noise.Most),
            ("Marginal.First", Marginal.First), ("Marginal.Second", Marginal.Second))
        + toSeq(Output.Terms.Map(term => (Name: Invariant($"Output.{term.Source}"), Value: term.Factor)))
        + toSeq(Correct.History.Map((k, factor) => (Name: Invariant($"Correct.History[{k}]"), Value: factor)))
        + toSeq(Predict.History.Map((k, factor) => (Name: Invariant($"Predict.History[{k}]"), Value: factor)));
}

/// <summary>The value that a line stores: X·x + Output·o + X0·x0.</summary>
/// <param name="X">The factor of x.</param>
/// <param name="Output">The factor of the network's output o.</param>
/// <param name="X0">The factor of the estimated clean image, after clipping.</param>
public readonly record struct Memory(double X, double Output, double X0)
{
    /// <summary>The estimated clean image itself.</summary>
    public static Memory CleanImage { get; } = new(0, 0, 1);
}

/// <summary>base ← Base·base + X·x + Σₖ History[k]·hᵢ₋ₖ.</summary>
/// <param name="Base">The factor of the old base.</param>
/// <param name="X">The factor of the point at which the network was evaluated.</param>
/// <param name="History">Factors of the history, the newest first.</param>
public sealed record Correction(double Base, double X, Arr<double> History)
{
    /// <summary>base ← x: as in every sampler without a corrector.</summary>
    public static Correction None { get; } = new(0, 1, Arr<double>.Empty);

    /// <summary>The base stays: the next point is reached from the same base as the last one.</summary>
    public static Correction Stay { get; } = new(1, 0, Arr<double>.Empty);
}

/// <summary>x ← Base·base + Σₖ History[k]·hᵢ₋ₖ (+ noise).</summary>
/// <param name="Base">The factor of the base.</param>
/// <param name="History">Factors of the history, the newest first.</param>
public sealed record Advance(double Base, Arr<double> History);

/// <summary>
/// The standard deviation of a line's fresh noise: one number. For a network with a learned variance (Nichol and Dhariwal 2021, eq. 15) it is a
/// range. A second output f then chooses from it, separately for each pixel: s = Least^(1 − f)·Most^f. An f outside of [0, 1] goes beyond the range.
/// </summary>
/// <param name="Least">≥ 0.</param>
/// <param name="Most">≥ Least; 0 draws no noise.</param>
public readonly record struct NoiseRange(double Least, double Most)
{
    /// <summary>No noise.</summary>
    public static NoiseRange None { get; } = new(0, 0);

    /// <summary>One standard deviation for all pixels.</summary>
    public static NoiseRange Of(double deviation) => new(deviation, deviation);

    /// <summary>Whether the line draws noise.</summary>
    public bool Draws => Most > 0;

    /// <summary>Whether a second output of the network chooses within the range.</summary>
    public bool IsLearned => Least != Most;

    /// <summary>ln(Most/Least), the factor of f in ln s.</summary>
    public double LogWidth => IsLearned ? Numerics.Elementary.Log(Most) - Numerics.Elementary.Log(Least) : 0;

    /// <summary>s at a fraction f.</summary>
    public double At(double fraction) => Least * Numerics.Elementary.Exp(fraction * LogWidth);
}
