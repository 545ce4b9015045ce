using Ddpm.Pure.Images;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Images;

[Properties(Arbitrary = [typeof(BitmapFontLaws)])]
public sealed class BitmapFontLaws
{
    /// <summary>A class with a name that cannot be drawn is labelled by its number. With hollow boxes, two such classes would look the same.</summary>
    [Fact]
    public void A_class_is_drawn_by_its_name_or_by_its_number() => Assert.Equal(
        ["cat", "class 1", "class 2", "class 3"],
        Enumerable.Range(0, 4).Select(label => Ddpm.Host.Sampling.SampleJob.Label(label, number => ((string[])["cat", "é", "猫", "a\n"])[number])));

    private const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;!?'-+=%/()_";

    /// <summary>A line in the characters of the font.</summary>
    public sealed record Line(string Text);

    public static Arbitrary<Line> Lines() =>
        Gen.Choose(0, 16).SelectMany(length => Gen.Elements(Characters.ToCharArray()).ArrayOf(length))
            .Select(characters => new Line(new string(characters))).ToArbitrary();

    [Fact]
    public void The_font_has_every_letter_digit_and_mark_and_no_two_look_alike()
    {
        Assert.All(Characters, character => Assert.True(BitmapFont.Has(character)));
        Assert.Equal(Characters.Length, Characters.Select(character => BitmapFont.Draw($"{character}", 1)).Distinct().Count());
    }

    [Fact]
    public void Every_character_but_space_leaves_ink() => Assert.All(Characters, character =>
        Assert.Equal(character != ' ', BitmapFont.Draw($"{character}", 1).Pixels.Span.Contains((byte)0)));

    [Fact]
    public void An_unknown_character_is_a_box_of_its_own_look()
    {
        Assert.False(BitmapFont.Has('é'));
        Assert.Equal(BitmapFont.Draw("é", 1), BitmapFont.Draw("\n", 1));
        Assert.DoesNotContain(BitmapFont.Draw("é", 1), Characters.Select(character => BitmapFont.Draw($"{character}", 1)));
    }

    [Law]
    public bool Text_is_its_characters_side_by_side_with_a_pixel_between(Line line)
    {
        var lefts = Enumerable.Range(0, line.Text.Length).Select(i => i == 0 ? 0 : BitmapFont.Width(line.Text[..i]) + 1);
        var letters = line.Text.Zip(lefts, (character, left) => new PlacedImage(BitmapFont.Draw($"{character}", 1), left, 0));
        var width = Math.Max(1, BitmapFont.Width(line.Text));
        return BitmapFont.Draw(line.Text, 1) == PixelImage.Compose(width, BitmapFont.LineHeight, 1, 255, letters);
    }

    [Law]
    public bool Text_is_drawn_in_ink_and_paper_and_scales_as_pictures_do(Line line, byte ink, byte paper)
    {
        var text = BitmapFont.Draw(line.Text, 3, ink, paper);
        return text.Pixels.ToArray().All(level => level == ink || level == paper)
            && text == BitmapFont.Draw(line.Text, 1, ink, paper).Enlarge(3);
    }

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
