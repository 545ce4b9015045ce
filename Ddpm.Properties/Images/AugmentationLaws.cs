using Ddpm.Pure.Images;
using Ddpm.Pure.Random;

namespace Ddpm.Properties.Images;

public sealed class AugmentationLaws
{
    private const int Height = 4, Width = 5, Channels = 2;

    [Law]
    public bool Each_pixel_is_the_one_it_was_moved_from_and_black_where_there_was_none(bool mirrored, sbyte right, sbyte down, byte seed)
    {
        var levels = Enumerable.Range(0, Height * Width * Channels).Select(i => (byte)(seed + 11 * i)).ToArray();
        var change = new Augmentation(mirrored, right % 7, down % 7);
        var values = new float[levels.Length];
        change.ToModel(levels, Channels, Height, Width, values);
        return Enumerable.Range(0, levels.Length).All(i =>
        {
            var (channel, y, x) = (i / (Height * Width), i / Width % Height, i % Width);
            var (fromY, moved) = (y - change.Down, x - change.Right);
            var fromX = mirrored ? Width - 1 - moved : moved;
            var inside = fromY is >= 0 and < Height && moved is >= 0 and < Width;
            return values[i] == PixelScale.ToModel(inside ? levels[(fromY * Width + fromX) * Channels + channel] : (byte)0);
        });
    }

    [Law]
    public bool A_change_stays_within_what_is_allowed_and_all_that_is_allowed_comes(ulong seed, byte image, bool mirror, byte shift)
    {
        var most = shift % 4;
        // Of seven equally likely numbers one stays away from 400 draws once in 10²⁵ times.
        var changes = Enumerable.Range(0, 400)
            .Select(epoch => Augmentation.Of(new RandomStream(seed, StreamName.Augmentation).At(image, epoch), mirror, most))
            .ToArray();
        return changes.All(change => Math.Abs(change.Right) <= most && Math.Abs(change.Down) <= most && (mirror || !change.Mirrored))
            && changes.Select(change => change.Mirrored).Distinct().Count() == (mirror ? 2 : 1)
            && changes.Select(change => change.Right).Distinct().Count() == 2 * most + 1
            && changes.Select(change => change.Down).Distinct().Count() == 2 * most + 1;
    }
}
