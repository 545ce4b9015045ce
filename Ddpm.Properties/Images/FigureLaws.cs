using Ddpm.Pure.Images;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Images;

[Properties(Arbitrary = [typeof(Pictures), typeof(FigureLaws)])]
public class FigureLaws
{
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
    public Property Text_is_its_characters_side_by_side_with_a_pixel_between(Line line)
    {
        var lefts = Enumerable.Range(0, line.Text.Length).Select(i => i == 0 ? 0 : BitmapFont.Width(line.Text[..i]) + 1);
        var letters = line.Text.Zip(lefts, (character, left) => new PlacedImage(BitmapFont.Draw($"{character}", 1), left, 0));
        var width = Math.Max(1, BitmapFont.Width(line.Text));
        return (BitmapFont.Draw(line.Text, 1) == PixelImage.Compose(width, BitmapFont.LineHeight, 1, 255, letters)).ToProperty();
    }

    [Law]
    public Property Text_is_drawn_in_ink_and_paper_and_scales_as_pictures_do(Line line, byte ink, byte paper)
    {
        var text = BitmapFont.Draw(line.Text, 3, ink, paper);
        return (text.Pixels.ToArray().All(level => level == ink || level == paper)
            && text == BitmapFont.Draw(line.Text, 1, ink, paper).Enlarge(3)).ToProperty();
    }

    /// <summary>Margins of 20, 18 under the title, 6 under a label, 20 between panels; all is centred, to the pixel that an odd difference leaves.</summary>
    [Law]
    public bool A_figure_is_its_title_over_labels_over_pictures_on_white_paper(Line title, Line label, ImageBatch one, ImageBatch other)
    {
        FigurePanel[] panels = [.. new[] { one, other, one }.Select((images, i) => new FigurePanel($"{label.Text}{i}", images.Picture(0).Enlarge(1 + 4 * i)))];
        var heading = BitmapFont.Draw(title.Text, 3);
        var labels = panels.Select(panel => BitmapFont.Draw(panel.Label, 2)).ToArray();
        var widths = panels.Zip(labels, (panel, text) => Math.Max(panel.Picture.Width, text.Width)).ToArray();
        var row = widths.Sum() + 20 * (panels.Length - 1);
        var width = Math.Max(row, heading.Width);
        var top = 20 + heading.Height + 18;
        var under = top + 2 * BitmapFont.LineHeight + 6;
        var placed = panels.SelectMany((panel, i) =>
        {
            var left = 20 + (width - row) / 2 + widths.Take(i).Sum() + 20 * i;
            return new[]
            {
                new PlacedImage(labels[i], left + (widths[i] - labels[i].Width) / 2, top),
                new PlacedImage(panel.Picture, left + (widths[i] - panel.Picture.Width) / 2, under),
            };
        }).Prepend(new PlacedImage(heading, 20 + (width - heading.Width) / 2, 20));
        return Figure.Draw(title.Text, panels) == PixelImage.Compose(
            width + 40, under + panels.Max(panel => panel.Picture.Height) + 20, Math.Max(one.Channels, other.Channels), 255, placed);
    }

    [Fact]
    public void A_figure_of_no_panel_or_no_step_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Figure.Draw("Nothing", []));
        Assert.Throws<ArgumentOutOfRangeException>(() => ForwardFigure.Panels(0));
    }

    [Law]
    public Property The_forward_figure_shows_the_images_and_four_timesteps_inside_of_the_schedule(PositiveInt steps)
    {
        var panels = ForwardFigure.Panels(steps.Get);
        var timesteps = panels.Skip(1).Select(panel => panel.Timestep.IfNone(-1)).ToArray();
        return (panels.Count == 5 && panels[0].Timestep.IsNone && timesteps.All(t => t >= 0 && t < steps.Get)
            && timesteps.SequenceEqual(timesteps.Order()) && timesteps[^1] == steps.Get - 1).ToProperty();
    }

    [Law]
    public Property Every_character_of_the_forward_figure_has_a_glyph(PositiveInt steps) => Prop.ToProperty(
        ForwardFigure.Panels(steps.Get).All(panel => panel.Label.All(BitmapFont.Has)));

    [Fact]
    public void The_forward_figure_of_a_thousand_steps()
    {
        Assert.Equal<string>(
            ["Original images", "25 % (t = 249)", "50 % (t = 499)", "75 % (t = 749)", "100 % (t = 999)"],
            [.. ForwardFigure.Panels(1000).Select(panel => panel.Label)]);
        var pictures = Enumerable.Range(0, 5).Select(i => PixelImage.Create(1, 1, 1, [(byte)(50 * i)]).Enlarge(30)).ToArray();
        var figure = ForwardFigure.Draw(1000, pictures);
        Assert.All(pictures.Skip(1), picture => Assert.NotEmpty(Places(figure, picture)));
        Assert.NotEmpty(Places(figure, BitmapFont.Draw("Forward process, T = 1000", 3)));
        Assert.NotEmpty(Places(figure, BitmapFont.Draw("100 % (t = 999)", 2)));
        Assert.Throws<ArgumentException>(() => ForwardFigure.Draw(1000, pictures[1..]));
    }

    private static IEnumerable<(int Left, int Top)> Places(PixelImage whole, PixelImage part) =>
        from top in Enumerable.Range(0, whole.Height)
        from left in Enumerable.Range(0, whole.Width)
        where Shows(whole, part, left, top)
        select (left, top);

    private static bool Shows(PixelImage whole, PixelImage part, int left, int top)
    {
        if (left < 0 || left + part.Width > whole.Width || top + part.Height > whole.Height)
            return false;
        // From the right, where the texts of these laws have ink: paper is found everywhere.
        for (var x = part.Width - 1; x >= 0; x--)
            for (var y = 0; y < part.Height; y++)
                for (var c = 0; c < whole.Channels; c++)
                    if (whole[left + x, top + y, c] != part[x, y, part.Channels == 1 ? 0 : c])
                        return false;
        return true;
    }
}
