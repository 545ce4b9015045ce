using Ddpm.Host.Faults;
using Ddpm.Host.Runs;
using LanguageExt;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>The options of `train` that decide which files it leaves behind.</summary>
internal sealed class RecordingOptions
{
    private static readonly Recording Defaults = new();

    private readonly CommandLine.Option<int> _sampleEvery = new("--sample-every")
    {
        Description = "Draw a grid of samples every N epochs; 0 draws none",
        DefaultValueFactory = _ => Defaults.SampleEvery,
    };

    private readonly CommandLine.Option<int?> _logEvery = new("--log-every")
    {
        Description = $"Log metrics every N steps [default: {Recording.UsualLogEvery}, or less in a run of fewer than "
            + $"{Recording.UsualLogEvery * Recording.FewestLines} steps]",
    };

    private readonly CommandLine.Option<int?> _checkpointEvery = new("--checkpoint-every")
    {
        Description = "Write a checkpoint every N steps and after every epoch [default: only after every epoch]",
    };

    private readonly CommandLine.Option<int?> _keep = new("--keep")
    {
        Description = "Keep only the N newest checkpoints, the best and the guide [default: keep all]",
    };

    public RecordingOptions(CommandLine.Command command)
    {
        command.AddGroup("Files to write", _sampleEvery, _logEvery, _checkpointEvery, _keep);
    }

    /// <summary>A recording, with the options on the command line in place of its own.</summary>
    public Fin<Recording> Parsed(CommandLine.ParseResult parsed, Recording otherwise) => new Recording(
        parsed.Or(_sampleEvery, otherwise.SampleEvery), parsed.Or(_logEvery, otherwise.LogEvery),
        parsed.Or(_checkpointEvery, otherwise.CheckpointEvery), parsed.Or(_keep, otherwise.Keep)).Checked().OrUsage();
}
