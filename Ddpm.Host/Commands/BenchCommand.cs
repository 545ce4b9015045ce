using System.Text.Json;
using Ddpm.Host.Benchmarks;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`bench`: how fast this machine computes.</summary>
internal static class BenchCommand
{
    private const int MostSeconds = 60;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower, WriteIndented = true, NewLine = "\n" };

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("bench", "Measure training, sampling and what they are made of; each figure is a median of seven, with the least and the most");
        CommandLine.Option<string> preset = new("--preset") { Description = $"The network: {string.Join(" or ", Choices.Presets.Keys)}", DefaultValueFactory = _ => new TrainingOptions().Preset };
        CommandLine.Option<int> size = new("--image-size") { Description = "Height and width of the images", DefaultValueFactory = _ => 28 };
        CommandLine.Option<int> batch = new("--batch-size") { Description = "Images in a training step", DefaultValueFactory = _ => new TrainingOptions().BatchSize };
        CommandLine.Option<string> precision = new("--precision") { Description = $"What the network computes in: {string.Join(" or ", Choices.Precisions.Keys)}", DefaultValueFactory = _ => new TrainingOptions().Precision };
        CommandLine.Option<string?> peer = new("--peer") { Description = "Run this command in turn with ours and tell the ratio: its last line is a JSON object with train_images_per_second and forward_images_per_second", HelpName = "COMMAND" };
        CommandLine.Option<int> rounds = new("--rounds") { Description = "How often each is run with --peer", DefaultValueFactory = _ => 5 };
        CommandLine.Option<double> window = new("--window") { Description = "How many seconds each of the seven measurements of a figure takes", DefaultValueFactory = _ => 0.25 };
        CommandLine.Option<string?> json = new("--json") { Description = "Write the figures to this file too", HelpName = "FILE" };
        command.AddGroup("Measurement", preset, size, batch, precision, peer, rounds, window, json);

        var machine = new MachineOptions(command);
        command.SetAction(said => Session.Run(said, (view, stop) =>
            from config in TrainingConfig.From(
                new TrainingOptions { Preset = said.GetValue(preset)!, BatchSize = said.GetValue(batch), Precision = said.GetValue(precision)! }, said.GetValue(size), 1).OrUsage()
            from fits in Check.That("--batch-size", said.GetValue(batch), 4L * said.GetValue(batch) * said.GetValue(size) * said.GetValue(size) <= System.Array.MaxLength, "must be less: four batches have to fit into one array").OrUsage()
            from times in Check.AtLeast("--rounds", said.GetValue(rounds), 1).OrUsage()
            from seconds in Check.Inside("--window", said.GetValue(window), 0, MostSeconds).OrUsage()
            from device in machine.Prepare(said)
            from figures in Bench.Run(config, device, Optional(said.GetValue(peer)), times, view, new(TimeSpan.FromSeconds(seconds), stop))
            from _ in said.GetValue(json) is { } path ? AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(figures, Json), stop) : unit
            select unit));
        return command.WithExample("--preset standard");
    }
}
