using Ddpm.Pure.Numerics;

namespace Ddpm.Pure.Optimisation;

/// <summary>
/// Adam (Kingma and Ba 2015, algorithm 1): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − η/(1 − β₁ⁿ)·m/(√v/√(1 − β₂ⁿ) + ε). With weight decay λ, the
/// update starts from (1 − η·λ)·θ, as in PyTorch's AdamW. In Loshchilov and Hutter 2019, algorithm 2, only the schedule's multiplier scales λ, not the peak
/// learning rate: their λ is ours times the peak rate.
/// </summary>
/// <param name="Beta1">β₁ ∈ [0, 1).</param>
/// <param name="Beta2">β₂ ∈ [0, 1).</param>
/// <param name="Epsilon">ε > 0.</param>
public sealed record Adam(double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8)
{
    /// <summary>The factor of m in update n ≥ 1 at learning rate η: η/(1 − β₁ⁿ).</summary>
    public double StepSize(int n, double learningRate) => learningRate / Correction(Beta1, n);

    /// <summary>The factor of √v in update n ≥ 1: 1/√(1 − β₂ⁿ).</summary>
    public double RootCorrection(int n) => 1 / Math.Sqrt(Correction(Beta2, n));

    /// <summary>One update of one number. The executors do this to all weights.</summary>
    public (double Theta, double M, double V) Update(double theta, double m, double v, double gradient, int n, double learningRate, double weightDecay = 0)
    {
        m = Beta1 * m + (1 - Beta1) * gradient;
        v = Beta2 * v + (1 - Beta2) * gradient * gradient;
        return ((1 - learningRate * weightDecay) * theta - StepSize(n, learningRate) * m / (Math.Sqrt(v) * RootCorrection(n) + Epsilon), m, v);
    }

    /// <summary>1 − βⁿ.</summary>
    private static double Correction(double beta, int n) => -Elementary.ExpM1(n * Elementary.Log(beta));
}
