using Ddpm.Pure.Images;
using Xunit;

namespace Ddpm.Properties.Images;

public sealed class LabelledRowsLaws
{
    [Law]
    public bool Every_row_holds_its_picture_behind_its_label(byte width, byte height, byte rows)
    {
        var (w, h, count) = (1 + width % 40, 1 + height % 40, 1 + rows % 4);
        var pictures = Enumerable.Range(0, count).Select(i => PixelImage.Create(w, h, 1, Enumerable.Range(0, w * h).Select(j => (byte)(100 + 7 * i + j % 5)).ToArray())).ToArray();
        var drawn = LabelledRows.Draw(pictures.Select((picture, i) => (new string('n', 1 + i), picture)));
        var left = drawn.Width - 10 - w;
        return pictures.All(picture => Enumerable.Range(0, drawn.Height - h + 1).Any(top =>
                Enumerable.Range(0, h).All(y => Enumerable.Range(0, w).All(x => drawn[left + x, top + y] == picture[x, y]))))
            && drawn.Channels == 1 && Enumerable.Range(0, left).Any(x => Enumerable.Range(0, drawn.Height).Any(y => drawn[x, y] == 0));
    }

    [Fact]
    public void Without_rows_there_is_nothing_to_draw() => Assert.Throws<ArgumentException>(() => LabelledRows.Draw([]));
}
