using Ddpm.Pure.Images;
using LanguageExt;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--image-size: the side of square images, or height and width.</summary>
/// <param name="description">What the command does with it.</param>
internal sealed class ImageSizeOption(string description)
{
    /// <summary>The option's name.</summary>
    public const string Name = "--image-size";

    /// <summary>What parses it: one or two whole numbers.</summary>
    public CommandLine.Option<int[]> Option { get; } = new(Name)
    {
        Description = description,
        Arity = new(1, 2),
        AllowMultipleArgumentsPerToken = true,
        HelpName = "H [W]",
    };

    /// <summary>The size, if the command line has one.</summary>
    public Option<ImageSize> Of(CommandLine.ParseResult parsed) => ImageSize.Of(parsed.GetValue(Option) ?? []);
}
