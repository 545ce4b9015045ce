using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// What the network's output o stands for. Each kind is a linear function of (x_0, ε), and x = a·x_0 + σ·ε, so x_0 and ε are linear
/// functions of (x, o).
/// </summary>
public abstract record Prediction
{
    private Prediction()
    {
    }

    /// <summary>o = ε (Ho et al. 2020).</summary>
    public sealed record Epsilon : Prediction;

    /// <summary>o = x_0.</summary>
    public sealed record Sample : Prediction;

    /// <summary>o = v = a·ε − σ·x_0 (Salimans and Ho 2022).</summary>
    public sealed record Velocity : Prediction;

    /// <summary>The training target at a noise level, as factors of (x_0, ε).</summary>
    public LinearPair Target(NoiseLevel level) => this switch
    {
        Epsilon => new(0, 1),
        Sample => new(1, 0),
        Velocity => new(-level.Sigma, level.A),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The clean image that an output implies, as factors of (x, o). At ᾱ = 0 an ε-prediction has none, and the factors are infinite.</summary>
    public LinearPair CleanImage(NoiseLevel level) => this switch
    {
        Epsilon => new(1 / level.A, -level.Sigma / level.A),
        Sample => new(0, 1),
        Velocity => new(level.A, -level.Sigma),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The noise ε that an output implies, as factors of (x, o). Without noise an x_0-prediction has none, and the factors are infinite.</summary>
    public LinearPair Noise(NoiseLevel level) => this switch
    {
        Epsilon => new(0, 1),
        Sample => new(1 / level.Sigma, -level.A / level.Sigma),
        Velocity => new(level.Sigma, level.A),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
