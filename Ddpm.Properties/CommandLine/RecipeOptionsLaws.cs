using System.CommandLine;
using Ddpm.Host.Commands;
using Ddpm.Properties.Training;
using Ddpm.Pure.Options;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>The options of `train` on a command line are those that <see cref="TrainingOption"/> declares.</summary>
[Properties(Arbitrary = [typeof(TrainingGenerators), typeof(Generators)])]
public sealed class RecipeOptionsLaws
{
    [Law]
    public bool Options_are_parsed_from_their_own_arguments(TrainingOptions options) => Parsed([.. options.ToArguments()]) == options;

    [Fact]
    public void Every_option_is_parsed_from_its_own_argument() => Assert.All(TrainingOption.All.Filter(option => option.Name != "preset"), option =>
    {
        var changed = TrainingOptionsLaws.Changed(option, new TrainingOptions());
        Assert.Equal(changed, Parsed([.. changed.ToArguments()]));
    });

    [Fact]
    public void Every_option_is_on_the_command_line_with_its_group_and_help()
    {
        var command = Train().Command;
        Assert.All(TrainingOption.All, declared =>
        {
            var option = Assert.Single(command.Options, option => option.Name == $"--{declared.Name}");
            Assert.Equal(declared.Help, option.Description);
            Assert.Equal(declared.Type == typeof(LanguageExt.Arr<int>?) ? typeof(int[]) : declared.Type, option.ValueType);
            Assert.Contains(HelpPage.Of(command), line => line.StartsWith($"{declared.Group}:", StringComparison.Ordinal));
        });
    }

    /// <summary>The preset has both, and 0 is how to do without.</summary>
    [Theory]
    [InlineData("0", null)]
    [InlineData("0.5", 0.5)]
    public void Zero_turns_clipping_and_averaging_off(string argument, double? value)
    {
        var options = Parsed("--preset", "best", "--clip-norm", argument, "--ema-decay", argument);
        Assert.Equal((value, value), (options.ClipNorm, options.EmaDecay));
    }

    private static TrainingOptions Parsed(params string[] arguments)
    {
        var (command, recipe) = Train();
        var parsed = command.Parse(arguments);
        Assert.Empty(parsed.Errors);
        return recipe.Parsed(parsed);
    }

    private static (Command Command, RecipeOptions Recipe) Train()
    {
        var command = new Command("train");
        return (command, new(command, new DataOptions(command)));
    }
}
