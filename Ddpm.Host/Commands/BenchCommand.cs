using System.Text.Json;
using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Threads;
using Ddpm.Host.Benchmarks;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`bench`: how fast this machine computes.</summary>
internal sealed class BenchCommand
{
    private const int MostSeconds = 60, UsualSide = 28;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower, WriteIndented = true, NewLine = "\n" };

    private readonly CommandLine.Command _command = new(
        "bench", "Measure the speed of training, sampling and their parts: median, minimum and maximum of seven runs");

    private readonly MachineOptions _machine;

    private readonly CommandLine.Option<string> _preset = RecipeOptions.Create<string>(
        nameof(TrainingOptions.Preset), $"The recipe, which names the network: {string.Join(", ", Choices.Presets.Keys)}");

    private readonly CommandLine.Option<string?> _network = RecipeOptions.Create<string?>(nameof(TrainingOptions.Network));
    private readonly ImageSizeOption _size = new($"Height and width of the images [default: {UsualSide}]");
    private readonly CommandLine.Option<int> _batch = RecipeOptions.Create<int>(nameof(TrainingOptions.BatchSize));
    private readonly CommandLine.Option<string> _precision = RecipeOptions.Create<string>(nameof(TrainingOptions.Precision));

    private readonly CommandLine.Option<string?> _peer = new("--peer")
    {
        Description = "Run this command in turn with our benchmark and print the ratio; its last line must be JSON with train_images_per_second and "
            + "forward_images_per_second",
        HelpName = "COMMAND",
    };

    private readonly CommandLine.Option<string[]> _against = new("--against")
    {
        Description = $"Measure the same network computed by these libraries, in turn with ours, and print the ratios: {string.Join(", ", Rivals.All.Keys)}",
        HelpName = "NAMES",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly CommandLine.Option<bool> _scaling = new("--scaling")
    {
        Description = "Measure what a training step and messages cost, and predict how training scales to 256 processes; under mpirun, also train together",
    };

    private readonly CommandLine.Option<bool> _page = new("--page")
    {
        Description = "Measure the page of export --format html in Chromium without a window: one picture and 16 pictures of ten evaluations",
    };

    private readonly CommandLine.Option<string?> _web = new("--onnxruntime-web")
    {
        Description = "With --page, also measure onnxruntime-web in the same page, in turn; FOLDER is where `npm install onnxruntime-web` was run",
        HelpName = "FOLDER",
    };

    private readonly CommandLine.Option<int> _rounds = new("--rounds")
    {
        Description = "How often to measure in turn with --against, --peer and --page",
        DefaultValueFactory = _ => 5,
    };

    private readonly CommandLine.Option<double> _window = new("--window")
    {
        Description = "Seconds for each of the seven measurements of a figure",
        DefaultValueFactory = _ => 0.25,
    };

    private readonly CommandLine.Option<string?> _json = new("--json") { Description = "Write the figures to this file too", HelpName = "FILE" };

    private BenchCommand()
    {
        _command.AddGroup(
            "Measurement",
            _preset, _network, _size.Option, _batch, _precision, _against, _peer, _scaling, _page, _web, _rounds, _window, _json);
        _machine = new(_command);
        _command.SetAction(parsed => parsed.GetValue(_scaling)
            ? Session.RunTogether(parsed, (ranks, view, stop) => Run(parsed, ranks, view, stop))
            : Session.Run(parsed, (view, stop) => Run(parsed, RankGroup.Alone, view, stop)));
    }

    public static CommandLine.Command Create() => new BenchCommand()._command.WithExample("--preset standard");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, RankGroup ranks, IView view, CancellationToken stop) =>
        from config in Config(parsed)
        from seconds in Check.Inside("--window", parsed.GetValue(_window), 0, MostSeconds).OrUsage()
        from rivals in Against(parsed).OrUsage()
        from alone in Alone(parsed)
        from device in _machine.Prepare(parsed)
        let pace = new Pace(TimeSpan.FromSeconds(seconds), stop)
        let rounds = parsed.GetValue(_rounds)
        from figures in parsed.GetValue(_scaling) ? new ScalingBench(config, device, ranks, view, pace).Run()
            : parsed.GetValue(_page) ? new PageBench(config, Optional(parsed.GetValue(_web)), rounds, view, pace).Run()
            : Bench.Run(config, device, rivals.Map<Func<Replicas, Fin<IRival>>>(make => workers => make(config, device, workers)), rounds, view, pace)
        from written in Write(parsed.GetValue(_json), figures, stop)
        select written;

    private Fin<Unit> Alone(CommandLine.ParseResult parsed)
    {
        var rivals = parsed.GetValue(_against) is { Length: > 0 } || parsed.GetValue(_peer) is not null;
        var kinds = Seq((parsed.GetValue(_page), "--page"), (parsed.GetValue(_scaling), "--scaling"), (rivals, "--against or --peer"))
            .Filter(kind => kind.Item1).Map(kind => kind.Item2);
        return Outcomes.InOrder(
            () => Outcomes.Require(kinds.Count < 2, $"{string.Join(" and ", kinds)} measure different things: give one of them"),
            () => Outcomes.Require(parsed.GetValue(_page) || parsed.GetValue(_web) is null, "--onnxruntime-web needs --page"));
    }

    private Fin<TrainingConfig> Config(CommandLine.ParseResult parsed)
    {
        var (size, batch) = (_size.Of(parsed).IfNone(ImageSize.Square(UsualSide)), parsed.GetValue(_batch));
        var recipe = TrainingOptions.Of(parsed.GetValue(_preset)!, new TrainingOptions().Dataset);
        var options = recipe with { BatchSize = batch, Precision = parsed.GetValue(_precision)!, Network = parsed.GetValue(_network) ?? recipe.Network };
        var fits = Check.That(
            "--batch-size", batch, (Int128)4 * batch * size.Height * size.Width <= System.Array.MaxLength,
            "must be small enough for four batches to fit into one array");
        return (TrainingConfig.Of(options, size, 1), fits, Check.AtLeast("--rounds", parsed.GetValue(_rounds), 1)).Apply((config, _, _) => config).OrUsage();
    }

    private Validation<Error, Seq<Rivals.Make>> Against(CommandLine.ParseResult parsed) => toSeq(parsed.GetValue(_against) ?? [])
        .Map(name => Rivals.All.Find("--against", name)).Sequence()
        .Map(named => named.Concat(Optional(parsed.GetValue(_peer)).Map<Rivals.Make>(command => (_, _, _) => new Peer(command)).ToSeq()));

    private static Fin<Unit> Write(string? path, Seq<Benchmarks.Figure> figures, CancellationToken stop) =>
        path is null ? unit : AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(figures, Json), stop);
}
