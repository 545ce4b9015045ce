using Ddpm.Pure.Random;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Randomness;

[Properties(Arbitrary = [typeof(RandomGenerators), typeof(Generators)])]
public sealed class RandomLaws
{
    /// <summary>Random123's published vectors (Salmon et al. 2011).</summary>
    [Fact]
    public void Philox_gives_its_published_vectors()
    {
        Assert.Equal(new PhiloxBlock(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8), Philox.Block(new(0, 0, 0, 0), 0));
        Assert.Equal(
            new PhiloxBlock(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd),
            Philox.Block(new(uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue), ulong.MaxValue));
        Assert.Equal(
            new PhiloxBlock(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1),
            Philox.Block(new(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344), 0x299f31d0a4093822));
    }

    [Law]
    public bool Drawing_many_is_drawing_each_bit_for_bit(Draws draws, Stretch stretch)
    {
        var together = new float[stretch.Length];
        draws.FillNormals(together, stretch.From);
        return Enumerable.Range(0, stretch.Length).All(i =>
            BitConverter.SingleToInt32Bits(together[i]) == BitConverter.SingleToInt32Bits(draws.Normal(stretch.From + i)));
    }

    [Law]
    public bool Drawing_n_is_drawing_k_and_then_the_rest(Draws draws, Stretch stretch, byte cut)
    {
        var whole = new float[stretch.Length];
        var parts = new float[stretch.Length];
        var k = cut % (stretch.Length + 1);
        draws.FillNormals(whole, stretch.From);
        draws.FillNormals(parts.AsSpan(0, k), stretch.From);
        draws.FillNormals(parts.AsSpan(k), stretch.From + k);
        return whole.SequenceEqual(parts);
    }

    /// <summary>Philox is a bijection of counters under one key: two addresses give one block only if their counters are one.</summary>
    [Law]
    public bool Different_streams_indices_steps_and_blocks_never_share_a_block(Draws one, Draws other, ushort block)
    {
        var sameKey = other with { Seed = one.Seed };
        Draws[] neighbours =
        [
            one with { Index = one.Index ^ 1 }, one with { Step = one.Step ^ 1 }, one with { Index = one.Step, Step = one.Index },
            .. Enum.GetValues<StreamName>().Select(name => one with { Name = name }), sameKey,
        ];
        return neighbours.All(draws => draws == one || draws.Block(block) != one.Block(block)) && one.Block(block) != one.Block(block + 1u);
    }

    [Law]
    public bool A_stream_s_draws_are_those_of_its_counter_words(Draws draws, ushort block)
    {
        var words = Philox.Block(new(block, draws.Index, draws.Step, (uint)draws.Name), draws.Seed);
        return Enumerable.Range(0, 4).Select(i => draws.Word(4 * block + i)).SequenceEqual([words.W0, words.W1, words.W2, words.W3]);
    }

    [Law]
    public bool Uniforms_lie_strictly_inside_0_1(Draws draws, Stretch at) => draws.Uniform(at.From) is > 0 and < 1;

    [Fact]
    public void The_extreme_words_give_uniforms_strictly_inside_0_1()
    {
        Assert.Equal(Math.ScaleB(1, -33), Draws.UniformOf(0));
        Assert.Equal(1 - Math.ScaleB(1, -33), Draws.UniformOf(uint.MaxValue));
    }

    [Law]
    public bool Below_is_in_range(Draws draws, Stretch at, Place bound)
    {
        var positive = Math.Max(1, bound.Number);
        return draws.Below(at.From, positive) is var drawn && drawn >= 0 && drawn < positive
            && draws.Below(at.From, 1) == 0 && draws.Below(at.From, int.MaxValue) is >= 0 and < int.MaxValue;
    }

    [Fact]
    public void A_negative_index_or_step_is_a_bug_and_throws()
    {
        Assert.Throws<OverflowException>(() => new RandomStream(0, StreamName.Timesteps).At(-1, 0));
        Assert.Throws<OverflowException>(() => new RandomStream(0, StreamName.Timesteps).At(0, -1));
    }

    [Law]
    public bool A_permutation_is_a_bijection_for_every_n(Draws draws, Stretch n) =>
        Permutation.Of(draws, n.Length).Order().SequenceEqual(Enumerable.Range(0, n.Length));

    /// <summary>At n = 100 two orders agree by chance once in 100!.</summary>
    [Law]
    public bool A_permutation_differs_between_epochs(Draws draws) => Permutation.Of(draws, 100) != Permutation.Of(draws with { Step = draws.Step + 1 }, 100);
}
