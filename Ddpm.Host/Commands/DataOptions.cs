using Ddpm.Host.Data;
using Ddpm.Host.Progress;
using Ddpm.Pure.Data;
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

    private readonly CommandLine.Option<string?> _folder = new("--data") { Description = "A folder of IDX files to use instead of fetching the data set", HelpName = "DIR" };

    public DataOptions(CommandLine.Command command)
    {
        command.Add(_dataset);
        command.Add(_folder);
    }

    /// <summary>The data set's name, if it was said.</summary>
    public LanguageExt.Option<string> Dataset(CommandLine.ParseResult said) => said.GetResult(_dataset) is { Implicit: false } ? Some(said.GetValue(_dataset)!) : None;

    /// <summary>Loads images.</summary>
    /// <param name="said">The command line.</param>
    /// <param name="dataset">The data set's name.</param>
    /// <param name="view">Sees the download.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="split">Which part.</param>
    public Fin<LoadedDataSet> Load(CommandLine.ParseResult said, string dataset, IView view, CancellationToken stop, DataSplit split = DataSplit.Train) =>
        from description in DataSetDescription.Named(dataset).Match(Fin<DataSetDescription>.Succ, fault => Error.New(ExitCode.Usage, fault.Message))
        from loaded in Load(description, split, Optional(said.GetValue(_folder)), view, stop)
        from square in loaded.Images.Height == loaded.Images.Width
            ? FinSucc(loaded)
            : Error.New($"the images in {loaded.Origin} are {loaded.Images.Height}×{loaded.Images.Width}, and only square ones can be used")
        select square;

    private static Fin<LoadedDataSet> Load(DataSetDescription description, DataSplit split, LanguageExt.Option<string> folder, IView view, CancellationToken stop)
    {
        using var bar = view.Bar($"fetching {description.Title}");
        return DataSets.Load(
            description, split, folder, DataSetEnvironment.Default,
            progress => bar.Report((int)(progress.Received >> 10), (int)(progress.Total.IfNone(progress.Received + 1) >> 10) + 1, progress.Step), stop);
    }
}
