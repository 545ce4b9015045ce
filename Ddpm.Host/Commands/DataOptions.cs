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

/// <summary>--dataset and --data: which images, and where they are.</summary>
internal sealed class DataOptions
{
    private readonly CommandLine.Option<string> _dataset = new("--dataset")
    {
        Description = $"The data set: {string.Join(" or ", DataSetDescription.All.Map(set => set.Name))}",
        DefaultValueFactory = _ => DataSetDescription.FashionMnist.Name,
    };

    private readonly CommandLine.Option<string?> _folder = new("--data") { Description = "A folder to use instead: of IDX files, or of pictures, in a folder for each class", HelpName = "DIR" };

    private readonly CommandLine.Option<int?> _size = new("--image-size") { Description = $"Height and width that pictures are scaled to [default: {UsualShape.Size}, or as the run has it]" };

    private readonly CommandLine.Option<int?> _channels = new("--channels") { Description = $"1 for grey pictures, 3 for colour [default: {UsualShape.Channels}, or as the run has it]" };

    private readonly CommandLine.Option<string?> _background = new("--background")
    {
        Description = $"Behind transparent pictures: white, black or #rrggbb [default: {Background.White}, or as the run has it]",
        HelpName = "COLOUR",
    };

    public DataOptions(CommandLine.Command command)
    {
        command.AddGroup("Data", _dataset, _folder, _size, _channels, _background);
    }

    private static PictureShape UsualShape { get; } = new(32, 3);

    /// <summary>The data set's name, if it was said.</summary>
    public LanguageExt.Option<string> Dataset(CommandLine.ParseResult said) => said.GetResult(_dataset) is { Implicit: false } ? Some(said.GetValue(_dataset)!) : None;

    /// <summary>Loads images.</summary>
    /// <param name="said">The command line.</param>
    /// <param name="dataset">The data set's name.</param>
    /// <param name="view">Sees the download.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="split">Which part.</param>
    /// <param name="before">The receipt of data that they are like where nothing else is said; none for the usual.</param>
    public Fin<LoadedDataSet> Load(
        CommandLine.ParseResult said, string dataset, IView view, CancellationToken stop, DataSplit split = DataSplit.Train, LanguageExt.Option<DataReceipt> before = default) =>
        from folder in Named(said) ? Optional(said.GetValue(_folder)) : before.Bind(data => data.Folder).Map(There).Sequence()
        from loaded in Load(said, dataset, view, split, folder, before.Map(data => data.Shape), before.Bind(data => Optional(data.Background)), stop)
        select loaded;

    /// <summary>As above, of another size and channels than usual.</summary>
    public Fin<LoadedDataSet> Load(CommandLine.ParseResult said, string dataset, IView view, DataSplit split, PictureShape shape, CancellationToken stop) =>
        Load(said, dataset, view, split, Optional(said.GetValue(_folder)), shape, None, stop);

    /// <summary>The folder that a run's images were in, if it is still there.</summary>
    private Fin<string> There(string folder) => Directory.Exists(folder)
        ? FinSucc(folder)
        : Error.New($"the run was trained on the images in {folder}, and there is no such folder here: name them with {_folder.Name}");

    private Fin<LoadedDataSet> Load(
        CommandLine.ParseResult said, string dataset, IView view, DataSplit split, LanguageExt.Option<string> named, LanguageExt.Option<PictureShape> shape,
        LanguageExt.Option<string> background, CancellationToken stop) =>
        from description in DataSetDescription.Named(dataset).Match(Fin<DataSetDescription>.Succ, fault => Error.New(ExitCode.Usage, fault.Message))
        let otherwise = shape.IfNone(UsualShape)
        from wanted in (Check.That("--image-size", said.GetValue(_size) ?? otherwise.Size, said.GetValue(_size) is null or (>= 4 and <= 256), "must lie in [4, 256]"),
                Check.That("--channels", said.GetValue(_channels) ?? otherwise.Channels, said.GetValue(_channels) is null or 1 or 3, "must be 1 or 3"),
                Behind(said, background))
            .Apply((size, channels, behind) => (Shape: new PictureShape(size, channels), Behind: behind)).OrUsage()
        from loaded in Own(named, description).Match(
            folder => Pictures(folder, description, split, wanted.Shape, wanted.Behind, view, stop),
            () => Load(description, split, named, view, stop))
        from square in loaded.Images.Height == loaded.Images.Width
            ? FinSucc(loaded)
            : Error.New($"the images in {loaded.Origin} are {loaded.Images.Height}×{loaded.Images.Width}, and only square ones can be used")
        from asTheyAre in Is(said.GetValue(_size), square.Images.Height) && Is(said.GetValue(_channels), square.Images.Channels)
                && (said.GetValue(_background) is null || square.Background is not null)
            ? FinSucc(square)
            : Error.New(ExitCode.Usage, $"{_size.Name} and {_channels.Name} say what a folder of pictures is scaled to, and {_background.Name} what shows through them; "
                + $"those of {square.Description.Title} are {square.Images.Height}×{square.Images.Width}×{square.Images.Channels}: leave them out")
        select asTheyAre;

    /// <summary>Loads the images that a run was trained on, or others where they are named.</summary>
    /// <param name="said">The command line.</param>
    /// <param name="receipt">The run's.</param>
    /// <param name="view">Sees the download.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="split">Which part.</param>
    public Fin<LoadedDataSet> LoadOf(CommandLine.ParseResult said, RunReceipt receipt, IView view, CancellationToken stop, DataSplit split = DataSplit.Train) =>
        from loaded in Load(said, Dataset(said).IfNone(receipt.Options.Dataset), view, stop, split, receipt.Data)
        from own in Named(said) || receipt.IsImported || receipt.Data.IsOf(loaded) ? FinSucc(loaded) : receipt.Data.IsNotOf(loaded)
        select own;

    /// <summary>What shows through transparent pictures: as it was said, as a receipt has it, or the usual.</summary>
    public Validation<Error, Background> Behind(CommandLine.ParseResult said, LanguageExt.Option<string> before) =>
        Background.Named(_background.Name, said.GetValue(_background) ?? before.IfNone(Background.White.ToString()));

    /// <summary>Whether it was said which images, or where they are.</summary>
    public bool Named(CommandLine.ParseResult said) => Dataset(said).IsSome || said.GetValue(_folder) is not null;

    /// <summary>What a run of these images is called after: a folder of pictures, or the data set.</summary>
    public string Called(CommandLine.ParseResult said, string dataset) => DataSetDescription.Named(dataset).ToOption().Bind(description => Own(Optional(said.GetValue(_folder)), description))
        .Map(folder => folder.Name.TrimEnd('/')).Filter(name => name.Length > 0).IfNone(dataset);

    private static LanguageExt.Option<PictureFolder> Own(LanguageExt.Option<string> named, DataSetDescription description) =>
        named.Filter(folder => !new IdxFolder(folder).HasAny(description)).Map(folder => new PictureFolder(folder)).Filter(folder => folder.HasAny());

    private static bool Is(int? said, int there) => said is null || said == there;

    private static Fin<LoadedDataSet> Pictures(
        PictureFolder folder, DataSetDescription description, DataSplit split, PictureShape shape, Background background, IView view, CancellationToken stop)
    {
        using var bar = view.Bar("reading pictures");
        return folder.Load(description, split, shape, background, view.Line, bar.Report, stop);
    }

    private static Fin<LoadedDataSet> Load(DataSetDescription description, DataSplit split, LanguageExt.Option<string> folder, IView view, CancellationToken stop)
    {
        using var bar = view.Bar($"fetching {description.Title}");
        return DataSets.Load(
            description, split, folder, DataSetEnvironment.Default,
            progress => bar.Report((int)(progress.Received >> 10), (int)(progress.Total.IfNone(progress.Received + 1) >> 10) + 1, progress.Step), stop);
    }
}
