using Ddpm.Pure.Images;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Images;

[Properties(Arbitrary = [typeof(AnimationFrameLaws)])]
public sealed class AnimationFrameLaws
{
    /// <summary>The arguments, and the frames.</summary>
    public sealed record Animation(int Steps, int Count, int Delay)
    {
        internal Arr<AnimationFrame> Frames { get; } = AnimationFrame.Spread(Steps, Count, Delay);

        public int[] Moves => [.. Frames.Zip(Frames.Skip(1), (earlier, later) => later.State - earlier.State)];
    }

    public static Arbitrary<Animation> Animations() => (
        from steps in Gen.OneOf(Gen.Choose(0, 30), Gen.Choose(0, 4000))
        from count in Gen.OneOf(Gen.Choose(1, 30), Gen.Choose(1, 300))
        from delay in Gen.Choose(2, 50)
        select new Animation(steps, count, delay)).ToArbitrary();

    [Law]
    public bool There_are_as_many_frames_as_asked_or_as_the_chain_has_states(Animation animation) =>
        animation.Frames.Count == Math.Min(animation.Count, animation.Steps + 1);

    [Law]
    public bool The_first_is_the_start_noise_and_the_last_is_the_result(Animation animation) =>
        animation.Frames[^1].State == animation.Steps && (animation.Frames.Count == 1 || animation.Frames[0].State == 0);

    [Law]
    public bool States_strictly_increase_and_are_spread_evenly(Animation animation) =>
        animation.Moves.All(move => move >= 1) && (animation.Moves.Length == 0 || animation.Moves.Max() - animation.Moves.Min() <= 1);

    [Law]
    public bool The_result_is_held_for_a_third_of_the_length(Animation animation)
    {
        var length = animation.Frames.Sum(frame => frame.Delay);
        return animation.Frames.Count == 1 || Math.Abs(3 * animation.Frames[^1].Delay - length) <= 1;
    }

    [Law]
    public bool All_others_are_shown_equally_long(Animation animation) =>
        animation.Frames.SkipLast(1).All(frame => frame.Delay == animation.Delay);

    [Fact]
    public void A_hundred_frames_of_a_thousand_steps()
    {
        var frames = AnimationFrame.Spread(1000);
        Assert.Equal(100, frames.Count);
        Assert.Equal([0, 10, 20, 30, 40, 51, 61], frames.Take(7).Select(frame => frame.State));
        Assert.Equal(new AnimationFrame(1000, 248), frames[^1]);
    }

    [Theory]
    [InlineData(1000, 5)]
    [InlineData(50, 10)]
    [InlineData(10, 25)]
    [InlineData(0, 25)]
    public void Few_frames_are_shown_longer(int steps, int each) => Assert.Equal(each, AnimationFrame.Spread(steps)[0].Delay);

    [Fact]
    public void The_longest_animation_is_one_that_a_gif_can_hold() =>
        Assert.Equal(AnimationFrame.MaxDelay, AnimationFrame.Spread(100, 100, AnimationFrame.MaxDelay)[^1].Delay);

    [Theory]
    [InlineData(-1, 100, 5)]
    [InlineData(1000, 0, 5)]
    [InlineData(1000, 100, 1)]
    [InlineData(1000, 100, 65536)]
    public void Nonsense_is_refused(int steps, int count, int delay) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => AnimationFrame.Spread(steps, count, delay));
}
