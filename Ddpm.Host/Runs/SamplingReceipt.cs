using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;

namespace Ddpm.Host.Runs;

/// <summary>The default way to sample an imported model, where the program that made it says one.</summary>
/// <param name="Scheduler">The name of diffusers' class of schedulers.</param>
/// <param name="Sampler">The sampler.</param>
/// <param name="Spacing">How its timesteps are spread.</param>
/// <param name="SpacingOffset">What is added to each timestep; null for the spacing's own.</param>
/// <param name="Variance">The reverse variance; null for the sampler's own.</param>
/// <param name="EndAtFirstLevel">Whether it ends at the first noise level, not at the clean image.</param>
/// <param name="ClipSample">Whether estimates of the image are clipped to [−1, 1].</param>
internal sealed record SamplingReceipt(
    string Scheduler, string Sampler, string Spacing, int? SpacingOffset = null, string? Variance = null, bool EndAtFirstLevel = false, bool ClipSample = true)
{
    /// <summary>A model that is sampled so by default.</summary>
    public DiffusionModel Of(DiffusionModel model) => model with
    {
        Preset = model.Preset with
        {
            ClipSample = ClipSample,
            Sampling = new SamplingOptions
            {
                Sampler = Sampler,
                Spacing = Spacing,
                SpacingOffset = SpacingOffset,
                Variance = Variance,
                EndAtFirstLevel = EndAtFirstLevel,
            },
            Guided = null,
        },
    };
}
