using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;

namespace Ddpm.Pure.Options;

/// <summary>A network by name, with the tutorial's habits where it is the tutorial's.</summary>
/// <param name="Network">The network, by name.</param>
/// <param name="ClipSample">Whether sampling clips the estimate of x_0 unless told otherwise.</param>
/// <param name="StretchPixels">Whether pictures are stretched to their own range unless told otherwise.</param>
/// <param name="Sampling">How samples are made unless told otherwise, as far as prediction and schedule allow: see <see cref="DiffusionModel.UsualSampling"/>.</param>
/// <param name="Recipe">How it is trained unless told otherwise.</param>
public sealed record Preset(string Network, bool ClipSample, bool StretchPixels, SamplingOptions Sampling, TrainingOptions Recipe)
{
    /// <summary>The fewest evaluations that come as near to real images as the full chain does, within what its seeds differ by, by the measurements of Ddpm.Host/RESULTS.md.</summary>
    private static SamplingOptions FewSteps { get; } = new() { Sampler = "sa-solver-2", Spacing = "karras", SamplingSteps = 10 };

    /// <summary>
    /// How samples are made of a network that predicts something unless told otherwise. Karras' spacing suits ε and x_0. A network that predicts the velocity
    /// does as well or better with even timesteps, on every schedule but the cosine one with zero terminal SNR, where it lost 3 % (Ddpm.Host/RESULTS.md).
    /// </summary>
    /// <param name="prediction">What the network predicts.</param>
    public SamplingOptions SamplingOf(Prediction prediction) => prediction is Prediction.Velocity && Sampling.Spacing == "karras" ? Sampling with { Spacing = "trailing" } : Sampling;

    /// <summary>The tutorial's network and its way of making and showing samples, exactly.</summary>
    public static Preset Original { get; } = new(Network: "original", ClipSample: false, StretchPixels: true, new SamplingOptions(), new TrainingOptions());

    /// <summary>The same network with residual paths, its samples shown as they are.</summary>
    public static Preset Standard { get; } = new(Network: "standard", ClipSample: true, StretchPixels: false, FewSteps, new TrainingOptions());

    /// <summary>The standard network with the recipe that came much nearer to real images in the same time (Ddpm.Host/RESULTS.md).</summary>
    public static Preset Best { get; } = new(Network: "standard", ClipSample: true, StretchPixels: false, FewSteps, new TrainingOptions
    {
        LearningRate = 2e-3,
        LearningRateSchedule = "cosine",
        WarmUpSteps = 500,
        EmaDecay = 0.999,
        ClipNorm = 1,
    });
}
