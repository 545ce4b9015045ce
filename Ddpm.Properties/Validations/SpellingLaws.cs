using Ddpm.Pure.Validations;
using FsCheck;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Validations;

public sealed class SpellingLaws
{
    [Law]
    public bool A_word_is_at_distance_0_of_itself_alone_and_distances_go_both_ways(NonNull<string> one, NonNull<string> other) =>
        Spelling.Distance(one.Get, one.Get) == 0
        && Spelling.Distance(one.Get, other.Get) == Spelling.Distance(other.Get, one.Get)
        && (Spelling.Distance(one.Get, other.Get) == 0) == (one.Get == other.Get);

    [Law]
    public bool It_is_no_shorter_than_the_difference_of_lengths_and_no_longer_than_the_longer_word(NonNull<string> one, NonNull<string> other) =>
        Spelling.Distance(one.Get, other.Get) is var distance
        && distance >= Math.Abs(one.Get.Length - other.Get.Length) && distance <= Math.Max(one.Get.Length, other.Get.Length);

    [Theory]
    [InlineData("epoch", "epochs", 1)]
    [InlineData("trian", "train", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    public void Known_distances(string one, string other, int distance) => Assert.Equal(distance, Spelling.Distance(one, other));

    [Fact]
    public void The_nearest_word_is_found_and_none_far_away()
    {
        var known = Seq("--epochs", "--seed", "--steps");
        Assert.Equal(Some("--epochs"), Spelling.Nearest("--epcohs", known));
        Assert.Equal(Some("--seed"), Spelling.Nearest("--sede", known));
        Assert.True(Spelling.Nearest("--learning-rate", known).IsNone);
        Assert.True(Spelling.Nearest("x", Seq<string>()).IsNone);
    }
}
