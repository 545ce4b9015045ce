using Ddpm.Properties.Formats;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Images;

/// <summary>Generates image sets with labels, with and without a channel axis.</summary>
public static class LabelledImages
{
    public static Arbitrary<(IdxArray Images, IdxArray Labels)> Any() => Arb.From(
        from rank in Gen.Choose(3, 4)
        from images in IdxArrays.OfRank(rank)
        from labels in IdxArrays.Filled(Array(images.Shape[0]))
        select (images, labels));
}

[Properties(Arbitrary = [typeof(LabelledImages)])]
public sealed class ImageSetLaws
{
    [Law]
    public bool A_set_has_the_sizes_and_bytes_of_its_arrays((IdxArray Images, IdxArray Labels) arrays)
    {
        var set = Set(arrays);
        var shape = arrays.Images.Shape;
        return (shape.Count == 4 ? Array(set.Count, set.Height, set.Width, set.Channels) : Array(set.Count, set.Height, set.Width)) == shape
            && (shape.Count == 4 || set.Channels == 1)
            && set.Pixels.Span.SequenceEqual(arrays.Images.Data.Span)
            && Labels(set).SequenceEqual(arrays.Labels.Data.Span);
    }

    [Law]
    public bool Taking_n_keeps_the_first_n_images_with_their_labels((IdxArray Images, IdxArray Labels) arrays, int n)
    {
        var set = Set(arrays);
        var taken = set.Take(n % 8);
        var count = Math.Max(0, Math.Min(n % 8, set.Count));
        return taken.Count == count
            && (taken.Height, taken.Width, taken.Channels) == (set.Height, set.Width, set.Channels)
            && taken.Pixels.Span.SequenceEqual(set.Pixels.Span[..(count * set.Height * set.Width * set.Channels)])
            && Labels(taken).SequenceEqual(Labels(set)[..count]);
    }

    [Law]
    public bool Taking_twice_is_taking_the_smaller_number((IdxArray Images, IdxArray Labels) arrays, byte n, byte m) =>
        Set(arrays).Take(n % 8).Take(m % 8) == Set(arrays).Take(Math.Min(n % 8, m % 8));

    [Law]
    public bool Another_number_of_labels_than_images_is_refused((IdxArray Images, IdxArray Labels) arrays, byte label) =>
        IdxArray.Of(Array(arrays.Labels.Shape[0] + 1), arrays.Labels.Data.ToArray().Append(label).ToArray())
            .Bind(labels => ImageSet.FromIdx(arrays.Images, labels)).IsFail;

    [Fact]
    public void A_set_is_refused_with_all_its_faults_at_once() => Assert.Equal(
        [
            "count of an image set must be at least 0, got -2",
            "height of an image set must be at least 1, got 0",
            "width of an image set must be at least 1, got -5",
            "channels of an image set must be at least 1, got -3",
            "-2 images need -2 labels, got 1",
        ],
        ImageSet.Of(-2, 0, -5, -3, new byte[10], new ReadOnlyMemory<byte>(new byte[1])).Faults());

    [Fact]
    public void Sizes_whose_product_overflows_are_refused() => Assert.Equal(
        ["65536 images of 65536×65536×65536 need 18446744073709551616 bytes of pixels, got 0"],
        ImageSet.Of(65536, 65536, 65536, 65536, default, None).Faults());

    [Fact]
    public void Arrays_of_other_ranks_are_refused_both_at_once() => Assert.Equal(
        ["images are an array of 3 or 4 axes (N×H×W or N×H×W×C), got 2×3", "labels are an array of 1 axis, got 2×1"],
        ImageSet.FromIdx(Zeros(2, 3), Zeros(2, 1)).Faults());

    [Law]
    public bool Sets_are_equal_when_sizes_pixels_and_labels_are((IdxArray Images, IdxArray Labels) arrays, (IdxArray Images, IdxArray Labels) others)
    {
        var (set, other, bare) = (Set(arrays), Set(others), ImageSet.FromIdx(arrays.Images, None).Valid());
        return set == Set(arrays) && set.GetHashCode() == Set(arrays).GetHashCode() && bare == ImageSet.FromIdx(arrays.Images, None).Valid()
            && bare != set && set != bare
            && (set == other) == (Pixels(arrays.Images, set) == Pixels(others.Images, other) && arrays.Labels == others.Labels);
    }

    [Fact]
    public void Sets_that_differ_in_one_thing_differ()
    {
        var set = Labelled([1, 2, 3, 4], [5]);
        Assert.NotEqual(set, Labelled([1, 2, 3, 9], [5]));
        Assert.NotEqual(set, Labelled([1, 2, 3, 4], [6]));
        Assert.NotEqual(set, ImageSet.Of(1, 4, 1, 1, new byte[] { 1, 2, 3, 4 }, new ReadOnlyMemory<byte>([5])).Valid());
        Assert.Equal(set, Labelled([1, 2, 3, 4], [5]));
    }

    private static ImageSet Labelled(byte[] pixels, byte[] labels) => ImageSet.Of(1, 2, 2, 1, pixels, new ReadOnlyMemory<byte>(labels)).Valid();

    /// <summary>With its axis of channels, which an array of grey images may lack.</summary>
    private static IdxArray Pixels(IdxArray images, ImageSet set) =>
        IdxArray.Of(Array(set.Count, set.Height, set.Width, set.Channels), images.Data).Valid();

    private static IdxArray Zeros(params int[] shape) =>
        IdxArray.Of(shape.ToArr(), new byte[shape.Aggregate(1, (product, size) => product * size)]).Valid();

    private static ImageSet Set((IdxArray Images, IdxArray Labels) arrays) =>
        ImageSet.FromIdx(arrays.Images, arrays.Labels).Valid();

    private static ReadOnlySpan<byte> Labels(ImageSet set) => set.Labels.IfNone(default(ReadOnlyMemory<byte>)).Span;
}
