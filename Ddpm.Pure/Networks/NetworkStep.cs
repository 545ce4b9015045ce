namespace Ddpm.Pure.Networks;

/// <summary>A network is a list of these, and what it computes is a fold over them: x goes through layers, and is kept for the way up or joined with what was kept.</summary>
public abstract record NetworkStep
{
    private NetworkStep()
    {
    }

    /// <summary>x becomes what a layer makes of it.</summary>
    /// <param name="Layer">The layer.</param>
    public sealed record Through(Layer Layer) : NetworkStep;

    /// <summary>x is kept.</summary>
    public sealed record Keep : NetworkStep;

    /// <summary>What was kept last is taken, and its channels come before those of x.</summary>
    public sealed record Join : NetworkStep;
}
