using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--sampler and what belongs to it.</summary>
internal sealed class SamplerOptions
{
    /// <summary>A spacing that needs the network: see <see cref="SearchedTimesteps"/>.</summary>
    public const string Searched = "searched";

    private static readonly SamplingOptions Defaults = new();

    private readonly CommandLine.Option<string> _sampler = new("--sampler")
    {
        Description = $"How to sample: {string.Join(", ", SamplingOptions.Samplers.Keys)}",
        DefaultValueFactory = _ => Defaults.Sampler,
    };

    private readonly CommandLine.Option<int?> _steps = new("--sampling-steps") { Description = $"How many timesteps to visit [default: all with ddpm, {SamplingOptions.UsualSteps} with others]" };

    private readonly CommandLine.Option<string> _spacing = new("--spacing") { DefaultValueFactory = _ => Defaults.Spacing };

    private readonly CommandLine.Option<double?> _eta = new("--eta") { Description = "η of ddim: 0 draws no noise, 1 as much as ddpm with variance posterior [default: 0]" };

    private readonly CommandLine.Option<string?> _variance = new("--variance") { Description = $"The reverse variance of ddpm: {string.Join(" or ", SamplingOptions.Variances.Keys)} [default: beta]" };

    private readonly CommandLine.Option<bool> _firstLevel = new("--end-at-first-level") { Description = "End at the level after the first step, as diffusers with final ᾱ = ᾱ_0, and not at the clean image" };

    /// <param name="command">The command.</param>
    /// <param name="withNetwork">Whether it has a network to search timesteps with.</param>
    public SamplerOptions(CommandLine.Command command, bool withNetwork)
    {
        _spacing.Description = $"How the timesteps are spread: {string.Join(", ", Choices.Spacings.Keys)}{(withNetwork ? $", or {Searched} for this network" : "")}";
        foreach (var option in (CommandLine.Option[])[_sampler, _steps, _spacing, _eta, _variance, _firstLevel])
        {
            command.Add(option);
        }
    }

    /// <summary>What was said.</summary>
    public SamplingOptions Said(CommandLine.ParseResult said) => new()
    {
        Sampler = said.GetValue(_sampler)!,
        SamplingSteps = said.GetValue(_steps),
        Spacing = said.GetValue(_spacing)!,
        Eta = said.GetValue(_eta),
        Variance = said.GetValue(_variance),
        EndAtFirstLevel = said.GetValue(_firstLevel),
    };
}
