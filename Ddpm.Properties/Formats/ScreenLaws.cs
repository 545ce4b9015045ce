using Ddpm.Pure.Text;
using FsCheck;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Formats;

public sealed class ScreenLaws
{
    [Law]
    public bool Whatever_is_told_fits_a_screen_and_moves_no_cursor(NonNull<string>[] lines, byte more) =>
        Screen.Of(toSeq(lines.Select(line => line.Get)) + toSeq(Enumerable.Range(0, more).Select(i => $"\u001b[2J\r\n\u202eline {i}")), "fault") is var shown
        && shown.Count == Math.Min(lines.Length + more, Screen.MostLines)
        && shown.ForAll(line =>
            line.Length < Screen.LongestLine + 100
            && !line.Any(symbol => char.IsControl(symbol) || symbol is '\u202e' or '\u2028' or '\u2029'));

    [Fact]
    public void What_is_left_out_is_counted()
    {
        var shown = Screen.Of(toSeq(Enumerable.Range(0, 1000).Select(i => $"line {i}")), "line");
        Assert.Equal(("line 18", "and 981 more lines"), (shown[^2], shown[^1]));
        Assert.EndsWith("a… (11000000 characters more)", Screen.Line(new string('a', 11_001_000)), StringComparison.Ordinal);
        Assert.Equal("as it is", Screen.Line("as it is"));
    }

    [Law]
    public bool Plain_words_stay_as_they_are(PositiveInt number) =>
        ShellWords.Of(Seq("train", $"--limit={number.Get}", "a/b-c_d.e")) == $"train --limit={number.Get} a/b-c_d.e";

    /// <summary>A shell is asked: it prints each word with a line's end behind it.</summary>
    [UnixFact]
    public void A_shell_reads_the_words_that_were_meant()
    {
        string[] words = ["a b", "", "$(touch x)", "`id`", "it's", "''", "~", "*", "a;b", "#x", "!", "\\", "é猫", "a\"b", "{1,2}", "<(x)", "-n", "a\tb"];
        using var shell = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("sh", ["-c", $"printf '%s\\n' {ShellWords.Of(toSeq(words))}"]) { RedirectStandardOutput = true })!;
        Assert.Equal(words, shell.StandardOutput.ReadToEnd().Split('\n')[..^1]);
    }
}
