using Ddpm.Pure.Optimisation;
using FsCheck.Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Training;

[Properties(Arbitrary = [typeof(Generators)])]
public sealed class AdamLaws
{
    private const double LearningRate = 1e-3;

    /// <summary>
    /// The algorithm as printed: m̂ = m/(1 − β₁ⁿ), v̂ = v/(1 − β₂ⁿ), θ ← θ − η·m̂/(√v̂ + ε). 1 − β₂ⁿ is no less than 0.001, which costs three digits.
    /// </summary>
    [Law]
    public bool Updates_follow_the_algorithm_as_printed(Pixel start, Pixel[] gradients)
    {
        var adam = new Adam();
        double theta = start.Value, m = 0, v = 0, expected = start.Value, first = 0, second = 0;
        for (var n = 1; n <= gradients.Length; n++)
        {
            var g = gradients[n - 1].Value;
            (theta, m, v) = adam.Update(theta, m, v, g, n, LearningRate);
            first = 0.9 * first + 0.1 * g;
            second = 0.999 * second + 0.001 * g * g;
            expected -= LearningRate * (first / (1 - Math.Pow(0.9, n))) / (Math.Sqrt(second / (1 - Math.Pow(0.999, n))) + 1e-8);
        }

        return Near(expected, theta, 4 * Epsilon * (1 + Math.Abs(start.Value) + 1000 * LearningRate) * (1 + gradients.Length));
    }

    /// <summary>m̂ = g and √v̂ = |g|: the first step is η·g/(|g| + ε).</summary>
    [Law]
    public bool The_first_step_is_the_learning_rate_against_the_gradient_s_sign(Pixel gradient, Fraction scale)
    {
        var g = gradient.Value * scale.Value;
        var (theta, _, _) = new Adam().Update(0, 0, 0, g, 1, LearningRate);
        return Near(-LearningRate * g / (Math.Abs(g) + 1e-8), theta, 1e-12 * LearningRate)
            && Math.Sign(theta) == -Math.Sign(g) && Math.Abs(theta) <= LearningRate * (1 + 1e-12);
    }

    [Law]
    public bool Weight_decay_takes_its_part_of_the_weight_and_touches_nothing_else(Pixel theta, Pixel gradient, Fraction decay)
    {
        var (plain, decayed) = (
            new Adam().Update(theta.Value, 0, 0, gradient.Value, 1, LearningRate),
            new Adam().Update(theta.Value, 0, 0, gradient.Value, 1, LearningRate, decay.Value));
        return Near(plain.Theta - LearningRate * decay.Value * theta.Value, decayed.Theta, 4 * Epsilon * (1 + Math.Abs(theta.Value)))
            && (plain.M, plain.V) == (decayed.M, decayed.V);
    }

    [Law]
    public bool A_gradient_that_was_always_0_moves_nothing(Pixel theta, byte n) =>
        new Adam().Update(theta.Value, 0, 0, 0, n + 1, LearningRate) == (theta.Value, 0, 0);
}
