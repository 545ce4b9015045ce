using Ddpm.Host.Faults;
using Ddpm.Host.Runs;
using LanguageExt;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>The options of `train` that say what it leaves behind.</summary>
internal sealed class RecordingOptions
{
    private static readonly Recording Defaults = new();

    private readonly CommandLine.Option<int> _sampleEvery = new("--sample-every") { Description = "A grid of samples after every k-th epoch; 0 for none", DefaultValueFactory = _ => Defaults.SampleEvery };
    private readonly CommandLine.Option<int?> _logEvery = new("--log-every") { Description = $"A metrics line after every k-th step [default: {Recording.UsualLogEvery}, or less in a run shorter than {Recording.UsualLogEvery * Recording.FewestLines} steps]" };
    private readonly CommandLine.Option<int?> _checkpointEvery = new("--checkpoint-every") { Description = "A checkpoint after every k-th step too [default: after every epoch only]" };
    private readonly CommandLine.Option<int?> _keep = new("--keep") { Description = "Keep only so many of the newest checkpoints, and the best [default: all]" };

    public RecordingOptions(CommandLine.Command command)
    {
        command.AddGroup("What it leaves behind", _sampleEvery, _logEvery, _checkpointEvery, _keep);
    }

    /// <summary>What was said, and what was not as otherwise.</summary>
    public Fin<Recording> Said(CommandLine.ParseResult said, Recording otherwise) => new Recording(
        said.Or(_sampleEvery, otherwise.SampleEvery), said.Or(_logEvery, otherwise.LogEvery),
        said.Or(_checkpointEvery, otherwise.CheckpointEvery), said.Or(_keep, otherwise.Keep)).Checked().OrUsage();
}
