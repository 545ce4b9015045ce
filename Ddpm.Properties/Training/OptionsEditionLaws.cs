using System.Text.Json;
using System.Text.Json.Nodes;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Host.Runs;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>Documents of every edition keep their meaning.</summary>
[Properties(Arbitrary = [typeof(TrainingGenerators)])]
public sealed class OptionsEditionLaws
{
    private static readonly JsonSerializerOptions Plain = new() { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower };
    private static readonly JsonSerializerOptions Edited = Plain.WithEdition();

    /// <summary>A receipt as the versions before editions wrote it.</summary>
    private const string FirstReceipt = """
        {
          "options": {
            "preset": "standard", "network": null, "width": null, "dataset": "fashion-mnist", "limit": 48, "epochs": 2, "batch-size": 16,
            "learning-rate": 0.001, "learning-rate-schedule": "constant", "warm-up-steps": 0, "weight-decay": 0, "ema-decay": null, "flip": false,
            "conditional": false, "label-dropout": 0.1,
            "timestep-sampling": "independent", "clip-norm": null, "steps": 100, "schedule": "linear", "min-beta": null, "max-beta": null,
            "zero-terminal-snr": true, "prediction": "velocity", "loss-weight": "min-snr", "precision": "float32", "seed": 7
          },
          "data": { "name": "fashion-mnist", "origin": "here", "sha256": "00", "images": 48, "size": 28, "channels": 1, "class-names": null },
          "machine": { "ddpm": "1.0", "torch-sharp": "0.107", "libtorch": "2.10", "runtime": ".NET 10", "system": "Linux X64", "device": "cpu", "threads": 2 },
          "last": "step-0000006.safetensors", "best": "step-0000006.safetensors",
          "progress": { "step": 6, "epoch-loss-sum": 0, "epoch-images": 0, "best-epoch": 2, "best-loss": 0.5, "untold-loss-sum": 0, "untold-images": 0 },
          "finished": true,
          "recording": { "sample-every": 1, "log-every": 50, "checkpoint-every": 0, "keep": 2 },
          "weights-sha256": "ff"
        }
        """;

    private static TrainingOptions Meant { get; } = TinyTraining.Standard with
    {
        Embedding = "unpaired",
        GradientSum = "sequential",
        Limit = 48,
        Epochs = 2,
        BatchSize = 16,
        Steps = 100,
        MinBeta = 1e-4,
        MaxBeta = 0.02,
        ZeroTerminalSnr = true,
        Prediction = "velocity",
        LossWeight = "min-snr-vanishing",
        Seed = 7,
    };

    [Law]
    public bool Options_of_the_current_edition_are_unchanged(TrainingOptions options) => OptionsEdition.Upgraded(options, OptionsEdition.Current) == options;

    [Law]
    public bool Upgraded_options_have_nothing_left_to_upgrade(TrainingOptions options) =>
        OptionsEdition.Upgraded(options, 1) is var upgraded && OptionsEdition.Upgraded(upgraded, 1) == upgraded;

    [Law]
    public bool What_is_written_reads_back_as_itself(TrainingOptions options) => Read(Write(options)) == options;

    [Law]
    public bool A_document_without_an_edition_is_of_the_first(TrainingOptions options)
    {
        var first = JsonSerializer.Serialize(options, Plain);
        return Read(first) == OptionsEdition.Upgraded(options, 1) && Read(Write(Read(first))) == Read(first);
    }

    /// <summary>
    /// Up to edition 2, an option that was not written had the value of the preset "standard". Now it has the value of "best". In edition 3, that was Adam. Up
    /// to edition 4, gradients were added one after another.
    /// </summary>
    [Fact]
    public void An_option_that_a_document_lacks_has_the_default_of_its_edition()
    {
        var (standard, best) = (TinyTraining.Standard with { GradientSum = "sequential" }, TrainingOptions.Of("best", "fashion-mnist"));
        Assert.Equal(OptionsEdition.Upgraded(standard, 1), Read("{}"));
        Assert.Equal(standard, Read("""{"edition": 2}"""));
        Assert.Equal(standard with { ClipNorm = 2, Seed = 5 }, Read("""{"clip-norm": 2, "edition": 2, "seed": 5}"""));
        Assert.Equal(best with { Optimiser = "adam", GradientSum = "sequential" }, Read("""{"edition": 3}"""));
        Assert.Equal(best with { GradientSum = "sequential" }, Read("""{"edition": 4}"""));
        Assert.Equal(best, Read("""{"edition": 5}"""));
    }

    /// <summary>Whether the first edition had no such schedule.</summary>
    private static bool IsNewer(TrainingOptions options) => options.Schedule is not ("linear" or "scaled-linear" or "sigmoid-beta" or "sigmoid" or "cosine");

    /// <summary>Up to edition 1 β that were not set were 1e-4 and 0.02, or Stable Diffusion's, however many the steps.</summary>
    [Law]
    public bool The_schedule_of_the_first_edition_is_kept(TrainingOptions any, bool least, bool greatest)
    {
        if (IsNewer(any))
        {
            return true;
        }

        var ofBetas = any.Schedule is "linear" or "scaled-linear" or "sigmoid-beta";
        var options = any with { MinBeta = ofBetas && least ? 2e-4 : null, MaxBeta = ofBetas && greatest ? 0.03 : null };
        var (usualMin, usualMax) = any.Schedule == "scaled-linear" ? (0.00085, 0.012) : (1e-4, 0.02);
        var (min, max) = (options.MinBeta ?? usualMin, options.MaxBeta ?? usualMax);
        VariancePreservingSchedule then = (options.Schedule switch
        {
            "linear" => NoiseSchedule.Linear(options.Steps, min, max),
            "scaled-linear" => NoiseSchedule.ScaledLinear(options.Steps, min, max),
            "sigmoid-beta" => NoiseSchedule.SigmoidBeta(options.Steps, min, max),
            "sigmoid" => NoiseSchedule.SigmoidAlphaBar(options.Steps),
            "cosine" => NoiseSchedule.Cosine(options.Steps, options.CosineOffset ?? 0.008),
            _ => throw new System.Diagnostics.UnreachableException(),
        }).Valid();
        return TrainingConfig.ScheduleOf(OptionsEdition.Upgraded(options, 1)).Valid() == (options.ZeroTerminalSnr ? then.WithZeroTerminalSnr() : then);
    }

    /// <summary>Up to edition 1 every network had this embedding.</summary>
    [Law]
    public bool The_embedding_of_the_first_edition_is_kept(TrainingOptions any) =>
        Config(OptionsEdition.Upgraded(any with { Embedding = null, MinSnrGamma = null }, 1)).EmbeddingName == "unpaired";

    /// <summary>Up to edition 1 only ε had a weight at ᾱ = 0. Now every prediction has one, and all other weights are unchanged.</summary>
    [Law]
    public bool The_weights_of_the_first_edition_are_kept(TrainingOptions any)
    {
        var options = any with { MinSnrGamma = null }; // which the first edition had not
        var (first, upgraded) = (Config(options), Config(OptionsEdition.Upgraded(options, 1)));
        var formula = first.LossWeighting is LossWeighting.Vanishing ? first.LossWeighting : new LossWeighting.Vanishing(first.LossWeighting);
        return IsNewer(any) || upgraded.Model.Schedule.Levels.All(level =>
            upgraded.LossWeighting.Weight(first.Model.Prediction, level).Equals(formula.Weight(first.Model.Prediction, level)));
    }

    [Fact]
    public void A_receipt_of_the_first_edition_means_what_it_meant_and_can_be_written_again()
    {
        var receipt = RunReceipt.FromJson(System.Text.Encoding.UTF8.GetBytes(FirstReceipt)).Valid();
        Assert.Equal(Meant, receipt.Options);
        Assert.Equal(receipt, RunReceipt.FromJson(receipt.ToJson()).Valid());
        Assert.Equal(OptionsEdition.Current, JsonNode.Parse(receipt.ToJson())!["options"]!["edition"]!.GetValue<int>());
        Assert.Equal(
            "train --preset standard --embedding unpaired --limit 48 --epochs 2 --batch-size 16 --gradient-sum sequential --steps 100 --min-beta 0.0001"
            + " --max-beta 0.02 --zero-terminal-snr true --prediction velocity --loss-weight min-snr-vanishing --seed 7",
            string.Join(' ', receipt.ToArguments()));
    }

    [Fact]
    public void A_checkpoint_of_the_first_edition_means_what_it_meant()
    {
        var receipt = JsonNode.Parse(FirstReceipt)!;
        var header = new JsonObject
        {
            ["options"] = receipt["options"]!.DeepClone(),
            ["image-size"] = 28,
            ["image-channels"] = 1,
            ["progress"] = receipt["progress"]!.DeepClone(),
        };
        Assert.Equal(Meant, Header(header.ToJsonString()).Valid().Options);
        header["options"]!["edition"] = 6;
        header["options"]!["colour"] = "red"; // a later edition may hold what this program does not know
        Assert.StartsWith("its options are of edition 6, but this version of ddpm reads only", Header(header.ToJsonString()).Fault(), StringComparison.Ordinal);
        header["options"]!["edition"] = 2;
        Assert.StartsWith("its configuration is not valid at byte ", Header(header.ToJsonString()).Fault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_holds_the_current_edition()
    {
        using var scope = NewDisposeScope();
        var config = TinyTraining.Config(epochs: 1);
        using var network = new UNet(config.Model.Network, ScalarType.Float32, CPU);
        var header = new CheckpointHeader(config.Options, ImageSize.Square(12), 1, TrainingProgress.Start);
        var file = Checkpoint.Save(header, network, TrainingState.Initial(network, 0));
        Assert.Equal(OptionsEdition.Current, JsonNode.Parse(file.Metadata["ddpm"])!["options"]!["edition"]!.GetValue<int>());
        Assert.Equal(header, Checkpoint.Header(file).Valid());
    }

    private static TrainingConfig Config(TrainingOptions options) => TrainingConfig.Of(options, ImageSize.Square(28), 1, TrainingGenerators.Classes).Valid();

    private static Fin<CheckpointHeader> Header(string json)
    {
        var bare = SafetensorsFile.Of([], HashMap<string, string>()).Valid();
        return Checkpoint.Header(SafetensorsFile.Of([], HashMap(("ddpm", json), ("checksum", Safetensors.Checksum(bare)))).Valid());
    }

    private static string Write(TrainingOptions options) => JsonSerializer.Serialize(options, Edited);

    private static TrainingOptions Read(string json) => JsonSerializer.Deserialize<TrainingOptions>(json, Edited)!;
}
