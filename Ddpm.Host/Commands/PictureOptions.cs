using Ddpm.Host.Data;
using Ddpm.Host.Faults;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--image and its options: image-to-image, inpainting and interpolation.</summary>
internal sealed class PictureOptions
{
    private const double UsualStrength = 0.4;

    private static readonly ChoiceTable<PictureEncoding> Encodings = ChoiceTable.Of(("noise", PictureEncoding.Noise), ("inversion", PictureEncoding.Inversion));

    private readonly CommandLine.Option<string?> _image = new("--image")
    {
        Description = "Start from a picture: a file, or train:N or test:N of the run's data set",
        HelpName = "PICTURE",
    };

    private readonly CommandLine.Option<double?> _strength = new("--strength")
    {
        Description = Invariant($"How much noise to start with, in (0, 1] [default: {UsualStrength}; 1 with --known or inversion]"),
    };

    private readonly CommandLine.Option<string?> _known = new("--known")
    {
        Description = "Keep this part of --image: X,Y,WIDTH,HEIGHT in pixels, or a picture that is white in this part",
        HelpName = "REGION",
    };

    private readonly CommandLine.Option<string?> _toImage = new("--to-image")
    {
        Description = "Interpolate from --image to this picture in --count images",
        HelpName = "PICTURE",
    };

    private readonly CommandLine.Option<string?> _encode = new("--encode")
    {
        Description = "How to make --image noisy: noise (random) or inversion (DDIM backwards) [default: noise; inversion with --to-image]",
    };

    private readonly DataOptions _data;

    public PictureOptions(CommandLine.Command command)
    {
        command.AddGroup("Starting from a picture", All);
        _data = new(command);
    }

    private CommandLine.Option[] All => [_image, _strength, _known, _toImage, _encode];

    /// <summary>Reads the pictures that the command line names.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="network">The network, which decides the size of the pictures.</param>
    /// <param name="receipt">The run's receipt.</param>
    /// <param name="view">Shows a download.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The pictures; none if the command line names none.</returns>
    public Fin<LanguageExt.Option<StartingPictures>> Read(
        CommandLine.ParseResult parsed, UNetConfig network, RunReceipt receipt, IView view, CancellationToken stop)
    {
        if (parsed.GetValue(_image) is not { } image)
        {
            var others = parsed.Given(All);
            var needs = others.Count == 1 ? "needs" : "need";
            return Outcomes.Require(others.IsEmpty, $"{string.Join(" and ", others)} {needs} a picture: name one with --image")
                .Map(_ => LanguageExt.Option<StartingPictures>.None);
        }

        var (known, other) = (Optional(parsed.GetValue(_known)), Optional(parsed.GetValue(_toImage)));
        var encode = EncodingOf(parsed);
        var strength = parsed.GetValue(_strength) ?? (known.IsSome || encode == "inversion" ? 1 : UsualStrength);
        return from encoding in Checked(strength, encode, known, other)
               from first in Picture(image)
               from second in other.Map(Picture).Sequence()
               from mask in known.Map(region => KnownRegion.Mask(region, network.ImageSize, network.ImageChannels)).Sequence()
               select Some(new StartingPictures(first, second, mask, strength, encoding));

        Fin<float[]> Picture(string name) => new NamedPicture(name).Read(
            new(network.ImageSize, network.ImageChannels),
            () => _data.BackgroundOf(parsed, Optional(receipt.Data.Background)).OrUsage(),
            split => _data.LoadOf(parsed, receipt, view, stop, split));
    }

    /// <summary>Whether sampling starts from a picture.</summary>
    public bool Named(CommandLine.ParseResult parsed) => parsed.GetValue(_image) is not null;

    /// <summary>Whether a picture becomes noisy by inversion.</summary>
    public bool Inverts(CommandLine.ParseResult parsed) => Named(parsed) && Encodings.Find(EncodingOf(parsed)) == PictureEncoding.Inversion;

    /// <summary>Refuses pictures together with an option that starts from noise.</summary>
    public Fin<Unit> Without(CommandLine.ParseResult parsed, CommandLine.Option other)
    {
        var given = parsed.Given(All);
        return Outcomes.Require(given.IsEmpty, $"{string.Join(" and ", given)} cannot be combined with {other.Name}, which always starts from noise");
    }

    private static Fin<PictureEncoding> Checked(double strength, string encode, LanguageExt.Option<string> known, LanguageExt.Option<string> other)
    {
        var keepsAlone = known.IsNone || (other.IsNone && encode == "noise");
        return (
                Check.That("--strength", strength, strength is > 0 and <= 1, "must lie in (0, 1]"),
                Encodings.Find("--encode", encode),
                Check.That("--known", known.IfNone(""), keepsAlone, "cannot be combined with --to-image or --encode inversion"))
            .Apply((_, encoding, _) => encoding).OrUsage();
    }

    private string EncodingOf(CommandLine.ParseResult parsed) => parsed.GetValue(_encode) ?? (parsed.GetValue(_toImage) is null ? "noise" : "inversion");
}
