using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using LanguageExt;

namespace Ddpm.Host.Exchange;

/// <summary>What a user chooses for some formats of `export`.</summary>
/// <param name="Prefix">The prefix of each tensor's name, where the format has names.</param>
/// <param name="Weights">How a page stores weights.</param>
internal sealed record ExportSetting(string Prefix, PageWeights Weights);

/// <summary>A format of `export`.</summary>
/// <param name="UsualName">The name of the file or folder that it writes into the run's folder unless the user names another place.</param>
internal abstract record ExportFormat(string UsualName)
{
    /// <summary>Writes a trained model.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="model">Its model.</param>
    /// <param name="setting">What some formats let a user choose.</param>
    /// <param name="to">Where to; null for the usual place.</param>
    /// <param name="stop">Ends the work.</param>
    /// <returns>Where it is.</returns>
    public abstract Fin<string> Write(RunFolder folder, TrainedModel model, ExportSetting setting, string? to, CancellationToken stop);

    /// <summary>Writes one file.</summary>
    private protected Fin<string> Place(RunFolder folder, string? to, ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        var path = to ?? folder.Within(UsualName);
        return (to is null ? folder.Write(path, bytes) : AtomicFile.Write(path, bytes, stop)).Map(_ => path);
    }

    /// <summary>A format of one file.</summary>
    /// <param name="UsualName">The file's usual name.</param>
    /// <param name="Bytes">The file's bytes, from the model and the prefix.</param>
    public sealed record OneFile(string UsualName, Func<TrainedModel, string, ReadOnlyMemory<byte>> Bytes) : ExportFormat(UsualName)
    {
        /// <inheritdoc/>
        public override Fin<string> Write(RunFolder folder, TrainedModel model, ExportSetting setting, string? to, CancellationToken stop) =>
            Place(folder, to, Bytes(model, setting.Prefix), stop);
    }

    /// <summary>One HTML page.</summary>
    /// <param name="UsualName">The file's usual name.</param>
    public sealed record Page(string UsualName) : ExportFormat(UsualName)
    {
        /// <inheritdoc/>
        public override Fin<string> Write(RunFolder folder, TrainedModel model, ExportSetting setting, string? to, CancellationToken stop) =>
            HtmlPage.Of(PageModel.Of(folder, model), setting.Weights).Bind(bytes => Place(folder, to, bytes, stop));
    }

    /// <summary>A folder of diffusers.</summary>
    /// <param name="UsualName">The folder's usual name.</param>
    public sealed record Diffusers(string UsualName) : ExportFormat(UsualName)
    {
        /// <inheritdoc/>
        public override Fin<string> Write(RunFolder folder, TrainedModel model, ExportSetting setting, string? to, CancellationToken stop)
        {
            var path = to ?? folder.Within(UsualName);
            return from files in DiffusersFolder.Files(model).OrFailure()
                   from written in Outcomes.InOrder([.. files.Map<Func<Fin<Unit>>>(file => () =>
                   {
                       var place = Path.Combine([path, .. file.Path.Split('/')]);
                       return Folders.Create(Path.GetDirectoryName(place)!).Bind(_ => AtomicFile.Write(place, file.Bytes, stop));
                   })])
                   select path;
        }
    }

    /// <summary>The folder of a <see cref="SharedRun"/>.</summary>
    /// <param name="UsualName">The folder's usual name.</param>
    public sealed record Run(string UsualName) : ExportFormat(UsualName)
    {
        /// <inheritdoc/>
        public override Fin<string> Write(RunFolder folder, TrainedModel model, ExportSetting setting, string? to, CancellationToken stop)
        {
            var shared = new RunFolder(to ?? folder.Within(UsualName));
            return from unused in Outcomes.Require(!File.Exists(shared.ReceiptPath), $"there is a run in {shared.Path} already: choose another folder")
                   from run in SharedRun.Of(folder, model)
                   from written in run.Write(shared)
                   select shared.Path;
        }
    }
}
