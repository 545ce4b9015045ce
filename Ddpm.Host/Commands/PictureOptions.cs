using System.Globalization;
using Ddpm.Host.Faults;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>How a given picture becomes the noisy x that a plan starts from.</summary>
internal enum Encoding
{
    /// <summary>x = a·image + σ·ε.</summary>
    Noise,

    /// <summary>DDIM's inversion: the noise that DDIM makes the image of.</summary>
    Inversion,
}

/// <summary>Pictures in [−1, 1] that sampling starts from, C·H·W numbers each.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Other">The picture to end an interpolation at.</param>
/// <param name="Mask">Which of its numbers are kept.</param>
/// <param name="Strength">How much of the plan is run, in (0, 1].</param>
/// <param name="Encoding">How it becomes noisy.</param>
internal sealed record Pictures(float[] Image, LanguageExt.Option<float[]> Other, LanguageExt.Option<bool[]> Mask, double Strength, Encoding Encoding);

/// <summary>--image and what belongs to it: image-to-image, inpainting and interpolation.</summary>
internal sealed class PictureOptions
{
    private const double UsualStrength = 0.4;

    private static readonly ChoiceTable<Encoding> Encodings = ChoiceTable.Of(("noise", Encoding.Noise), ("inversion", Encoding.Inversion));

    private readonly CommandLine.Option<string?> _image = new("--image") { Description = "Start from a picture: a file, or train:N or test:N of the run's data set", HelpName = "PICTURE" };

    private readonly CommandLine.Option<double?> _strength = new("--strength") { Description = $"How much noise it starts with, in (0, 1] [default: {UsualStrength.ToString(CultureInfo.InvariantCulture)}; 1 with --known and with inversion]" };

    private readonly CommandLine.Option<string?> _known = new("--known") { Description = "Keep a part of it: X,Y,WIDTH,HEIGHT in pixels, or a picture that is white there", HelpName = "REGION" };

    private readonly CommandLine.Option<string?> _toImage = new("--to-image") { Description = "Interpolate from --image to this picture, in as many images as --count", HelpName = "PICTURE" };

    private readonly CommandLine.Option<string?> _encode = new("--encode")
    {
        Description = "How it becomes noisy: noise, or inversion (DDIM backwards) [default: noise; inversion with --to-image]",
    };

    private readonly DataOptions _data;

    public PictureOptions(CommandLine.Command command)
    {
        command.AddGroup("Starting from a picture", _image, _strength, _known, _toImage, _encode);

        _data = new(command);
    }

    /// <summary>Reads what was named.</summary>
    /// <param name="said">The command line.</param>
    /// <param name="network">Whose size of image is wanted.</param>
    /// <param name="receipt">The run's.</param>
    /// <param name="view">Sees a download.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The pictures, if any were named.</returns>
    public Fin<LanguageExt.Option<Pictures>> Read(CommandLine.ParseResult said, UNetConfig network, RunReceipt receipt, IView view, CancellationToken stop)
    {
        if (said.GetValue(_image) is not { } image)
        {
            return Said(said, _strength, _known, _toImage, _encode) is { } alone
                ? Error.New(ExitCode.Usage, $"{alone.Name} needs a picture: name one with --image")
                : LanguageExt.Option<Pictures>.None;
        }

        var (known, other) = (Optional(said.GetValue(_known)), Optional(said.GetValue(_toImage)));
        var encode = EncodingOf(said);
        var strength = said.GetValue(_strength) ?? (known.IsSome || encode == "inversion" ? 1 : UsualStrength);
        return from checkedSo in (Check.That("--strength", strength, strength is > 0 and <= 1, "must lie in (0, 1]"), Encodings.Find("--encode", encode),
                       known.IsSome && (other.IsSome || encode != "noise")
                           ? Check.Fail<Unit>("--known", known.IfNone(""), "goes neither with --to-image nor with --encode inversion")
                           : unit)
                   .Apply((part, encoding, _) => encoding).OrUsage()
               from first in Picture(said, image, network, receipt, view, stop)
               from second in other.Map(name => Picture(said, name, network, receipt, view, stop)).Sequence()
               from mask in known.Map(region => Mask(region, network)).Sequence()
               select Some(new Pictures(first, second, mask, strength, checkedSo));
    }

    /// <summary>Whether sampling starts from a picture.</summary>
    public bool Named(CommandLine.ParseResult said) => said.GetValue(_image) is not null;

    /// <summary>Whether a picture becomes noisy by inversion.</summary>
    public bool Inverts(CommandLine.ParseResult said) => Named(said) && Encodings.Find(EncodingOf(said)) == Encoding.Inversion;

    /// <summary>Refuses pictures beside an option that goes without.</summary>
    public Fin<Unit> Without(CommandLine.ParseResult said, CommandLine.Option other) => Said(said, _image, _strength, _known, _toImage, _encode) is { } one
        ? Error.New(ExitCode.Usage, $"{one.Name} does not go with {other.Name}, whose images all begin as noise")
        : unit;

    private static CommandLine.Option? Said(CommandLine.ParseResult said, params CommandLine.Option[] options) => options.FirstOrDefault(option => said.GetResult(option) is { Implicit: false });

    private string EncodingOf(CommandLine.ParseResult said) => said.GetValue(_encode) ?? (said.GetValue(_toImage) is null ? "noise" : "inversion");

    private Fin<float[]> Picture(CommandLine.ParseResult said, string name, UNetConfig network, RunReceipt receipt, IView view, CancellationToken stop) =>
        (name.Split(':') switch
        {
            ["train" or "test", var number] => FromDataSet(said, network, name, number, name[1] == 'r' ? DataSplit.Train : DataSplit.Test, receipt, view, stop),
            _ => from background in _data.Behind(said, Optional(receipt.Data.Background)).OrUsage()
                 from read in PictureFile.Read(name, new(network.ImageSize, network.ImageChannels), background)
                 select read.Picture.Pixels,
        }).Map(levels =>
        {
            var values = new float[network.ImageChannels * network.ImageSize * network.ImageSize];
            PixelScale.ToModel(levels.Span, network.ImageChannels, network.ImageSize, network.ImageSize, values);
            return values;
        });

    private Fin<ReadOnlyMemory<byte>> FromDataSet(
        CommandLine.ParseResult said, UNetConfig network, string name, string number, DataSplit split, RunReceipt receipt, IView view, CancellationToken stop) =>
        from loaded in _data.LoadOf(said, receipt, view, stop, split)
        from _ in loaded.Fits(new(network.ImageSize, network.ImageChannels), "the run's images")
        let images = loaded.Images
        from index in int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) && parsed < images.Count
            ? FinSucc(parsed)
            : Error.New(ExitCode.Usage, $"{name} is no image: there are {images.Count}, counted from 0")
        let pixels = images.Height * images.Width * images.Channels
        select images.Pixels.Slice(index * pixels, pixels);

    /// <summary>Which of the C·H·W numbers are kept.</summary>
    private static Fin<bool[]> Mask(string region, UNetConfig network)
    {
        var size = network.ImageSize;
        Fin<Func<int, int, bool>> kept = region.Split(',') is { Length: 4 } numbers && !File.Exists(region)
            ? toSeq(numbers).Map(number => NumberText.Whole<int>("--known", number.Trim())).Sequence().OrUsage().Bind(four => Rectangle(region, four[0], four[1], four[2], four[3], size))
            : PictureFile.Read(region, new(size, 1), Background.Black).Map<Func<int, int, bool>>(read => (x, y) => read.Picture[x, y] >= 128); // what is transparent is not white
        return kept.Map(keeps => Enumerable.Range(0, network.ImageChannels * size * size).Select(i => keeps(i % size, i / size % size)).ToArray())
            .Bind(mask => mask.Contains(true) ? mask : FinFail<bool[]>(Error.New($"--known must be white where the picture is to be kept, and {region} is white nowhere")));
    }

    private static Fin<Func<int, int, bool>> Rectangle(string region, int left, int top, int width, int height, int size) =>
        left >= 0 && top >= 0 && width > 0 && height > 0 && left <= size - width && top <= size - height
            ? FinSucc<Func<int, int, bool>>((x, y) => x >= left && x < left + width && y >= top && y < top + height)
            : Error.New(ExitCode.Usage, $"--known must lie within the {size}×{size} pixels and hold at least one, got {region}");
}
