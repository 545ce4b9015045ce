using System.Globalization;
using Ddpm.Pure.Validations;
using FsCheck;
using Xunit;

namespace Ddpm.Properties.Validations;

public sealed class NumberTextLaws
{
    [Law]
    public bool A_number_is_read_back_as_it_was_written(NormalFloat real, int whole, ulong large) =>
        NumberText.Real("x", real.Get.ToString("R", CultureInfo.InvariantCulture)).Valid().Equals(real.Get)
        && NumberText.Whole<int>("x", whole.ToString(CultureInfo.InvariantCulture)).Valid() == whole
        && NumberText.Whole<ulong>("x", large.ToString(CultureInfo.InvariantCulture)).Valid() == large;

    /// <summary>A number with any character besides digits, sign, point and exponent is refused. The error quotes the text.</summary>
    [Law]
    public bool What_does_not_belong_into_a_number_is_not_left_out(int whole, byte place, byte which)
    {
        const string Foreign = ", _'xkM%€１٣\u00a0\u2009";
        var digits = whole.ToString(CultureInfo.InvariantCulture);
        var text = digits.Insert(place % (digits.Length + 1), Foreign[which % Foreign.Length].ToString());
        return NumberText.Real("--x", text).Faults().Single() is var real
            && real.StartsWith("--x must be a number", StringComparison.Ordinal)
            && real.EndsWith($", got {text}", StringComparison.Ordinal)
            && NumberText.Whole<int>("--x", text).Faults().Single() is var one && one == $"--x must be a whole number, written in digits, got {text}";
    }

    [Theory]
    [InlineData("0,5", "--x must be a number with a decimal point, such as 0.5, got 0,5")]
    [InlineData("1,000.5", "--x must be a number with a decimal point, such as 0.5, got 1,000.5")]
    [InlineData("NaN", "--x must be a number, such as 0.5 or 1e-4, got NaN")]
    [InlineData("Infinity", "--x must be a number, such as 0.5 or 1e-4, got Infinity")]
    [InlineData("1e999", "--x must be a number, such as 0.5 or 1e-4, got 1e999")]
    [InlineData("0x10", "--x must be a number, such as 0.5 or 1e-4, got 0x10")]
    [InlineData("", "--x must be a number, such as 0.5 or 1e-4, got ")]
    public void What_is_no_real_number_is_refused(string text, string says) => Assert.Equal([says], NumberText.Real("--x", text).Faults());

    [Fact]
    public void A_noise_level_may_be_infinite()
    {
        Assert.Equal(double.PositiveInfinity, NumberText.NoiseLevel("--x", "Infinity").Valid());
        Assert.Equal(["--x must be a number, such as 0.5 or 1e-4, got -Infinity"], NumberText.NoiseLevel("--x", "-Infinity").Faults());
    }

    [Theory]
    [InlineData("2147483648", "--x must be a whole number of at most 2147483647, got 2147483648")]
    [InlineData("1e3", "--x must be a whole number, written in digits, got 1e3")]
    [InlineData("7.0", "--x must be a whole number, written in digits, got 7.0")]
    [InlineData("(7)", "--x must be a whole number, written in digits, got (7)")]
    [InlineData("-", "--x must be a whole number, written in digits, got -")]
    public void What_is_no_whole_number_is_refused(string text, string says) => Assert.Equal([says], NumberText.Whole<int>("--x", text).Faults());
}
