using Ddpm.Pure.Numerics;

namespace Ddpm.Pure.Optimisation;

/// <summary>
/// The cross entropy −Σ yₖ·ln pₖ of a label, with p = softmax(z) of the logits z. Label smoothing (Szegedy et al. 2016, section 7) spreads a part s of the
/// target y evenly over all classes, and the label gets the rest.
/// </summary>
public static class CrossEntropy
{
    /// <summary>The cross entropy and its gradient.</summary>
    /// <param name="logits">z, K numbers.</param>
    /// <param name="label">In [0, K).</param>
    /// <param name="smoothing">s, in [0, 1).</param>
    /// <param name="gradient">Receives the gradient p − y, K numbers.</param>
    public static double Of(ReadOnlySpan<double> logits, int label, double smoothing, Span<double> gradient)
    {
        var largest = double.NegativeInfinity;
        foreach (var logit in logits)
        {
            largest = Math.Max(largest, logit); // without the largest, nothing overflows
        }

        var sum = 0.0;
        for (var k = 0; k < logits.Length; k++)
        {
            sum += gradient[k] = Elementary.Exp(logits[k] - largest);
        }

        var loss = Elementary.Log(sum); // Σ yₖ = 1, so the loss is ln Σ eᶻ − Σ yₖ·zₖ
        for (var k = 0; k < logits.Length; k++)
        {
            var target = smoothing / logits.Length + (k == label ? 1 - smoothing : 0);
            loss -= target * (logits[k] - largest);
            gradient[k] = gradient[k] / sum - target;
        }

        return loss;
    }
}
