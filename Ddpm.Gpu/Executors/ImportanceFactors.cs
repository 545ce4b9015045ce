namespace Ddpm.Gpu.Executors;

/// <summary>The images of a step with importance sampling: how much each image's whole loss counts, and room for these losses.</summary>
/// <param name="Factors">The factor 1/(T·p_t) of each image, > 0.</param>
/// <param name="Losses">Receives the loss of each image, weighted but without its factor.</param>
public readonly record struct ImportanceFactors(ReadOnlyMemory<double> Factors, Memory<double> Losses)
{
    /// <summary>Some of the images.</summary>
    public ImportanceFactors Share(int first, int count) => new(Factors.Slice(first, count), Losses.Slice(first, count));
}
