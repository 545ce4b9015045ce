using Ddpm.Pure.Data;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Data;

/// <summary>Which files of a folder are pictures, and what their classes are called.</summary>
[Properties(Arbitrary = [typeof(PictureListLaws)])]
public sealed class PictureListLaws
{
    /// <summary>A name of letters and digits, zeros among them.</summary>
    public sealed record Name(string Text);

    public static Arbitrary<Name> Names() =>
        Gen.Elements('a', 'b', '0', '1', '2', '9', '-').ArrayOf().Select(letters => new Name(new string([.. letters.Take(8)]))).ToArbitrary();

    [Law]
    public bool Natural_order_is_an_order(Name one, Name two, Name three)
    {
        int Sign(Name x, Name y) => Math.Sign(NaturalOrder.Comparer.Compare(x.Text, y.Text));
        return Sign(one, two) == -Sign(two, one) && (Sign(one, two) == 0) == (one == two)
            && (Sign(one, two) > 0 || Sign(two, three) > 0 || Sign(one, three) <= 0);
    }

    [Law]
    public bool Numbers_go_by_their_size(ushort one, ushort two, Name before) =>
        Math.Sign(NaturalOrder.Comparer.Compare($"{before.Text}x{one}y", $"{before.Text}x{two}y")) == Math.Sign(one - two);

    [Fact]
    public void Ten_comes_behind_two_and_numbers_of_any_length_are_numbers() => Assert.Equal(
        ["", "0", "1", "02", "2", "10", "11", "99999999999999999999", "100000000000000000000", "a", "a1", "a1b", "a2", "a10"],
        ((string[])["10", "a10", "a", "2", "100000000000000000000", "0", "11", "a2", "", "1", "99999999999999999999", "a1b", "a1", "02"])
            .Order(NaturalOrder.Comparer));

    [Fact]
    public void Classes_are_the_first_folders_in_natural_order()
    {
        var list = PictureList.Of(Seq("10/a.png", "2/deep/b.JPG", "2/a.jpeg", "loose.png", "notes.txt", "1/c.psd", "2/10.png", "2/9.png"));
        Assert.Equal(["2/9.png", "2/10.png", "2/a.jpeg", "2/deep/b.JPG", "10/a.png"], list.Files.ToArray());
        Assert.Equal(["2", "10"], list.Classes.ToArray());
        Assert.Equal(
            [
                "1 picture in no class's folder of set: left out",
                "left out, because their names do not end like PNG, JPEG, WebP, GIF, BMP and TIFF files: 1 .psd, 1 .txt",
            ],
            list.Warnings("set").ToArray());
    }

    [Fact]
    public void A_class_is_chosen_by_its_name_or_its_number()
    {
        var names = Array("cat", "Dog", "dog", "3", "é");
        Assert.Equal(
            [0, 0, 1, 2, 3, 4, 0, 4],
            ((string[])["cat", "CAT", "Dog", "dog", "3", "É", "0", "4"]).Select(typed => ClassNames.Find("--class", typed, names).Valid()));
        string Fault(string typed) => Assert.Single(ClassNames.Find("--class", typed, names).Faults());
        Assert.Equal("--class must be one of cat (0), Dog (1), dog (2), 3 (3), é (4), or its number, got bird", Fault("bird"));
        Assert.Equal("--class must name one class, but 'Dog', 'dog' all match, got DOG", Fault("DOG"));
        var many = ClassNames.Find("--class", "30", Range(0, 30).Map(n => $"{n}").ToArr());
        Assert.Contains("and 10 more, or its number", Assert.Single(many.Faults()), StringComparison.Ordinal);
        foreach (var wrong in (string[])["-1", "5", "", "1.0", " 1"])
        {
            _ = Fault(wrong);
        }
    }
}
