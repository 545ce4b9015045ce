using Ddpm.Host.Data;
using Ddpm.Host.Faults;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--dataset, --data and the options of pictures: which images, and where they are.</summary>
internal sealed class DataOptions
{
    private readonly CommandLine.Option<string> _dataset = new("--dataset")
    {
        Description = $"The data set: {string.Join(" or ", DataSetDescription.All.Map(set => set.Name))}",
        DefaultValueFactory = _ => DataSetDescription.FashionMnist.Name,
    };

    private readonly CommandLine.Option<string?> _folder = new("--data")
    {
        Description = "Your own images instead: pictures in a folder per class, CIFAR, IDX, Parquet or .npz",
        HelpName = "PATH",
    };

    private readonly ImageSizeOption _size = new(
        $"Scale the pictures in --data to this height and width [default: the run's, else {UsualShape.Size.Height}]");

    private readonly CommandLine.Option<int?> _channels = new("--channels")
    {
        Description = $"Read the pictures in --data as grey (1) or colour (3) [default: the run's, else {UsualShape.Channels}]",
    };

    private readonly CommandLine.Option<string?> _background = new("--background")
    {
        Description = $"The colour behind transparent pictures: white, black or #rrggbb [default: the run's, else {Background.White}]",
        HelpName = "COLOUR",
    };

    public DataOptions(CommandLine.Command command)
    {
        command.AddGroup("Data", _dataset, _folder, _size.Option, _channels, _background);
    }

    private static PictureShape UsualShape { get; } = new(ImageSize.Square(32), 3);

    /// <summary>The data set's name, if the command line has it.</summary>
    public LanguageExt.Option<string> Dataset(CommandLine.ParseResult parsed) => parsed.IsGiven(_dataset) ? Some(parsed.GetValue(_dataset)!) : None;

    /// <summary>Loads images.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="dataset">The data set's name.</param>
    /// <param name="view">Shows the download.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="split">Which part.</param>
    /// <param name="before">The receipt of data to load again, as far as the command line does not name others.</param>
    public Fin<LoadedDataSet> Load(
        CommandLine.ParseResult parsed, string dataset, IView view, CancellationToken stop, DataSplit split = DataSplit.Train,
        LanguageExt.Option<DataReceipt> before = default) =>
        from folder in Named(parsed) ? Optional(parsed.GetValue(_folder)) : before.Bind(data => data.Place).Map(Existing).Sequence()
        from loaded in Load(parsed, dataset, view, split, folder, before.Map(data => data.Shape), before.Bind(data => Optional(data.Background)), stop)
        select loaded;

    /// <summary>Loads images whose default shape is not the usual one.</summary>
    public Fin<LoadedDataSet> Load(
        CommandLine.ParseResult parsed, string dataset, IView view, DataSplit split, PictureShape shape, CancellationToken stop) =>
        Load(parsed, dataset, view, split, Optional(parsed.GetValue(_folder)), shape, None, stop);

    /// <summary>Loads the images that a run was trained on, or those that the command line names.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="receipt">The run's.</param>
    /// <param name="view">Shows the download.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="split">Which part.</param>
    public Fin<LoadedDataSet> LoadOf(
        CommandLine.ParseResult parsed, RunReceipt receipt, IView view, CancellationToken stop, DataSplit split = DataSplit.Train) =>
        Load(parsed, Dataset(parsed).IfNone(receipt.Options.Dataset), view, stop, split, receipt.Data).Bind(loaded =>
            Named(parsed) || receipt.IsImported || receipt.Data.IsOf(loaded) ? FinSucc(loaded) : receipt.Data.IsNotOf(loaded));

    /// <summary>The colour behind transparent pictures: the command line's, a receipt's, or the default.</summary>
    public Validation<Error, Background> BackgroundOf(CommandLine.ParseResult parsed, LanguageExt.Option<string> before) =>
        Background.Named(_background.Name, parsed.GetValue(_background) ?? before.IfNone(Background.White.ToString()));

    /// <summary>Whether the command line names the images or their folder.</summary>
    public bool Named(CommandLine.ParseResult parsed) => Dataset(parsed).IsSome || parsed.GetValue(_folder) is not null;

    /// <summary>The name of these images in a run's name: the folder of pictures, or the data set.</summary>
    public string Called(CommandLine.ParseResult parsed, string dataset) => DataSetDescription.Named(dataset).ToOption()
        .Bind(description => Optional(parsed.GetValue(_folder))
            .Filter(path => DataForm.Of(path, description).Exists(form => form != DataForm.Idx)))
        .Map(path => File.Exists(path) ? Path.GetFileNameWithoutExtension(path) : LoadedDataSet.NameOf(path).TrimEnd('/'))
        .Filter(name => name.Length > 0).IfNone(dataset);

    /// <summary>The folder or file that a run's images were in, if it still exists.</summary>
    private Fin<string> Existing(string place) => Outcomes
        .Require(
            Path.Exists(place),
            $"the run was trained on the images in {place}, which does not exist here: give their folder or file with {_folder.Name}",
            ExitCode.Failure)
        .Map(_ => place);

    private Fin<LoadedDataSet> Load(
        CommandLine.ParseResult parsed, string dataset, IView view, DataSplit split, LanguageExt.Option<string> folder,
        LanguageExt.Option<PictureShape> shape, LanguageExt.Option<string> background, CancellationToken stop) =>
        from description in DataSetDescription.Named(dataset).Match(Fin<DataSetDescription>.Succ, fault => Error.New(ExitCode.Usage, fault.Message))
        from wanted in PicturesOf(parsed, shape.IfNone(UsualShape), background)
        from loaded in ImageSource.Load(folder, new(description, split, wanted.Shape, wanted.Background), view, stop)
        from usable in AsAsked(parsed, loaded)
        select usable;

    private Fin<(PictureShape Shape, Background Background)> PicturesOf(
        CommandLine.ParseResult parsed, PictureShape otherwise, LanguageExt.Option<string> background)
    {
        var (size, channels) = (_size.Of(parsed), parsed.GetValue(_channels));
        return (
                size.Map(given => given.Within(ImageSizeOption.Name, 4, 256)).IfNone(otherwise.Size),
                Check.That(_channels.Name, channels ?? otherwise.Channels, channels is null or 1 or 3, "must be 1 or 3"),
                BackgroundOf(parsed, background))
            .Apply((pixels, planes, colour) => (new PictureShape(pixels, planes), colour)).OrUsage();
    }

    /// <summary>Refuses options of pictures for images that are no pictures in a folder.</summary>
    private Fin<LoadedDataSet> AsAsked(CommandLine.ParseResult parsed, LoadedDataSet loaded) =>
        loaded.IsAsAsked(_size.Of(parsed), parsed.GetValue(_channels), parsed.GetValue(_background) is not null)
            ? loaded
            : Error.New(
                ExitCode.Usage,
                $"{ImageSizeOption.Name}, {_channels.Name} and {_background.Name} apply only to encoded pictures; the images of {loaded.Description.Title} are "
                + $"{loaded.Shape}: leave these options out");
}
