using Ddpm.Host.Commands;
using Xunit;

namespace Ddpm.Properties.Attacks;

/// <summary>The sign of the home folder in arguments.</summary>
public sealed class HomeFolderLaws
{
    [Theory]
    [InlineData("~", "/home/me"), InlineData("~/", "/home/me/"), InlineData("~/x", "/home/me/x"), InlineData("--data=~/x", "--data=/home/me/x")]
    [InlineData("--data:~", "--data:/home/me"), InlineData("--data=~=x", "--data=~=x"), InlineData("~you/x", "~you/x"), InlineData("a~/x", "a~/x")]
    [InlineData("./~/x", "./~/x"), InlineData("--data=./~/x", "--data=./~/x"), InlineData("--data=a=~/x", "--data=a=~/x")]
    [InlineData("", ""), InlineData("--", "--")]
    public void The_home_folder_stands_where_a_shell_leaves_its_sign(string typed, string meant)
    {
        Assert.Equal(meant, HomeFolder.OfArgument(typed, "/home/me"));
        Assert.Equal(typed, HomeFolder.OfArgument(typed, ""));
    }
}
