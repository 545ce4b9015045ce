using Ddpm.Pure.Images;
using Xunit;

namespace Ddpm.Properties.Images;

public sealed class BitmapFontLaws
{
    [Fact]
    public void A_character_without_a_glyph_is_a_hollow_box()
    {
        Assert.False(BitmapFont.Has('€'));
        var box = BitmapFont.Draw("€", 1);
        Assert.Equal((5, 9), (box.Width, box.Height));
        for (var y = 0; y < 9; y++)
        {
            for (var x = 0; x < 5; x++)
            {
                Assert.Equal(y < 7 && (x is 0 or 4 || y is 0 or 6) ? 0 : 255, box[x, y]);
            }
        }
    }
}
