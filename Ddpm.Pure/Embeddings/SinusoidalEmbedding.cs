using Ddpm.Pure.Numerics;
using LanguageExt;

namespace Ddpm.Pure.Embeddings;

/// <summary>
/// A fixed timestep embedding: row t of a table with T rows and d columns embeds the number that the network receives at timestep t. For most schedules
/// this number is t itself.
/// </summary>
public abstract record SinusoidalEmbedding
{
    private SinusoidalEmbedding()
    {
    }

    /// <summary>
    /// The tutorial's embedding: e[t, 2k] = sin(t·w_2k), e[t, 2k + 1] = cos(t·w_2k), w_j = 10000^(−2j/d) with j over all d columns. Frequencies fall
    /// twice as fast as in <see cref="Transformer"/>, so almost half of the columns hardly vary.
    /// </summary>
    public sealed record Tutorial : SinusoidalEmbedding;

    /// <summary>
    /// A mistake in this program's first edition of <see cref="Tutorial"/>: every column has its own frequency, e[t, 2k] = sin(t·w_2k), e[t, 2k + 1]
    /// = cos(t·w_(2k+1)). Runs of the first edition keep it.
    /// </summary>
    public sealed record Unpaired : SinusoidalEmbedding;

    /// <summary>
    /// Vaswani et al. 2017, section 3.5: w_k = 10000^(−2k/d), e[t, 2k] = sin(t·w_k), e[t, 2k + 1] = cos(t·w_k), k ∈ [0, d/2).
    /// </summary>
    public sealed record Transformer : SinusoidalEmbedding;

    /// <summary>The angular frequency of column j ∈ [0, d), in radians per unit of time.</summary>
    public double Frequency(int column, int dimension) => Elementary.Pow(10000, -2.0 * this switch
    {
        Tutorial => column - column % 2,
        Unpaired => column,
        Transformer => column / 2,
        _ => throw new System.Diagnostics.UnreachableException(),
    } / dimension);

    /// <summary>One entry, in [−1, 1]: any finite time, column j ∈ [0, d).</summary>
    public double At(double time, int column, int dimension)
    {
        var angle = time * Frequency(column, dimension);
        return (column & 1) == 0 ? Elementary.Sin(angle) : Elementary.Cos(angle);
    }

    /// <summary>The table of T rows and d columns, row by row, for timesteps 0 … T−1.</summary>
    public ReadOnlyMemory<double> Table(int timesteps, int dimension) => Table(Enumerable.Range(0, timesteps).Select(t => (double)t).ToArr(), dimension);

    /// <summary>The table of a row of d columns for each of T times, row by row.</summary>
    public ReadOnlyMemory<double> Table(Arr<double> times, int dimension)
    {
        var table = new double[times.Count * dimension];
        for (var column = 0; column < dimension; column++)
        {
            var frequency = Frequency(column, dimension);
            for (var t = 0; t < times.Count; t++)
            {
                table[t * dimension + column] = (column & 1) == 0 ? Elementary.Sin(times[t] * frequency) : Elementary.Cos(times[t] * frequency);
            }
        }

        return table;
    }
}
