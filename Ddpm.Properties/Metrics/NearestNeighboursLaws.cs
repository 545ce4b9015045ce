using Ddpm.Pure.Images;
using Ddpm.Pure.Metrics;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Metrics;

public sealed class NearestNeighboursLaws
{
    private const int Size = 3, Pixels = Size * Size;

    [Law]
    public bool An_image_of_the_set_is_its_own_nearest_neighbour(byte[] bytes, byte chosen)
    {
        var set = Set(bytes);
        var picture = set.Pixels.Slice(chosen % set.Count * Pixels, Pixels).Span;
        var (image, distance) = NearestNeighbours.Of(picture, set, 1)[0];
        return distance == 0 && set.Pixels.Slice(image * Pixels, Pixels).Span.SequenceEqual(picture) && image <= chosen % set.Count;
    }

    [Law]
    public bool Neighbours_come_by_their_distance_each_once_and_none_nearer_is_left_out(byte[] bytes, byte[] other, byte k)
    {
        var (set, picture) = (Set(bytes), Set(other).Pixels[..Pixels].ToArray());
        var found = NearestNeighbours.Of(picture, set, 1 + k % 5);
        double Distance(int image) => Math.Sqrt(Enumerable.Range(0, Pixels).Sum(j => Math.Pow(picture[j] - set.Pixels.Span[image * Pixels + j], 2)));
        var all = Enumerable.Range(0, set.Count).Select(Distance).Order().Take(1 + k % 5).ToArray();
        return found.Select(one => one.Distance).SequenceEqual(all)
            && found.All(one => one.Distance == Distance(one.Image))
            && found.Select(one => one.Image).Distinct().Count() == found.Count;
    }

    [Fact]
    public void Images_of_another_size_have_no_distance() =>
        Assert.Throws<ArgumentException>(() => NearestNeighbours.Of(new byte[4], Set([1]), 1));

    /// <summary>One image or more, of any bytes.</summary>
    private static ImageSet Set(byte[]? bytes)
    {
        var whole = bytes is { Length: > 0 } ? bytes : [7];
        var count = 1 + whole.Length / 4;
        return ImageSet.Of(
            count, Size, Size, 1, Enumerable.Range(0, count * Pixels).Select(i => whole[i * 5 % whole.Length]).ToArray(),
            Option<ReadOnlyMemory<byte>>.None).Valid();
    }
}
