using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Options;

/// <summary>A network by name, with its training recipe and its sampling. The preset "original" follows the tutorial in all of them.</summary>
/// <param name="Network">The name of the network.</param>
/// <param name="ClipSample">Whether sampling clips the estimate of x_0 by default.</param>
/// <param name="StretchPixels">Whether pictures are stretched to their own range by default.</param>
/// <param name="Sampling">The default sampling, as far as prediction and schedule allow it: see <see cref="DiffusionModel.UsualSampling"/>.</param>
/// <param name="Recipe">The default training options.</param>
public sealed record Preset(string Network, bool ClipSample, bool StretchPixels, SamplingOptions Sampling, TrainingOptions Recipe)
{
    /// <summary>
    /// The fewest evaluations whose images are as near to real ones as the full chain's, within the difference between its seeds (Ddpm.Host/RESULTS.md).
    /// </summary>
    private static SamplingOptions FewSteps { get; } = new() { Sampler = "sa-solver-2", Spacing = "karras", SamplingSteps = 10 };

    /// <summary>
    /// The default sampling of a run that kept the weights of <see cref="GuideEpoch"/>: they guide it. Null if the preset does not guide.
    /// </summary>
    public SamplingOptions? Guided { get; init; }

    /// <summary>The name of the guide that a run keeps of itself: its own weights early in training.</summary>
    public const string PastGuide = "past";

    /// <summary>The fewest epochs of a run that is guided by default. Shorter runs were not measured.</summary>
    public const int FewestGuidedEpochs = 10;

    /// <summary>How much of a run its guide has seen, in percent of the epochs: epoch 3 of 20 was the best guide (Ddpm.Host/RESULTS.md).</summary>
    public int GuidePercent { get; init; } = 15;

    /// <summary>The epoch whose weights are the guide.</summary>
    /// <param name="epochs">The epochs of the run, ≥ 1.</param>
    public int GuideEpoch(int epochs) => Math.Max(1, (GuidePercent * epochs + 50) / 100);

    /// <summary>The epoch whose weights guide a run by default; none if the preset does not guide, or the run is too short.</summary>
    /// <param name="epochs">The epochs of the run, ≥ 1.</param>
    public Option<int> UsualGuideEpoch(int epochs) => Guided is not null && epochs >= FewestGuidedEpochs ? GuideEpoch(epochs) : None;

    /// <summary>
    /// The default sampling for a network's prediction. Karras' spacing suits ε and x_0. With velocity, even timesteps do as well or better on every
    /// schedule except the cosine schedule with zero terminal SNR, where they lost 3 % (Ddpm.Host/RESULTS.md).
    /// </summary>
    /// <param name="prediction">What the network predicts.</param>
    public SamplingOptions SamplingOf(Prediction prediction) =>
        prediction is Prediction.Velocity && Sampling.Spacing == "karras" ? Sampling with { Spacing = "trailing" } : Sampling;

    /// <summary>The tutorial's recipe: a constant learning rate, and nothing else.</summary>
    private static TrainingOptions TutorialRecipe { get; } = new()
    {
        Optimiser = "adam",
        LearningRate = 1e-3,
        LearningRateSchedule = "constant",
        WarmUpSteps = 0,
        EmaDecay = null,
        ClipNorm = null,
    };

    /// <summary>The tutorial's network, with exactly its way of making and showing samples.</summary>
    public static Preset Original { get; } = new(Network: "original", ClipSample: false, StretchPixels: true, new SamplingOptions(), TutorialRecipe);

    /// <summary>The same network with residual paths. Its samples are shown without stretching.</summary>
    public static Preset Standard { get; } = new(Network: "standard", ClipSample: true, StretchPixels: false, FewSteps, TutorialRecipe);

    /// <summary>
    /// The default: the standard network with a recipe whose samples were much nearer to real images after the same training time (Ddpm.Host/RESULTS.md).
    /// </summary>
    public static Preset Best { get; } = new(Network: "standard", ClipSample: true, StretchPixels: false, FewSteps, new TrainingOptions())
    {
        Guided = FewSteps with { SamplingSteps = 20, Guide = PastGuide, GuidanceScale = 2, GuidanceRange = (0, 1) },
    };

    /// <summary>
    /// The best recipe for about two hours of two cores: five times the epochs, and half the learning rate, because a long run bears smaller steps
    /// (Ddpm.Host/RESULTS.md).
    /// </summary>
    public static Preset Finest { get; } = Best with { Recipe = new() { Epochs = 100, LearningRate = 1e-3 }, GuidePercent = 8 };

    /// <summary>
    /// Ho et al. 2020, appendix B, for CIFAR-10: the network of google/ddpm-cifar10-32 and its training over 800,000 steps, with a dropout of 0.1.
    /// </summary>
    public static Preset DdpmCifar10 { get; } = new(
        Network: "unet", ClipSample: true, StretchPixels: false, FewSteps, new TrainingOptions
        {
            Epochs = 2048,
            LearningRate = 2e-4,
            LearningRateSchedule = "constant",
            WarmUpSteps = 5000,
            EmaDecay = 0.9999,
            Flip = true,
            Embedding = "halves-shifted",
        }.With(DiffusersUNet.DdpmCifar10 with { Dropout = 0.1 }));
}
