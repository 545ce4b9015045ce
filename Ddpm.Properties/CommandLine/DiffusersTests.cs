using System.Text.Json.Nodes;
using Ddpm.Gpu.Networks;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Xunit;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Properties.CommandLine;

/// <summary>Folders of diffusers come in and go out.</summary>
public sealed class DiffusersTests : IDisposable
{
    private const string Weights = "diffusion_pytorch_model.safetensors";

    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Theory]
    [InlineData("scale-shift")]
    [InlineData("training-example")]
    public void An_exported_folder_is_imported_makes_the_same_images_and_is_exported_to_the_same_bytes(string model)
    {
        Copy(model, "theirs");
        _ddpm.Done("import", "theirs", "--run", "one");
        _ddpm.Done("export", "--run", "one", "--format", "diffusers", "--to", "first");
        _ddpm.Done("import", "first", "--run", "two");
        _ddpm.Done("export", "--run", "two", "--format", "diffusers", "--to", "second");
        var files = Files("first");
        Assert.Equal(["model_index.json", "scheduler/scheduler_config.json", "unet/config.json", $"unet/{Weights}"], files.Keys.Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal(file.Value, Files("second")[file.Key]));
        Assert.Equal(Samples("one"), Samples("two"));

        SafetensorsFile Read(string folder) => Safetensors.Read(File.ReadAllBytes(_ddpm.Path(folder, "unet", Weights))).Valid();
        Assert.Equal(Safetensors.Checksum(Bare(Read("theirs"))), Safetensors.Checksum(Bare(Read("first"))));
        Assert.Equal("pt", Read("first").Metadata["format"]);
        var theirs = JsonNode.Parse(File.ReadAllText(_ddpm.Path("theirs", "unet", "config.json")))!.AsObject();
        var ours = JsonNode.Parse(File.ReadAllText(_ddpm.Path("first", "unet", "config.json")))!.AsObject();
        Assert.All(
            theirs.Where(entry => entry.Key != "_diffusers_version"), entry => Assert.True(JsonNode.DeepEquals(entry.Value, ours[entry.Key]), entry.Key));
    }

    [Fact]
    public void A_run_with_augmentation_is_exported_without_its_map_and_makes_the_same_images()
    {
        _ddpm.Done(DdpmProcess.SmallTraining(
            "--epochs", "1", "--run", "one", "--sample-every", "0", "--network", "unet", "--channels-per-level", "8", "8", "--augment", "0.5"));
        _ddpm.Done("export", "--run", "one", "--format", "diffusers", "--to", "first");
        Assert.DoesNotContain(
            Safetensors.Read(File.ReadAllBytes(_ddpm.Path("first", "unet", Weights))).Valid().Tensors, tensor => tensor.Name.Contains("augment"));
        _ddpm.Done("import", "first", "--run", "two");
        string[] sampling = ["--sampler", "ddim", "--sampling-steps", "2", "--clip", "false", "--spacing", "trailing"];
        Assert.Equal(Samples("one", sampling), Samples("two", sampling));
    }

    /// <summary>The names before version 0.15, a folder of the network alone, and an own way to sample.</summary>
    [Fact]
    public void Old_names_and_a_folder_without_a_scheduler_make_the_same_images()
    {
        Copy("scale-shift", "theirs");
        _ddpm.Done("import", "theirs", "--run", "one");
        Directory.Delete(_ddpm.Path("theirs", "scheduler"), recursive: true);
        WriteWeights(tensor => tensor.Name.Replace("to_q", "query").Replace("to_k", "key").Replace("to_v", "value").Replace("to_out.0", "proj_attn"));
        var told = _ddpm.Done(
            "import", "theirs/unet", "--run", "two", "--schedule", "scaled-linear", "--min-beta", "0.0001", "--max-beta", "0.02").Error;
        Assert.Contains("has no scheduler_config.json: noise schedule and prediction are as given", told, StringComparison.Ordinal);
        string[] sampling = ["--sampler", "ddim", "--sampling-steps", "2", "--clip", "false", "--spacing", "trailing"];
        Assert.Equal(Samples("one", sampling), Samples("two", sampling));
    }

    [Fact]
    public void The_scheduler_decides_how_samples_are_made()
    {
        Copy("scale-shift", "theirs");
        _ddpm.Done("import", "theirs", "--run", "one");
        Assert.Equal(
            Samples("one", "--sampling-steps", "2"),
            Samples("one", "--sampler", "ddim", "--timesteps", "501", "1", "--end-at-first-level", "--clip", "false"));
    }

    /// <summary>Each fault has its line, all come at once, and nothing is written.</summary>
    [Fact]
    public void Wrong_configurations_are_refused_with_all_faults()
    {
        Copy("scale-shift", "theirs");
        Change("unet", "config.json", config =>
        {
            config["down_block_types"] = new JsonArray("DownBlock2D", "CrossAttnDownBlock2D", "AttnDownBlock2D");
            config["norm_eps"] = "small";
            config["act_fn"] = "mish";
            config["out_channels"] = 3;
            config["attention_head_dim"] = 5.5;
            config["center_input_sample"] = true;
        });
        Change("scheduler", "scheduler_config.json", config =>
        {
            config["beta_schedule"] = "laplace";
            config["prediction_type"] = "flow";
            config["num_train_timesteps"] = "many";
            config["trained_betas"] = new JsonArray(0.1, 0.2);
        });
        _ddpm.Refused(
            1,
            [
                "down_block_types must be 3 of DownBlock2D and AttnDownBlock2D, one for each of block_out_channels, got [",
                "norm_eps must be a number, got \"small\"",
                "act_fn must be \"silu\" or \"swish\", got \"mish\"",
                "out_channels must be in_channels or twice as many, got 3",
                "attention_head_dim must be a whole number, got 5.5",
                "center_input_sample must be false, got true",
                "beta_schedule must be one of linear, scaled_linear, sigmoid, squaredcos_cap_v2, got \"laplace\"",
                "prediction_type must be one of epsilon, sample, v_prediction, got \"flow\"",
                "num_train_timesteps must be a whole number, got \"many\"",
                "trained_betas must be null: this program has no schedule that is a list, got [",
            ],
            "import", "theirs", "--run", "one");
        Assert.False(Directory.Exists(_ddpm.Path("runs", "one")));
    }

    [Fact]
    public void Values_without_effect_have_a_line_each()
    {
        Copy("scale-shift", "theirs");
        Change("unet", "config.json", config => (config["dropout"], config["new_key"]) = (0.1, 7)); // training from these weights has the dropout
        Change("scheduler", "scheduler_config.json", config => (config["thresholding"], config["_class_name"]) = (true, "FlowMatchScheduler"));
        File.WriteAllText(
            _ddpm.Path("theirs", "model_index.json"), """{"_class_name": "LDMPipeline", "unet": ["diffusers", "UNet2DModel"], "vqvae": ["a", "b"]}""");
        var error = _ddpm.Done("import", "theirs", "--run", "one").Error;
        Assert.All(
            new[]
            {
                "new_key = 7 has no effect: this program does not know it",
                "thresholding = true has no effect", "_class_name = \"FlowMatchScheduler\" has no effect: this program lacks the scheduler",
                "vqvae = [\"a\", \"b\"] has no effect: only unet and scheduler are imported",
            },
            line => Assert.Contains(line, error, StringComparison.Ordinal));
    }

    /// <summary>Random weights in the shapes of google/ddpm-cifar10-32, 143 MB.</summary>
    [Fact]
    public void The_published_network_for_CIFAR_10_is_imported_sampled_and_exported_to_the_same_tensors()
    {
        using var scope = NewDisposeScope();
        var config = UNetConfig.Of(DiffusersUNet.DdpmCifar10, ImageSize.Square(32), 3, 1000).Valid();
        using var network = new UNet(config, ScalarType.Float32, CPU);
        var weights = network.Layout.View(network.InitialWeights(1));
        var tensors = config.Parameters.Map(parameter => SafetensorsTensor.Of(
            parameter.Name, SafetensorsType.F32, parameter.Shape.Map(size => (long)size).ToArr(),
            weights[parameter.Name].contiguous().bytes.ToArray()).Valid());
        var folder = Directory.CreateDirectory(_ddpm.Path("theirs", "unet")).FullName;
        var given = Bare(SafetensorsFile.Of(tensors, HashMap<string, string>()).Valid());
        File.WriteAllBytes(Path.Combine(folder, Weights), Safetensors.Write(given).ToArray());
        File.WriteAllText(Path.Combine(folder, "config.json"), """
            {
              "_class_name": "UNet2DModel", "act_fn": "silu", "attention_head_dim": null, "block_out_channels": [128, 256, 256, 256],
              "center_input_sample": false, "down_block_types": ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"],
              "downsample_padding": 0, "flip_sin_to_cos": false, "freq_shift": 1, "in_channels": 3, "layers_per_block": 2, "mid_block_scale_factor": 1,
              "norm_eps": 1e-06, "norm_num_groups": 32, "out_channels": 3, "sample_size": 32, "time_embedding_type": "positional",
              "up_block_types": ["UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"]
            }
            """);
        _ddpm.Done("import", "theirs/unet", "--run", "cifar");
        _ddpm.Done("sample", "--run", "cifar", "--count", "4", "--sampler", "ddim", "--sampling-steps", "10");
        Assert.Equal(Array<long>(4, 32, 32, 3), Npy.Read(File.ReadAllBytes(_ddpm.Path("runs", "cifar", "samples.npy"))).Valid().Shape);
        _ddpm.Done("export", "--run", "cifar", "--format", "diffusers", "--to", "back");
        var back = Safetensors.Read(File.ReadAllBytes(_ddpm.Path("back", "unet", Weights))).Valid();
        Assert.Equal(Safetensors.Checksum(given), Safetensors.Checksum(Bare(back)));
    }

    [Fact]
    public void Wrong_weights_are_refused_and_nothing_is_written()
    {
        Copy("scale-shift", "theirs");
        WriteWeights(tensor => tensor.Name == "conv_in.bias" ? "conv_inn.bias" : tensor.Name);
        _ddpm.Refused(
            1, ["conv_in.bias is missing", "the network has no tensors named 'conv_inn.bias'"], "import", "theirs", "--run", "one");
        Copy("scale-shift", "theirs");
        Change("unet", "config.json", config => config["block_out_channels"] = new JsonArray(8, 16, 32));
        _ddpm.Refused(1, ["down_blocks.2.resnets.0.conv1.weight is 24×16×3×3, not 32×16×3×3"], "import", "theirs", "--run", "one");
        Copy("scale-shift", "theirs");
        File.WriteAllBytes(_ddpm.Path("theirs", "unet", Weights), [0, 0, 0, 0x80, 0, 0, 0, 0, (byte)'{']);
        _ddpm.Refused(1, [$"theirs/unet/{Weights}: "], "import", "theirs", "--run", "one");
        File.Delete(_ddpm.Path("theirs", "unet", Weights));
        _ddpm.Refused(
            1, ["there is neither diffusion_pytorch_model.safetensors nor diffusion_pytorch_model.bin in theirs/unet"], "import", "theirs", "--run", "one");
        Assert.False(Directory.Exists(_ddpm.Path("runs", "one")));
    }

    /// <summary>Its options make its network, receipts and checkpoints hold them, and the trained model goes out.</summary>
    [Fact]
    public void A_network_of_this_design_is_trained_resumed_and_exported_and_others_are_refused()
    {
        string[] shape = ["--network", "unet", "--channels-per-level", "4", "8", "--attention-levels", "0", "--groups", "2", "--head-dimension", "2"];
        _ddpm.Done(DdpmProcess.SmallTraining([
            "--epochs", "1", "--run", "one", "--sample-every", "0", "--time-modulation", "scale-and-shift", "--learning-rate-schedule", "constant", .. shape]));
        _ddpm.Done(DdpmProcess.SmallTraining([
            "--epochs", "2", "--run", "two", "--sample-every", "0", "--time-modulation", "scale-and-shift", "--learning-rate-schedule", "constant", .. shape]));
        _ddpm.Done("train", "--run", "one", "--resume", "--epochs", "2", "--data", Fixtures.FashionMnist);
        Assert.Equal(Samples("one"), Samples("two"));
        _ddpm.Done("export", "--run", "one", "--format", "diffusers", "--to", "given");
        _ddpm.Done("import", "given", "--run", "back");
        string[] sampling = ["--sampler", "ddim", "--sampling-steps", "2"];
        Assert.Equal(Samples("one", sampling), Samples("back", sampling));
        _ddpm.Refused(2, ["dropout must lie in [0, 1), got 1"], DdpmProcess.SmallTraining("--run", "three", "--network", "unet", "--dropout", "1"));
        _ddpm.Refused(2, ["channels-per-level works only with the network unet, got [4, 8]"],
            DdpmProcess.SmallTraining("--run", "three", "--network", "modern", "--channels-per-level", "4", "8"));
        _ddpm.Refused(
            2, ["channels-per-level must be 1 to 6 multiples of the 3 groups", "attention-levels must be different levels in [0, 2), got [7]"],
            DdpmProcess.SmallTraining("--run", "three", "--network", "unet", "--channels-per-level", "4", "8", "--groups", "3", "--attention-levels", "7"));
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "other", "--sample-every", "0"));
        _ddpm.Refused(1, ["the network standard is no UNet2DModel"], "export", "--run", "other", "--format", "diffusers");
    }

    private static SafetensorsFile Bare(SafetensorsFile file) => SafetensorsFile.Of(
        file.Tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal), HashMap<string, string>()).Valid();

    private void Copy(string model, string folder)
    {
        var from = Path.Combine(AppContext.BaseDirectory, "Fixtures", "diffusers", model);
        foreach (var file in new[] { "model_index.json", "scheduler/scheduler_config.json", "unet/config.json", $"unet/{Weights}" })
        {
            var to = _ddpm.Path([folder, .. file.Split('/')]);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(Path.Combine(from, file), to, overwrite: true);
        }
    }

    private void Change(string part, string file, Action<JsonObject> change)
    {
        var path = _ddpm.Path("theirs", part, file);
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(config);
        File.WriteAllText(path, config.ToJsonString());
    }

    private void WriteWeights(Func<SafetensorsTensor, string> name)
    {
        var path = _ddpm.Path("theirs", "unet", Weights);
        var tensors = Safetensors.Read(File.ReadAllBytes(path)).Valid().Tensors
            .Map(tensor => SafetensorsTensor.Of(name(tensor), tensor.Type, tensor.Shape, tensor.Data).Valid());
        File.WriteAllBytes(path, Safetensors.Write(SafetensorsFile.Of(tensors, HashMap<string, string>()).Valid()).ToArray());
    }

    private Dictionary<string, byte[]> Files(string folder) => Directory.GetFiles(_ddpm.Path(folder), "*", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetRelativePath(_ddpm.Path(folder), path).Replace('\\', '/'), File.ReadAllBytes);

    private byte[] Samples(string run, params string[] options)
    {
        string[] usual = options.Length > 0 ? options : ["--sampling-steps", "2"];
        _ddpm.Done(["sample", "--run", run, "--count", "2", "--to", "drawn", .. usual]);
        return File.ReadAllBytes(_ddpm.Path("drawn", "samples.npy"));
    }
}
