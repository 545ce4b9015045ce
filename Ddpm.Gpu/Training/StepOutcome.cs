
namespace Ddpm.Gpu.Training;

/// <summary>What a training step found.</summary>
/// <param name="Loss">The loss before the update: the weighted mean of the squared errors of the step's images, and the loss of a learned variance.</param>
/// <param name="GradientNorm">The length of the gradient, before any clipping.</param>
public readonly record struct StepOutcome(double Loss, double GradientNorm)
{
    /// <summary>Whether both are numbers; if not, the weights after the step are worth nothing.</summary>
    public bool IsFinite => double.IsFinite(Loss) && double.IsFinite(GradientNorm);
}
