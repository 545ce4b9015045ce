using Ddpm.Pure.Images;
using Ddpm.Pure.Training;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Images;

[Properties(Arbitrary = [typeof(Pictures), typeof(BitmapFontLaws), typeof(Generators)])]
public sealed class FigureLaws
{
    /// <summary>Margins of 20, 18 under the title, 6 under a label, 20 between panels; all is centred, to the pixel that an odd difference leaves.</summary>
    [Law]
    public bool A_figure_is_its_title_over_labels_over_pictures_on_white_paper(
        BitmapFontLaws.Line title, BitmapFontLaws.Line label, ImageBatch one, ImageBatch other)
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
    public bool The_forward_figure_shows_the_images_and_four_timesteps_inside_of_the_schedule(Place place)
    {
        var steps = Steps(place);
        var panels = ForwardFigure.Panels(steps);
        var timesteps = panels.Skip(1).Select(panel => panel.Timestep.IfNone(-1)).ToArray();
        return panels.Count == 5 && panels[0].Timestep.IsNone && timesteps.All(t => t >= 0 && t < steps)
            && timesteps.SequenceEqual(timesteps.Order()) && timesteps[^1] == steps - 1;
    }

    [Law]
    public bool Every_character_of_the_forward_figure_has_a_glyph(Place place) =>
        ForwardFigure.Panels(Steps(place)).All(panel => panel.Label.All(BitmapFont.Has));

    [Fact]
    public void The_forward_figure_of_a_thousand_steps()
    {
        Assert.Equal<string>(
            ["Original images", "25 % (t = 249)", "50 % (t = 499)", "75 % (t = 749)", "100 % (t = 999)"],
            [.. ForwardFigure.Panels(1000).Select(panel => panel.Label)]);
        var pictures = Enumerable.Range(0, 5).Select(i => PixelImage.Create(1, 1, 1, [(byte)(50 * i)]).Enlarge(30)).ToArray();
        var figure = ForwardFigure.Draw(1000, pictures);
        Assert.All(pictures.Skip(1), picture => Assert.True(ShowsAnywhere(figure, picture)));
        Assert.True(ShowsAnywhere(figure, BitmapFont.Draw("Forward process, T = 1000", 3)));
        Assert.True(ShowsAnywhere(figure, BitmapFont.Draw("100 % (t = 999)", 2)));
        Assert.Throws<ArgumentException>(() => ForwardFigure.Draw(1000, pictures[1..]));
    }

    private static int Steps(Place place) => 1 + place.In(TrainingConfig.MostSteps);

    private static bool ShowsAnywhere(PixelImage whole, PixelImage part) =>
        Enumerable.Range(0, whole.Height).Any(top => Enumerable.Range(0, whole.Width).Any(left => whole.Shows(part, left, top)));
}
