using Ddpm.Pure.Images;
using Xunit;

namespace Ddpm.Properties.Images;

public sealed class LabelledRowsLaws
{
    [Law]
    public bool Rows_stand_in_their_order_each_picture_behind_its_own_label(byte width, byte height, byte rows)
    {
        var (w, h, count) = (1 + width % 40, 1 + height % 40, 1 + rows % 4);
        var pictures = Enumerable.Range(0, count)
            .Select(i => PixelImage.Create(w, h, 1, Enumerable.Range(0, w * h).Select(j => (byte)(100 + 7 * i + j % 5)).ToArray()))
            .ToArray();
        var labels = Enumerable.Range(0, count).Select(i => new string((char)('a' + i), 1 + i)).ToArray();
        var drawn = LabelledRows.Draw(labels.Zip(pictures));
        // Right of a picture is a margin of 10, and left of it a gap of 8.
        var left = drawn.Width - 10 - w;
        var tops = pictures.Select(picture => Enumerable.Range(0, drawn.Height).Single(top => drawn.Shows(picture, left, top))).ToArray();
        return drawn.Channels == 1 && tops.Zip(tops.Skip(1)).All(pair => pair.Item1 + h <= pair.Item2)
            && labels.Zip(tops).All(row => BitmapFont.Draw(row.Item1, 2) is var label
                && drawn.Shows(label, left - 8 - label.Width, row.Item2 + (h - label.Height) / 2));
    }

    [Fact]
    public void Without_rows_there_is_nothing_to_draw() => Assert.Throws<ArgumentException>(() => LabelledRows.Draw([]));
}
