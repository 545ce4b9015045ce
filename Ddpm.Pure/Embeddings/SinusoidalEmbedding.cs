using Ddpm.Pure.Numerics;
using LanguageExt;

namespace Ddpm.Pure.Embeddings;

/// <summary>
/// A fixed timestep embedding: row t of a table with T rows and d columns embeds the number that the network receives at timestep t. For most schedules
/// this number is t itself.
/// </summary>
public abstract record SinusoidalEmbedding
{
    private const float Ln10000 = 9.2103403719761836f;

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

    /// <summary>
    /// All sines, then all cosines, as in the code of Ho et al. 2020 and in diffusers: w_k = 10000^(−k/(d/2 − s)), e[t, k] = sin(t·w_k),
    /// e[t, d/2 + k] = cos(t·w_k), k ∈ [0, d/2). Published weights were trained with the table that float32 makes: it rounds the exponent, w_k, the angle
    /// t·w_k and the entry. At t = 999 an angle is off by up to 3e-5, so this type rounds in the same places.
    /// </summary>
    /// <param name="FrequencyShift">s, 0 or 1: diffusers' freq_shift.</param>
    /// <param name="CosinesFirst">Whether the cosines come first: diffusers' flip_sin_to_cos.</param>
    public sealed record Halves(int FrequencyShift, bool CosinesFirst) : SinusoidalEmbedding;

    /// <summary>The angular frequency of column j ∈ [0, d), in radians per unit of time.</summary>
    public double Frequency(int column, int dimension)
    {
        if (this is Halves(var shift, _))
        {
            var k = column % (dimension / 2);
            return k == 0 ? 1 : (float)Elementary.Exp((float)(-Ln10000 * k) / (dimension / 2 - shift));
        }

        return Elementary.Pow(10000, -2.0 * this switch
        {
            Tutorial => column - column % 2,
            Unpaired => column,
            Transformer => column / 2,
            _ => throw new System.Diagnostics.UnreachableException(),
        } / dimension);
    }

    /// <summary>One entry, in [−1, 1]: any finite time, column j ∈ [0, d).</summary>
    public double At(double time, int column, int dimension)
    {
        return Entry(time, Frequency(column, dimension), IsSine(column, dimension));
    }

    /// <summary>The table of T rows and d columns, row by row, for timesteps 0 … T−1.</summary>
    public ReadOnlyMemory<double> Table(int timesteps, int dimension) => Table(Enumerable.Range(0, timesteps).Select(t => (double)t).ToArr(), dimension);

    /// <summary>The table of a row of d columns for each of T times, row by row.</summary>
    public ReadOnlyMemory<double> Table(Arr<double> times, int dimension)
    {
        var table = new double[times.Count * dimension];
        for (var column = 0; column < dimension; column++)
        {
            var (frequency, sine) = (Frequency(column, dimension), IsSine(column, dimension));
            for (var t = 0; t < times.Count; t++)
            {
                table[t * dimension + column] = Entry(times[t], frequency, sine);
            }
        }

        return table;
    }

    private double Entry(double time, double frequency, bool sine)
    {
        var angle = this is Halves ? (float)time * (float)frequency : time * frequency;
        var entry = sine ? Elementary.Sin(angle) : Elementary.Cos(angle);
        return this is Halves ? (float)entry : entry;
    }

    private bool IsSine(int column, int dimension) =>
        this is Halves(_, var cosinesFirst) ? column < dimension / 2 != cosinesFirst : (column & 1) == 0;
}
