namespace Ddpm.Pure.Networks;

/// <summary>
/// One step of a network. A network is a list of steps, and its forward pass is a fold over them: x goes through layers, is kept for a skip connection, or is
/// joined with a kept value.
/// </summary>
public abstract record NetworkStep
{
    private NetworkStep()
    {
    }

    /// <summary>x goes through a layer.</summary>
    /// <param name="Layer">The layer.</param>
    public sealed record Through(ImageLayer Layer) : NetworkStep;

    /// <summary>x is kept for a skip connection.</summary>
    public sealed record Keep : NetworkStep;

    /// <summary>Takes the value that was kept last and joins its channels with the channels of x.</summary>
    /// <param name="AfterX">Whether its channels come after the channels of x, not before them.</param>
    public sealed record Join(bool AfterX = false) : NetworkStep;
}
