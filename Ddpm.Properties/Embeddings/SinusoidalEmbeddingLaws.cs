using Ddpm.Pure.Embeddings;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Embeddings;

[Properties(Arbitrary = [typeof(Tables)])]
public sealed class SinusoidalEmbeddingLaws
{
    [Law]
    public bool Every_entry_is_bounded_by_1(Table e) => e.Rows.All(row => row.All(entry => Math.Abs(entry) <= 1));

    [Law]
    public bool The_first_row_is_0_1_0_1(Table e) => e.Rows[0].Select((entry, j) => entry == j % 2).All(holds => holds);

    [Law]
    public bool Distinct_timesteps_have_distinct_rows(Table e) => e.Rows.Select(row => string.Join(" ", row)).Distinct().Count() == e.Timesteps;

    [Law]
    public bool The_table_holds_each_entry(Table e) =>
        e.Rows.Select((row, t) => row.Select((entry, j) => entry.Equals(e.Embedding.At(t, j, e.Dimension))).All(same => same)).All(same => same);

    /// <summary>The angle t·w is off by a few parts ε of itself.</summary>
    [Law]
    public bool Every_entry_is_the_sine_or_cosine_of_its_formula(Table e) =>
        e.Rows.Select((row, t) => row.Select((entry, j) =>
        {
            var place = e.Embedding switch
            {
                SinusoidalEmbedding.Tutorial => 2 * (j / 2),
                SinusoidalEmbedding.Unpaired => j,
                _ => j / 2,
            };
            var power = 2.0 * place / e.Dimension;
            var angle = t * Math.Pow(10000, -power);
            return Near(j % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle), entry, 32 * Epsilon * (1 + angle));
        }).All(holds => holds)).All(holds => holds);

    /// <summary>sin² + cos² of one angle for every pair.</summary>
    [Law]
    public bool Rows_of_paired_columns_have_constant_norm(Table e) => e.Embedding is SinusoidalEmbedding.Unpaired || e.Dimension % 2 == 1
        || e.Rows.All(row => Near(e.Dimension / 2.0, row.Sum(entry => entry * entry), 4 * Epsilon * e.Dimension * e.Dimension));

    [Law]
    public bool Shifting_the_timestep_rotates_each_pair(Table e, byte shift) =>
        e.Embedding is SinusoidalEmbedding.Unpaired || Enumerable.Range(0, e.Dimension / 2).All(k =>
        {
            var angle = shift * e.Embedding.Frequency(2 * k, e.Dimension);
            var t = e.Timesteps - 1;
            var (sin, cos) = (e.Embedding.At(t, 2 * k, e.Dimension), e.Embedding.At(t, 2 * k + 1, e.Dimension));
            var roundoff = 8 * Epsilon * (1 + angle + t);
            return Near(sin * Math.Cos(angle) + cos * Math.Sin(angle), e.Embedding.At(t + shift, 2 * k, e.Dimension), roundoff)
                && Near(cos * Math.Cos(angle) - sin * Math.Sin(angle), e.Embedding.At(t + shift, 2 * k + 1, e.Dimension), roundoff);
        });

    /// <summary>
    /// Why the standard networks use the transformer's embedding: over a thousand timesteps, one of its hundred columns varies by less than 0.01, but 43 of the
    /// tutorial's.
    /// </summary>
    [Fact]
    public void All_but_one_of_the_transformer_s_columns_move()
    {
        static int Dead(SinusoidalEmbedding embedding)
        {
            var rows = embedding.Table(1000, 100).ToArray().Chunk(100).ToArray();
            return Enumerable.Range(0, 100).Count(j => rows.Max(row => row[j]) - rows.Min(row => row[j]) < 0.01);
        }

        Assert.Equal(43, Dead(new SinusoidalEmbedding.Tutorial()));
        Assert.Equal(44, Dead(new SinusoidalEmbedding.Unpaired()));
        Assert.Equal(1, Dead(new SinusoidalEmbedding.Transformer()));
    }

    public sealed record Table(SinusoidalEmbedding Embedding, int Timesteps, int Dimension)
    {
        public double[][] Rows => [.. Embedding.Table(Timesteps, Dimension).ToArray().Chunk(Dimension)];
    }

    public static class Tables
    {
        public static Arbitrary<Table> All() =>
            (from embedding in Gen.Elements<SinusoidalEmbedding>(
                 new SinusoidalEmbedding.Tutorial(), new SinusoidalEmbedding.Transformer(), new SinusoidalEmbedding.Unpaired())
             from timesteps in Gen.Frequency((1, Gen.Constant(1)), (6, Gen.Choose(2, 60)), (1, Gen.Constant(1000)))
             from dimension in Gen.Frequency((1, Gen.Elements(1, 2, 100)), (4, Gen.Choose(1, 32)))
             select new Table(embedding, timesteps, dimension)).ToArbitrary();
    }
}
