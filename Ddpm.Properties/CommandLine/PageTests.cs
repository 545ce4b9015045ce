using System.Text.Json;
using System.Text.RegularExpressions;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Host.Exchange;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Options;
using Ddpm.Pure.Random;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.CommandLine;

/// <summary>Models as HTML pages: the port in the page is run by Node, without a browser.</summary>
public sealed partial class PageTests : IDisposable
{
    /// <summary>100 gave 0.01 % other pixels, none by more than one level.</summary>
    private const int Pictures = 6;

    private readonly DdpmProcess _ddpm = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _ddpm.Dispose();
    }

    private static string Script { get; } = Path.Combine(AppContext.BaseDirectory, "Ports", "javascript", "ddpm_page.js");

    private string Node(params string[] arguments) => _ddpm.RunProgram(NodeFactAttribute.Node!, [Script, .. arguments]).Done().Output;

    /// <summary>
    /// The same network read by two programs that share nothing, one in float64. The other rounds sums of up to some thousand products to float32. The script
    /// checks that WebAssembly and plain JavaScript give the same bits.
    /// </summary>
    [NodeTheory]
    [InlineData("original", 28, 28, 1, 0, false)]
    [InlineData("standard", 24, 16, 3, 0, false)]
    [InlineData("standard", 12, 12, 1, 4, false)]
    [InlineData("modern", 28, 28, 1, 3, false)]
    [InlineData("modern", 24, 20, 3, 0, true)]
    [InlineData("unet", 12, 12, 3, 3, true)]
    [InlineData("unet", 16, 12, 1, 0, false)]
    [InlineData("standard", 12, 28, 1, 0, true)]
    public void In_a_page_a_network_computes_the_same(string design, int height, int width, int channels, int classes, bool learnsVariance)
    {
        var schedule = NoiseSchedule.Linear(100).Valid();
        var config = UNetConfig.Of(NetworkFamily.All[design], new(height, width), channels, 100, classes).Valid() with { LearnsVariance = learnsVariance };
        using var network = new UNet(config, ScalarType.Float32, CPU);
        var theta = FormulaWeights.Of(network);
        using var wide = new UNet(config, ScalarType.Float64, CPU);
        using var executor = new TensorExecutor(wide);
        executor.Take(theta.to(float64), withGradient: false);
        File.WriteAllBytes(_ddpm.Path("page.html"), Page(network, theta, schedule, label => $"{label}", design));

        using var made = JsonDocument.Parse(Node("answers", "page.html"));
        Assert.True(made.RootElement.GetProperty("fast").GetBoolean());
        foreach (var (k, given) in made.RootElement.GetProperty("answers").EnumerateArray().Index())
        {
            var x = new float[channels * height * width];
            new RandomStream(5, StreamName.InitialNoise).At(k, 0).FillNormals(x);
            int[] timesteps = [given.GetProperty("timestep").GetInt32()], labels = [given.GetProperty("label").GetInt32()];
            var expected = executor.Forward(
                tensor(x, [1, channels, height, width]).to(float64), timesteps, classes > 0 ? labels : default(ReadOnlyMemory<int>));
            var ours = expected.contiguous().data<double>().ToArray();
            var theirs = given.GetProperty("answer").EnumerateArray().Select(number => number.GetDouble()).ToArray();
            Assert.Equal(ours.Length, theirs.Length);
            var largest = ours.Max(Math.Abs);
            Assert.True(largest > 1e-3);
            Assert.All(theirs.Zip(ours, (their, our) => Math.Abs(their - our)), difference => Assert.InRange(difference, 0, 1e-4 * largest));
        }
    }

    /// <summary>The network's sums have another order in the page, so a pixel near the middle between two levels may become the other one.</summary>
    [NodeFact]
    public void A_page_makes_the_pictures_of_the_program()
    {
        const string Options = "--sampler sa-solver-2 --sampling-steps 5 --spacing karras";
        _ddpm.Done("import", "--pretrained", "fashion-mnist-by-class", "--run", "given");
        _ddpm.Done("export", "--run", "given", "--format", "html");
        _ddpm.Done(["sample", "--run", "given", "--seed", "18446744073709551615", "--first", "7", "--count", $"{Pictures}", .. Options.Split(' ')]);
        var page = _ddpm.Path("runs", "given", "model.html");
        Assert.InRange(new FileInfo(page).Length, 1, 3_600_000);
        Node("images", page, Options, "18446744073709551615", "7", $"{Pictures}", "made");
        var expected = Npy.Read(File.ReadAllBytes(_ddpm.Path("runs", "given", "samples.npy"))).Valid().Data.ToArray();
        var differences = File.ReadAllBytes(_ddpm.Path("made")).Zip(expected, (one, other) => Math.Abs(one - other)).ToArray();
        Assert.Equal(expected.Length, differences.Length);
        Assert.Equal(Pictures * 28 * 28, differences.Length);
        Assert.InRange(differences.Max(), 0, 1);
        Assert.InRange(differences.Count(difference => difference > 0), 0, differences.Length / 1000);
    }

    /// <summary>As the port in Python: all random numbers and trajectories to the bit, but for one exponential.</summary>
    [NodeFact]
    public void The_port_in_the_page_reproduces_random_numbers_and_trajectories_bit_for_bit()
    {
        File.WriteAllBytes(_ddpm.Path("page.html"), SmallPage(classes: 0, "small"));
        Node("reference", "page.html", ReferenceExport.Folder, "port");
        string[] only = ["--only", "random/", "--only", "trajectories/", "--only", "spherical-interpolation.json"];
        var verified = _ddpm.Done(["reference", "verify", "port", .. only]).Output.Split('\n');
        Assert.Contains(verified, line => Begins(line, "spherical-interpolation.json"));
        string[] compared = [.. verified.Where(line => Begins(line, "random/") || Begins(line, "trajectories/"))];
        Assert.InRange(compared.Length, 100, 1000);
        Assert.All(
            compared,
            line => Assert.True(line.Trim().EndsWith("exact", StringComparison.Ordinal) || Begins(line, "trajectories/ddpm-learned-range.json"), line));

        static bool Begins(string line, string path) => line.StartsWith(path, StringComparison.Ordinal);
    }

    /// <summary>A folder may have any name, and so a class.</summary>
    [Theory]
    [InlineData("</script><script>alert('&')</script>")]
    [InlineData("<!--<script>")]
    [InlineData("\u2028\u2029\"'`${x}\\")]
    [InlineData("{{weights}}{{core}}")]
    [InlineData("</title><img src=x onerror=alert(1)>")]
    [InlineData("javascript:alert(1)")]
    public void Names_of_classes_and_runs_stay_text(string hostile)
    {
        var page = System.Text.Encoding.UTF8.GetString(SmallPage(classes: 2, hostile));
        Assert.Equal(System.Net.WebUtility.HtmlEncode(hostile), page.Split("<title>")[1].Split(" · Ddpm</title>")[0]);
        Assert.Equal(Frame(System.Text.Encoding.UTF8.GetString(SmallPage(classes: 2, "small"))), Frame(page));
        using var description = JsonDocument.Parse(page.Split("id=\"model\">")[1].Split("</script>")[0]);
        Assert.Equal(hostile, description.RootElement.GetProperty("name").GetString());
        Assert.All(description.RootElement.GetProperty("classes").EnumerateArray(), name => Assert.Equal(hostile, name.GetString()));
    }

    /// <summary>The weights and the description of the model are not compared.</summary>
    [Fact]
    public void The_example_page_has_the_scripts_and_the_style_of_this_version()
    {
        var guide = File.ReadLines(Path.Combine(Fixtures.Repository, "CONTRIBUTING.md"));
        var command = guide.Single(line => line.Contains("clothes.html", StringComparison.Ordinal));
        var example = File.ReadAllText(Path.Combine(Fixtures.Repository, "Ddpm.Host", "Examples", "clothes.html")).ReplaceLineEndings("\n");
        Assert.True(
            Frame(example) == Frame(System.Text.Encoding.UTF8.GetString(SmallPage(classes: 2, "small"))), $"the example page is older; run {command.Trim()}");
        Assert.InRange(example.Length, 1, 2_000_000);
    }

    [Fact]
    public void A_network_that_is_too_large_is_refused_with_the_reason()
    {
        string Refused(int size, int width)
        {
            using var network = new UNet(UNetConfig.Of(NetworkFamily.All["modern"], new(size, size), 1, 10, 0, width).Valid(), ScalarType.Float32, CPU);
            using var theta = zeros(network.Layout.Count, ScalarType.Float32);
            return HtmlPage.Of(Model(network, theta, NoiseSchedule.Linear(10).Valid(), label => $"{label}", "large"), PageWeights.Float32)
                .Match(_ => "", error => error.Message);
        }

        Assert.Matches("^the weights have [0-9]+ MB in float32, and a page holds at most 64 MiB: use --format onnx instead$", Refused(12, 128));
        Assert.Matches("^the values between the layers have [0-9]+ MB in float32, and a page holds at most 512 MiB: use --format", Refused(256, 84));
        _ddpm.Refused(2, ["--weights must be one of float32, float16, got int8"], "export", "--run", "none", "--format", "html", "--weights", "int8");
    }

    /// <summary>A page without its model.</summary>
    private static string Frame(string page) => Model().Replace(page, "");

    [GeneratedRegex("<title>[^<]*</title>|<script type=[^>]*>[^<]*</script>")]
    private static partial Regex Model();

    /// <summary>The page of a small network with weights by formula. The run and all classes have one name.</summary>
    internal static byte[] SmallPage(int classes, string name)
    {
        var config = UNetConfig.Of(NetworkFamily.All["modern"], new(12, 12), 1, 10, classes, width: 4).Valid();
        using var network = new UNet(config, ScalarType.Float32, CPU);
        using var theta = FormulaWeights.Of(network);
        return Page(network, theta, NoiseSchedule.Linear(10).Valid(), _ => name, name);
    }

    private static byte[] Page(UNet network, Tensor theta, NoiseSchedule schedule, Func<int, string> className, string name) =>
        HtmlPage.Of(Model(network, theta, schedule, className, name), PageWeights.Float32).Match(bytes => bytes.ToArray(), error => throw error.ToException());

    private static PageModel Model(UNet network, Tensor theta, NoiseSchedule schedule, Func<int, string> className, string name)
    {
        DiffusionModel model = new(network.Config, schedule, new Prediction.Epsilon(), Preset.Standard);
        return new(name, network, theta, model, model.UsualSampling, className, "");
    }
}
