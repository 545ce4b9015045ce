using Ddpm.Host.Runs;
using Ddpm.Properties.Training;
using Ddpm.Pure.Images;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using Xunit;

namespace Ddpm.Properties.Runs;

/// <summary>Asking seldom what steps found, as on a GPU, changes nothing of a run.</summary>
public sealed class StepsAheadTests : IDisposable
{
    private static readonly TrainingConfig Config =
        TrainingConfig.Of(TinyTraining.Config(epochs: 2).Options with { BatchSize = 1 }, ImageSize.Square(12), 1).Valid();

    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    public void A_run_leaves_the_same_weights_losses_and_checkpoints(int stepsAhead)
    {
        var (alone, ahead) = (Train("alone", 1), Train("ahead", stepsAhead));
        Assert.Equal(16, alone.Steps.Count);
        Assert.Equal(alone.Steps, ahead.Steps);
        Assert.Equal(alone.Receipt.Valid() with { Machine = null! }, ahead.Receipt.Valid() with { Machine = null! });
        Assert.Equal(Metrics("alone"), Metrics("ahead"));
        Assert.Equal(Checkpoints("alone"), Checkpoints("ahead"));
    }

    /// <summary>Steps 0 to 7 are the first epoch.</summary>
    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(14)]
    public void A_run_that_is_stopped_with_steps_under_way_goes_on_to_the_same_weights_and_losses(int last)
    {
        var whole = Train("whole", 1).Receipt.Valid();
        using var stop = new CancellationTokenSource();
        var stopped = Train("stopped", 3, happened =>
        {
            if (happened is TrainingEvent.Stepped(var step, _, _) && step.Number == last)
            {
                stop.Cancel();
            }
        }, stop: stop.Token);
        Assert.Equal(Errors.Cancelled, stopped.Receipt.Match(Succ: _ => Errors.None, Fail: fault => fault));
        Assert.Equal(whole.WeightsSha256, Train("stopped", 3).Receipt.Valid().WeightsSha256);
        Assert.Equal(Metrics("whole"), Metrics("stopped"));
    }

    /// <summary>Between epochs too, and before the first step.</summary>
    [Fact]
    public void A_run_whose_epochs_are_one_step_stops_where_it_is_told_to()
    {
        var config = TrainingConfig.Of(Config.Options with { BatchSize = 8, Epochs = 9 }, ImageSize.Square(12), 1).Valid();
        using var stop = new CancellationTokenSource();
        var stopped = Train("short", 16, happened =>
        {
            if (happened is TrainingEvent.Stepped(var step, _, _) && step.Number == 3)
            {
                stop.Cancel();
            }
        }, config, stop.Token);
        Assert.Equal(Errors.Cancelled, stopped.Receipt.Match(Succ: _ => Errors.None, Fail: fault => fault));
        Assert.Equal([0, 1, 2, 3], stopped.Steps.Select(step => step.Step));
        Assert.Empty(Train("short", 16, stop: stop.Token, config: config).Steps);
        Assert.Equal(Train("long", 1, config: config).Receipt.Valid().WeightsSha256, Train("short", 16, config: config).Receipt.Valid().WeightsSha256);
    }

    private (Fin<RunReceipt> Receipt, List<(int Step, double Loss)> Steps) Train(
        string name, int stepsAhead, Action<TrainingEvent>? report = null, TrainingConfig? config = null, CancellationToken stop = default)
    {
        var steps = new List<(int, double)>();
        var recording = new Recording(SampleEvery: 0, LogEvery: 3, CheckpointEvery: 5, Keep: null);
        var trained = TinyTraining.Train(config ?? Config, new(Path.Combine(_root, name)), recording, stepsAhead, happened =>
        {
            if (happened is TrainingEvent.Stepped(var step, var loss, _))
            {
                steps.Add((step.Number, loss));
            }

            report?.Invoke(happened);
        }, stop: stop);
        return (trained, steps);
    }

    /// <summary>Without the times.</summary>
    private string[] Metrics(string name) => [.. File.ReadAllLines(Path.Combine(_root, name, "metrics.jsonl"))
        .Select(line => System.Text.Json.Nodes.JsonNode.Parse(line)!.AsObject())
        .Select(line => $"{line["kind"]} {line["step"]} {line["loss"]} {line["gradient-norm"]}")];

    private string[] Checkpoints(string name) => [.. Directory.GetFiles(Path.Combine(_root, name, "checkpoints")).Order()
        .Select(path => $"{Path.GetFileName(path)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}")];
}
