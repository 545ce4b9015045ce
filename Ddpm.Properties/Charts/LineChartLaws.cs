using System.Xml.Linq;
using Ddpm.Properties.Images;
using Ddpm.Pure.Charts;
using Ddpm.Pure.Images;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Charts;

/// <summary>A chart, and the curves that it was made from.</summary>
public sealed record DrawnChart(LineChart Chart, Arr<ChartCurve> Given);

[Properties(Arbitrary = [typeof(LineChartLaws)])]
public sealed class LineChartLaws
{
    private const string LongName = "a name that is longer than any sampler's: dpmpp-2m-sde:uniform-lambda";

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    /// <summary>Up to 25 curves, without points, of one point, constant or not, with numbers that no chart can show.</summary>
    public static Arbitrary<DrawnChart> Charts()
    {
        var curve =
            from count in Gen.Elements(0, 1, 1, 2, 5, 30)
            from scale in Gen.Choose(-8, 8)
            from sign in Gen.Elements(1, 1, -1)
            from constant in Gen.Elements(false, false, true)
            from heights in Generators.Between(-2, 2).ArrayOf(count)
            from odd in Gen.Elements(1, 1, 1, 1, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0).ArrayOf(count)
            from marked in Gen.Elements(true, false)
            from name in Gen.Elements("", "ddim", "sa-solver-2:karras", "<&>\"\u0001\ud800", LongName)
            let points = heights.Select((height, i) => (i * odd[i] + 0.5, sign * Math.Pow(10, scale + (constant ? 0 : height)) * odd[^(i + 1)]))
            select new ChartCurve(name, points.ToArr(), marked);
        return (from count in Gen.Elements(0, 1, 2, 4, 25)
                from curves in curve.ArrayOf(count)
                from logarithmicX in Gen.Elements(true, false)
                from logarithmicY in Gen.Elements(true, false)
                select new DrawnChart(new("steps", "loss", curves.ToArr(), logarithmicX, logarithmicY), curves.ToArr())).ToArbitrary();
    }

    [Law]
    public bool Every_point_that_is_finite_lies_within_the_plot_and_the_others_are_left_out(DrawnChart drawn)
    {
        var chart = drawn.Chart;
        bool Shown((double X, double Y) point) => double.IsFinite(point.X) && double.IsFinite(point.Y)
            && (!chart.Horizontal.IsLogarithmic || point.X > 0) && (!chart.Vertical.IsLogarithmic || point.Y > 0);
        return chart.Curves.Zip(drawn.Given).All(pair => pair.Item1.Points == pair.Item2.Points.Filter(Shown))
            && chart.Curves.Bind(curve => curve.Points).Map(chart.Place).ForAll(place =>
                place.X > chart.Left && place.X < chart.Right && place.Y > chart.Top && place.Y < chart.Bottom);
    }

    /// <summary>The plot's edges lie half a pixel inside of its ends, and all strokes between them and the legend.</summary>
    [Law]
    public bool All_marks_lie_within_the_chart(DrawnChart drawn)
    {
        var drawing = drawn.Chart.Draw();
        bool Inside(double left, double top, double right, double bottom) => left >= 0 && top >= 0 && right <= drawing.Width && bottom <= drawing.Height;
        return drawing.Marks.ForAll(mark => mark switch
        {
            Mark.Stroke stroke => stroke.Lines.Bind(line => line).ForAll(at =>
                Inside(at.X - stroke.Width / 2, at.Y - stroke.Width / 2, at.X + stroke.Width / 2, at.Y + stroke.Width / 2)),
            Mark.Words words => Box(words) is var box && Inside(box.Left, box.Top, box.Right, box.Bottom),
            _ => false,
        });
    }

    [Law]
    public bool No_text_covers_another(DrawnChart drawn)
    {
        var boxes = drawn.Chart.Draw().Marks.Bind(mark => mark is Mark.Words words ? Array(Box(words)) : []).ToArray();
        return boxes.Index().All(one => boxes.Skip(one.Index + 1).All(other =>
            one.Item.Right <= other.Left || other.Right <= one.Item.Left || one.Item.Bottom <= other.Top || other.Bottom <= one.Item.Top));
    }

    [Law]
    public bool Every_tick_has_its_label_and_every_named_curve_an_entry_of_the_legend(DrawnChart drawn)
    {
        var chart = drawn.Chart;
        var texts = chart.Draw().Marks.Bind(mark => mark is Mark.Words words ? Array(words.Text) : []);
        var expected = chart.Horizontal.Ticks.Map(chart.Horizontal.Label) + chart.Vertical.Ticks.Map(chart.Vertical.Label)
            + Array("steps", "loss") + drawn.Given.Map(curve => curve.Name).Filter(name => name.Length > 0);
        return texts.Order().SequenceEqual(expected.Order());
    }

    /// <summary>A point of a marked curve, and the single point of any curve, has a dot.</summary>
    [Law]
    public bool Every_curve_is_a_line_through_its_points_with_dots_where_it_is_marked(DrawnChart drawn)
    {
        var chart = drawn.Chart;
        var lines = chart.Draw().Marks.Bind(mark => mark is Mark.Stroke stroke ? stroke.Lines : []).AsEnumerable().ToHashSet();
        return chart.Curves.ForAll(curve =>
        {
            var places = curve.Points.Map(chart.Place);
            return (places.Count < 2 || lines.Contains(places))
                && ((!curve.IsMarked && places.Count != 1) || places.ForAll(place => lines.Contains(Array(place))));
        });
    }

    [Fact]
    public void No_two_of_twenty_marked_curves_look_alike()
    {
        var curves = Enumerable.Range(0, 20).Select(i => new ChartCurve($"{i}", Array((0.0, 1.0 + i)), IsMarked: true)).ToArr();
        var chart = new LineChart("x", "y", curves);
        var picture = chart.ToPicture();
        var looks = curves.Map(curve =>
        {
            var (x, y) = chart.Place(curve.Points[0]);
            int At(double column) => Enumerable.Range(0, 3).Sum(channel => picture[(int)column, (int)y, channel] << (8 * channel));
            return (At(x), At(x - 3));
        });
        Assert.Equal(20, looks.Distinct().Count());
    }

    /// <summary>
    /// The picture is coloured on the pixel of every point, unless a dot with a hole may cover it. It is white within the plot where no mark is near.
    /// </summary>
    [Law(cases: 20)]
    public bool The_picture_shows_the_marks_and_nothing_else_in_the_plot(DrawnChart drawn)
    {
        var (chart, picture) = (drawn.Chart, drawn.Chart.ToPicture());
        var strokes = chart.Draw().Marks.Bind(mark => mark is Mark.Stroke stroke ? Array(stroke) : []).ToArray();
        bool White(int x, int y) => Enumerable.Range(0, 3).All(channel => picture[x, y, channel] == 255);
        bool Near(int x, int y) => strokes.Any(stroke => stroke.Lines.Exists(line => Distance(line, x + 0.5, y + 0.5) < (stroke.Width + 1) / 2));
        var sample = from x in Enumerable.Range(chart.Left, chart.Right - chart.Left)
                     from y in Enumerable.Range(chart.Top, chart.Bottom - chart.Top)
                     where (7 * x + 3 * y) % 41 == 0
                     select (x, y);
        return (picture.Width, picture.Height, picture.Channels) == (chart.Width, chart.Height, 3)
            && (chart.Curves.Count > 10 || chart.Curves.Bind(curve => curve.Points).Map(chart.Place).ForAll(at => !White((int)at.X, (int)at.Y)))
            && sample.All(at => White(at.x, at.y) || Near(at.x, at.y));
    }

    /// <summary>Both readings show the same drawing: its size, its strokes and its texts.</summary>
    [Law]
    public bool The_svg_is_valid_xml_with_every_mark_and_text_as_text(DrawnChart drawn)
    {
        var drawing = drawn.Chart.Draw();
        var svg = XDocument.Parse(drawn.Chart.ToSvg()).Root!;
        var texts = svg.Elements(Svg + "text").Select(text => text.Value).ToArray();
        return (svg.Name, (int)svg.Attribute("width")!, (int)svg.Attribute("height")!) == (Svg + "svg", drawing.Width, drawing.Height)
            && svg.Elements(Svg + "path").Count() == drawing.Marks.Count(mark => mark is Mark.Stroke)
            && texts.SequenceEqual(drawing.Marks.Bind(mark => mark is Mark.Words words ? Array(words.Text) : [])
                .Map(text => text.Replace('\u0001', ' ').Replace('\ud800', '\ufffd')));
    }

    [Fact]
    public void The_picture_has_text_in_the_bitmap_font()
    {
        var chart = new LineChart("epochs", "loss", Array(new ChartCurve("steps", Array((0.0, 0.02), (20.0, 1.0)))), logarithmicY: true);
        var picture = chart.ToPicture().Grey();
        foreach (var words in chart.Draw().Marks.Bind(mark => mark is Mark.Words { IsUpright: false } words ? Array(words) : []))
        {
            var text = BitmapFont.Draw(words.Text, 2, ink: 0x30);
            var left = (int)Math.Round(words.X) - (words.Anchor == Anchor.Start ? 0 : words.Anchor == Anchor.Middle ? text.Width / 2 : text.Width);
            Assert.True(picture.Shows(text, left, (int)Math.Round(words.Y) - 7), words.Text);
        }
    }

    [Fact]
    public void A_text_that_is_read_upwards_is_the_turned_text()
    {
        Drawing Of(bool upright) => new(100, 100, Array<Mark>(new Mark.Words("loss", 50, 50, Anchor.Middle, new(0, 0, 0), upright)));
        var (across, up) = (PixelDrawing.Of(Of(false)), PixelDrawing.Of(Of(true)));
        Assert.All(
            from x in Enumerable.Range(0, 100)
            from y in Enumerable.Range(0, 100)
            select (x, y),
            at => Assert.Equal(across[at.x, at.y], up[at.y, 99 - at.x]));
    }

    /// <summary>A text as long as the bitmap font draws it, without its descenders.</summary>
    private static (double Left, double Top, double Right, double Bottom) Box(Mark.Words words)
    {
        var width = 2.0 * BitmapFont.Width(words.Text);
        var before = words.Anchor switch
        {
            Anchor.Start => 0,
            Anchor.Middle => width / 2,
            _ => width,
        };
        return words.IsUpright
            ? (words.X - 7, words.Y - width + before, words.X + 7, words.Y + before)
            : (words.X - before, words.Y - 7, words.X - before + width, words.Y + 7);
    }

    private static double Distance(Arr<(double X, double Y)> line, double x, double y)
    {
        double Segment((double X, double Y) from, (double X, double Y) to)
        {
            var (right, down) = (to.X - from.X, to.Y - from.Y);
            var length = right * right + down * down;
            var part = length == 0 ? 0 : Math.Clamp(((x - from.X) * right + (y - from.Y) * down) / length, 0, 1);
            return double.Hypot(x - from.X - part * right, y - from.Y - part * down);
        }

        return line.Count == 1 ? Segment(line[0], line[0]) : line.Zip(line.Skip(1)).Min(pair => Segment(pair.Item1, pair.Item2));
    }
}
