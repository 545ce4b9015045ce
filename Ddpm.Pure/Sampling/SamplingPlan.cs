using Ddpm.Pure.Diffusion;
using LanguageExt;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// A sampler, compiled: a straight-line program of affine updates, one network evaluation a line. Starting from base = x = initial noise and
/// an empty history, line i does
/// <code>
/// estimate   o  = network(x, Timestep)
///            x0 = Estimate.First·x + Estimate.Second·o, clipped to [−1, 1] where the plan says so
/// remember   hᵢ = Remember.First·x + Remember.Second·x0
/// correct    base ← Correct.Base·base + Correct.X·x + Σₖ Correct.History[k]·hᵢ₋ₖ
/// predict    x    ← Predict.Base·base + Σₖ Predict.History[k]·hᵢ₋ₖ + Noise·z,  z fresh standard normal noise
/// </code>
/// and x after the last line is the sample. Everything that decides what happens is in this value; an executor decides nothing.
/// </summary>
/// <param name="Lines">In the order of execution, from noise to image.</param>
/// <param name="ClipSample">Whether each estimate of x_0 is clipped to [−1, 1], the only step that is not affine.</param>
public sealed record SamplingPlan(Arr<SamplingLine> Lines, bool ClipSample)
{
    /// <summary>How many values of the history the longest line reaches back, the current one included.</summary>
    public int HistoryLength => Lines.IsEmpty ? 0 : Lines.Max(line => Math.Max(line.Correct.History.Count, line.Predict.History.Count));
}

/// <summary>One line of a <see cref="SamplingPlan"/>: one network evaluation and what follows from it.</summary>
/// <param name="Timestep">The timestep given to the network, in [0, T).</param>
/// <param name="Estimate">Factors of (x, o) in the estimate of the clean image.</param>
/// <param name="Remember">Factors of (x, x0) in the history's new value: x0 itself, or the ε that it implies.</param>
/// <param name="Correct">How the base moves: to x itself in most samplers.</param>
/// <param name="Predict">The next x from the base and the history.</param>
/// <param name="Noise">The standard deviation of the fresh noise, ≥ 0; 0 draws none.</param>
public sealed record SamplingLine(int Timestep, LinearPair Estimate, LinearPair Remember, Correction Correct, Advance Predict, double Noise);

/// <summary>base ← Base·base + X·x + Σₖ History[k]·hᵢ₋ₖ.</summary>
/// <param name="Base">The factor of the old base.</param>
/// <param name="X">The factor of the point where the network was evaluated.</param>
/// <param name="History">Factors of the history, the newest first.</param>
public sealed record Correction(double Base, double X, Arr<double> History)
{
    /// <summary>base ← x: the point itself, as in every sampler without a corrector.</summary>
    public static Correction None { get; } = new(0, 1, Arr<double>.Empty);
}

/// <summary>x ← Base·base + Σₖ History[k]·hᵢ₋ₖ (+ noise).</summary>
/// <param name="Base">The factor of the base.</param>
/// <param name="History">Factors of the history, the newest first.</param>
public sealed record Advance(double Base, Arr<double> History);
