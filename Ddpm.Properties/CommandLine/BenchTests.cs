using System.Text.Json.Nodes;
using Ddpm.Gpu.Threads;
using Ddpm.Host.Benchmarks;
using Ddpm.Properties.Training;
using Ddpm.Pure.Optimisation;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>That `bench` measures what it says and tells a peer's ratio; how fast anything is, no test asks.</summary>
public sealed class BenchTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [UnixFact]
    public void Figures_are_told_and_written_and_a_peer_s_ratio_is_ours_by_theirs()
    {
        const string Peer = "echo hello; echo '{\"train_images_per_second\": 1e-3, \"forward_images_per_second\": 2.5}'";
        Bench(Peer, "--json", "bench.json", "--precision", "bf16").Done();
        var figures = JsonNode.Parse(File.ReadAllText(_ddpm.Path("bench.json")))!.AsArray()
            .ToDictionary(figure => figure!["name"]!.GetValue<string>(), figure => figure!["value"]!);
        double Median(string name) => figures[name]["median"]!.GetValue<double>();
        string[] names =
        [
            "training", "training-step", "training-fraction", "forward", "matrix-float32", "matrix-bfloat16", "core-float32", "normals", "plan-ddpm",
            "peak-memory",
        ];
        foreach (var name in names)
        {
            Assert.True(Median(name) > 0, name);
            Assert.InRange(Median(name), figures[name]["least"]!.GetValue<double>(), figures[name]["most"]!.GetValue<double>());
        }

        Assert.Equal(1, ((string[])["noise", "data", "forward", "backward", "update"]).Sum(part => Median($"share-{part}")), 1e-9);
        Assert.Equal(1e-3, Median("peer-training"));

        // The same thing measured twice, in turn with the peer and alone: on a machine that is busy now and then, not the same number.
        Assert.InRange(Median("ratio-peer-training") / (Median("training") / 1e-3), 0.01, 100);
        Assert.InRange(Median("ratio-peer-forward") / (Median("forward") / 2.5), 0.01, 100);
    }

    [Fact]
    public void A_library_is_measured_in_turn_and_one_that_is_missing_is_named()
    {
        string[] bench = ["bench", "--network", "modern", "--image-size", "12", "--batch-size", "4", "--window", "0.0001", "--rounds", "1", "--threads", "1"];
        _ddpm.Done([.. bench, "--against", "libtorch", "--json", "bench.json"]);
        var figures = JsonNode.Parse(File.ReadAllText(_ddpm.Path("bench.json")))!.AsArray().Select(figure => figure!["name"]!.GetValue<string>()).ToArray();
        string[] expected = ["libtorch-training", "ratio-libtorch-training", "libtorch-forward", "ratio-libtorch-forward"];
        Assert.Equal(expected, figures.Take(4));
        _ddpm.Refused(2, ["must be one of libtorch, onnxruntime, got torch", "got fast"], [.. bench, "--against", "torch", "fast"]);
    }

    /// <summary>A library that says where it is loaded from and how often it runs stands for onnxruntime-web, which the tests don't download.</summary>
    [ChromiumFact]
    public void A_page_is_measured_in_a_browser_in_turn_with_onnxruntime_web()
    {
        const string Stub = """
            export const env = { wasm: {}, versions: { web: '0.1' } };
            export class Tensor { constructor(type, data, shape) { Object.assign(this, { type, data, shape }); } }
            export const InferenceSession = { create: async address => {
                const { byteLength } = await (await fetch(address)).arrayBuffer();
                if (byteLength < 1000 || !env.wasm.numThreads) throw new Error('no network or no threads');
                return { run: async inputs => ({ output: { data: inputs.x.data.map(() => 1) } }) };
            } };
            """;
        var folder = Directory.CreateDirectory(_ddpm.Path("web", "node_modules", "onnxruntime-web", "dist")).FullName;
        File.WriteAllText(Path.Combine(folder, "ort.wasm.min.mjs"), Stub);
        string[] bench = ["bench", "--page", "--network", "modern", "--image-size", "12", "--window", "0.0001", "--rounds", "3"];
        _ddpm.Done([.. bench, "--onnxruntime-web", "web", "--json", "bench.json"]);
        var figures = JsonNode.Parse(File.ReadAllText(_ddpm.Path("bench.json")))!.AsArray()
            .ToDictionary(figure => figure!["name"]!.GetValue<string>(), figure => figure!["value"]!["median"]!.GetValue<double>());
        string[] expected = ["page-1", "onnxruntime-web-1-1", "ratio-onnxruntime-web-1-1", "page-16", "onnxruntime-web-1-16", "ratio-onnxruntime-web-1-16"];
        Assert.All(expected, name => Assert.True(figures[name] > 0, name));
    }

    [Fact]
    public void A_page_is_measured_alone_and_a_library_that_is_missing_is_named()
    {
        string[] missing = ["--onnxruntime-web none: there is no none", "run `npm install onnxruntime-web` in that folder"];
        _ddpm.Refused(1, missing, "bench", "--page", "--onnxruntime-web", "none");
        _ddpm.Refused(2, ["--onnxruntime-web needs --page"], "bench", "--onnxruntime-web", "none");
        _ddpm.Refused(2, ["--page and --scaling measure different things"], "bench", "--page", "--scaling");
        _ddpm.Refused(2, ["--page and --against or --peer measure different things"], "bench", "--page", "--peer", "true");
    }

    [Fact]
    public void The_costs_of_a_step_predict_how_it_scales()
    {
        _ddpm.Done(
            "bench", "--scaling", "--image-size", "12", "--batch-size", "64", "--window", "0.0001", "--threads", "1", "--json", "bench.json");
        var figures = JsonNode.Parse(File.ReadAllText(_ddpm.Path("bench.json")))!.AsArray()
            .ToDictionary(figure => figure!["name"]!.GetValue<string>(), figure => figure!["value"]!["median"]!.GetValue<double>());
        double[] costs = [figures["share"], figures["addition"], figures["update"]];
        Assert.All(costs, cost => Assert.True(cost > 0));
        var model = new RankScaling(new(costs[0] / 1e3, costs[1] / 1e3, costs[2] / 1e3, 20e-6, figures["gradient-size"] * 8e6 / 1e10));
        Assert.Equal(model.Strong(4, 8), figures["strong-8-10gbit"], 1e-9);
        Assert.Equal(model.Weak(4, 256), figures["weak-256-10gbit"], 1e-9);
    }

    /// <summary>The tests have the native library, which the program has only if it is built with it.</summary>
    [Fact]
    public void ONNX_Runtime_evaluates_the_exported_network()
    {
        using var rival = OnnxRuntimeRival.Of(TinyTraining.Config(epochs: 1), new Replicas(1)).ThrowIfFail();
        var rates = rival.Measure(new(TimeSpan.FromMilliseconds(1), CancellationToken.None)).ThrowIfFail();
        Assert.True(rates is { Training.IsNone: true, Forward: > 0 });
    }

    [UnixFact]
    public void A_peer_that_fails_or_says_something_else_is_an_error()
    {
        Bench("echo broken >&2; exit 3").Refused(1, "--peer: broken");
        Bench("echo '{\"train_images_per_second\": 7}'").Refused(1, "the last line that the command prints must be a JSON object");
        Bench("echo '{\"train_images_per_second\": 7, \"forward_images_per_second\": 0}'").Refused(1, "positive numbers");
        Bench("true").Refused(1, "the last line that the command prints must be a JSON object");
    }

    private DdpmProcess.Outcome Bench(string peer, params string[] more) =>
        _ddpm.Run(["bench", "--image-size", "12", "--batch-size", "4", "--window", "0.0001", "--rounds", "2", "--threads", "1", "--peer", peer, .. more]);
}
