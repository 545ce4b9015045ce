using System.Security.Cryptography;
using System.Text.Json;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Reference;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.CommandLine;

/// <summary>`reference` from end to end, with the port in Python as the other side.</summary>
public sealed class ReferenceTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void An_export_is_the_same_bytes_each_time_and_verified_as_exact_and_its_damages_are_named()
    {
        var one = ReferenceExport.Folder;
        ReferenceExport.CopyTo(_ddpm.Path("two"));
        _ddpm.Done("reference", "export", "--out", "two"); // over an older one
        string[] Names(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file)).Order().ToArray();
        var names = Names(one);
        Assert.Equal(names, Names(_ddpm.Path("two")));
        Assert.All(names, name => Assert.Equal(File.ReadAllBytes(Path.Combine(one, name)), File.ReadAllBytes(_ddpm.Path("two", name))));
        Assert.InRange(names.Sum(name => new FileInfo(Path.Combine(one, name)).Length), 1_000_000, 20_000_000);

        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(one, "manifest.json")));
        var files = manifest.RootElement.GetProperty("files").EnumerateArray().ToArray();
        Assert.Equal(names.Length - 1, files.Length);
        Assert.All(files, file =>
        {
            var bytes = File.ReadAllBytes(Path.Combine(one, file.GetProperty("path").GetString()!));
            Assert.Equal(file.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        });
        Assert.Contains($"{files.Length} files: {files.Length} exact", _ddpm.Done("reference", "verify", one).Output, StringComparison.Ordinal);

        // Four kinds of damage, and a file from elsewhere.
        var words = _ddpm.Path("two", "random", "words", "timesteps.npy");
        var flipped = File.ReadAllBytes(words);
        flipped[^4] ^= 1;
        File.WriteAllBytes(words, flipped);
        var uniforms = _ddpm.Path("two", "random", "uniforms", "timesteps.npy");
        File.WriteAllBytes(uniforms, File.ReadAllBytes(uniforms)[..^1]);
        File.Delete(_ddpm.Path("two", "guidance.json"));
        File.WriteAllText(_ddpm.Path("two", "metrics.json"), "{");
        File.WriteAllText(_ddpm.Path("two", "notes.txt"), "mine");
        var outcome = _ddpm.Refused(1, [$"{files.Length - 4} exact, 0 within tolerance, 1 wrong, 2 unreadable, 1 missing"], "reference", "verify", "two");
        Assert.Matches(@"random/words/timesteps\.npy +WRONG at \[3, 5, 66\]: expected \d+, got \d+", outcome.Output);
        Assert.Matches(@"random/uniforms/timesteps\.npy +UNREADABLE: npy, at byte 128", outcome.Output);
        Assert.Matches(@"guidance\.json +MISSING", outcome.Output);
        Assert.Matches(@"metrics\.json +UNREADABLE: no JSON on line 1", outcome.Output);
        Assert.Matches(@"'notes\.txt' +not a file of the reference", outcome.Output);
        _ddpm.Done("reference", "verify", "two", "--only", "random/normals/", "--only", "plans/");
    }

    /// <summary>
    /// Random numbers and trajectories agree bit by bit, except where a learned deviation holds an exponential: numpy rounds its last digit differently.
    /// </summary>
    [NumpyFact]
    public void The_port_in_python_reproduces_random_numbers_and_trajectories_bit_for_bit_and_levels_and_predictions_within_tolerance()
    {
        var port = Path.Combine(AppContext.BaseDirectory, "Ports", "python", "ddpm_port.py");
        _ddpm.RunProgram(NumpyFactAttribute.Python!, port, ReferenceExport.Folder, "port").Done();
        string[] paths = ["random/", "trajectories/", "schedules/", "predictions.json", "timestep-densities.json", "learned-variance/", "denoisers/"];
        var verified = _ddpm.Done(["reference", "verify", "port", .. paths.SelectMany(path => new[] { "--only", path })]).Output;
        Assert.All(
            verified.Split('\n').Where(line => Begins(line, "random/") || Begins(line, "trajectories/")),
            line => Assert.True(line.Trim().EndsWith("exact", StringComparison.Ordinal) || Begins(line, "trajectories/ddpm-learned-range.json"), line));

        static bool Begins(string line, string path) => line.StartsWith(path, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_done_is_said_and_nothing_is_written()
    {
        Directory.CreateDirectory(_ddpm.Path("mine"));
        File.WriteAllText(_ddpm.Path("mine", "thesis.txt"), "");
        _ddpm.Refused(1, ["mine holds other files and is not an export"], "reference", "export", "--out", "mine");
        Assert.Single(Directory.EnumerateFileSystemEntries(_ddpm.Path("mine")));
        _ddpm.Refused(1, ["there is no folder nowhere"], "reference", "verify", "nowhere");
        _ddpm.Refused(2, ["--only rendom/: no file of the reference begins with it"], "reference", "verify", "mine", "--only", "rendom/");
        _ddpm.Refused(
            2, ["sampling-steps must lie in [1, 1000], got 0", "sampler must be one of", "prediction must be one of"],
            "reference", "plan", "--sampler", "dpmpp-9", "--sampling-steps", "0", "--prediction", "z");
    }

    [Fact]
    public void A_plan_is_printed_as_a_table_or_as_json()
    {
        var table = _ddpm.Done("reference", "plan", "--sampler", "dpmpp-3m", "--sampling-steps", "6").Output;
        Assert.Contains("start: x = 0·image + 1·noise; x0 is clipped to [-1, 1]; 6 lines", table, StringComparison.Ordinal);
        Assert.Matches(@"\n5 +166 +1\.15786 ", table);
        using var json = JsonDocument.Parse(_ddpm.Done("reference", "plan", "--sampler", "heun", "--sampling-steps", "3", "--json").Output);
        Assert.Equal(5, json.RootElement.GetProperty("lines").GetArrayLength());
    }

    /// <summary>What C# can say, the command line can: each option changes the plan as the same property does.</summary>
    [Theory]
    [MemberData(nameof(FinerOptions))]
    public void The_finer_options_of_samplers_are_on_the_command_line(string arguments)
    {
        SamplingOptions options = arguments.Split(' ')[0] switch
        {
            "--timesteps" => new()
            {
                Sampler = "unipc-3",
                ExplicitTimesteps = Array(999, 600, 200, 3),
                UnipcVariant = "bh1",
                LowerOrderFinal = true,
                FullOrderStart = true,
            },
            "--corrector" => new() { Sampler = "unipc-2", SamplingSteps = 5, Spacing = "karras", Corrector = false, Rho = 3, SigmaRange = (0.05, 20) },
            "--restarts" => new()
            {
                Sampler = "restart",
                SamplingSteps = 6,
                Spacing = "kl-optimal",
                Restarts = 2,
                RestartRange = (0.05, 20),
                SigmaRange = (0.01, 80),
            },
            _ => new() { Sampler = "ipndm-v-3", SamplingSteps = 5, LastTimestep = 30 },
        };
        var plan = options.Compile(NoiseSchedule.Linear(1000).Valid(), new Prediction.Epsilon(), clipSample: true).Valid();
        Assert.Equal(PlanJson.Text(plan).TrimEnd(), _ddpm.Done(["reference", "plan", "--json", .. arguments.Split(' ')]).Output.TrimEnd());
    }

    public static TheoryData<string> FinerOptions { get; } =
    [
        "--timesteps 999 600 200 3 --sampler unipc-3 --unipc-variant bh1 --lower-order-final --full-order-start",
        "--corrector false --sampler unipc-2 --sampling-steps 5 --spacing karras --rho 3 --sigma-range 0.05 20",
        "--restarts 2 --sampler restart --restart-range 0.05 20 --sampling-steps 6 --spacing kl-optimal --sigma-range 0.01 80",
        "--last-timestep 30 --sampler ipndm-v-3 --sampling-steps 5",
    ];

    [Fact]
    public void An_option_of_another_sampler_or_spacing_is_refused()
    {
        const string alone = "cannot be combined with sampling-steps, spacing, rho, sigma-range or last-timestep, got 999 10";
        _ddpm.Refused(2, [alone], "reference", "plan", "--sampler", "ddim", "--timesteps", "999", "10", "--sampling-steps", "2");
        _ddpm.Refused(2, [alone], "reference", "plan", "--sampler", "ddim", "--timesteps", "999", "10", "--spacing", "karras");
        _ddpm.Refused(
            2, ["corrector works only with the samplers unipc-*", "rho works only with the spacing karras"],
            "reference", "plan", "--sampler", "heun", "--corrector", "true", "--rho", "7");
    }
}
