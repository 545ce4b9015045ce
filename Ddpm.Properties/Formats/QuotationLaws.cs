using System.Globalization;
using Ddpm.Pure.Text;
using Xunit;

namespace Ddpm.Properties.Formats;

public sealed class QuotationLaws
{
    [Law(Arbitrary = [typeof(FormatGenerators)])]
    public bool What_is_quoted_is_one_short_line_between_single_quotes_that_moves_no_cursor(FormatGenerators.AnyText text)
    {
        var quoted = Quotation.Quote(text.Value);
        // At sixty characters, the first quote included, one more may come, spelt out in ten, and then the dots and the last quote.
        return quoted.Length is >= 2 and <= 72 && quoted[0] == '\'' && quoted[^1] == '\'' && !quoted.Any(char.IsControl);
    }

    [Theory]
    [InlineData("down1.0.conv1.weight", "'down1.0.conv1.weight'")]
    [InlineData("", "''")]
    [InlineData("two words, é, 漢 and 😀", "'two words, é, 漢 and 😀'")]
    [InlineData("\u001b[2J", "'\\u{1b}[2J'")]        // a control character
    [InlineData("a\u202eb", "'a\\u{202e}b'")]        // a format character: what follows would be written from right to left
    [InlineData("\ue000", "'\\u{e000}'")]            // private use
    [InlineData("\u0378", "'\\u{378}'")]             // assigned to nothing
    [InlineData("\u2028\u2029", "'\\u{2028}\\u{2029}'")] // the separators of lines and of paragraphs
    [InlineData("\u00a0", "'\\u{a0}'")]              // a space that does not look like one
    public void What_is_no_visible_character_is_told_by_its_code_point(string text, string quoted) => Assert.Equal(quoted, Quotation.Quote(text));

    [Fact]
    public void Sixty_characters_are_quoted_whole_and_of_more_the_first_sixty()
    {
        var sixty = string.Concat(Enumerable.Range(0, 60).Select(i => (i % 10).ToString(CultureInfo.InvariantCulture)));
        Assert.Equal($"'{sixty}'", Quotation.Quote(sixty));
        Assert.Equal($"'{sixty}…'", Quotation.Quote(sixty + "x"));
    }
}
