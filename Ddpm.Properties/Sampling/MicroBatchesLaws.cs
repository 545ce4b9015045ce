using Ddpm.Pure.Sampling;
using FsCheck;
using FsCheck.Fluent;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Sampling;

public sealed class MicroBatchesLaws
{
    private static readonly Arbitrary<(int First, int Count, int Size)> Asked =
        (from first in Gen.Frequency((1, Gen.Constant(0)), (4, Gen.Choose(0, 100)), (1, Gen.Choose(0, 1 << 30)))
         from count in Gen.Choose(1, 70)
         from size in Gen.Choose(1, 40)
         select (first, count, size)).ToArbitrary();

    [Law]
    public Property They_hold_the_images_asked_for_in_order_and_no_others() => Prop.ForAll(Asked, asked =>
        Covering(asked).SelectMany(part => Enumerable.Range(part.FirstAsked, part.Count)).SequenceEqual(Enumerable.Range(asked.First, asked.Count)));

    [Law]
    public Property Each_lies_on_the_raster_and_holds_some_of_the_images() => Prop.ForAll(Asked, asked =>
        Covering(asked).All(part => part.First % asked.Size == 0 && part.From >= 0 && part.Count >= 1 && part.From + part.Count <= asked.Size));

    /// <summary>Which is all that an image's bits depend on.</summary>
    [Law]
    public Property An_image_s_place_does_not_depend_on_what_else_is_asked_for() => Prop.ForAll(Asked, Gen.Choose(0, 69).ToArbitrary(), (asked, chosen) =>
    {
        var image = asked.First + chosen % asked.Count;
        var alone = MicroBatches.Covering(image, 1, asked.Size).Single();
        var among = Covering(asked).Single(part => part.FirstAsked <= image && image < part.FirstAsked + part.Count);
        return alone.First == among.First && alone.From == image - among.First;
    });

    [Fact]
    public void The_last_numbers_there_are_can_be_asked_for()
    {
        Assert.Equal(new MicroBatches.Part(int.MaxValue - 7, 5, 2), MicroBatches.Covering(int.MaxValue - 2, 2, 8).Single());
        Assert.Throws<OverflowException>(() => MicroBatches.Covering(int.MaxValue - 2, 3, 8));
    }

    private static Arr<MicroBatches.Part> Covering((int First, int Count, int Size) asked) => MicroBatches.Covering(asked.First, asked.Count, asked.Size);
}
