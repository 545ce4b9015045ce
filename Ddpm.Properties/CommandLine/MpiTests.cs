using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Ddpm.Host.Runs;
using Ddpm.Pure.Random;
using Xunit;
using Xunit.Abstractions;

namespace Ddpm.Properties.CommandLine;

/// <summary>
/// `train` in several processes, with each MPI that is here. The environment variable DDPM_RANKS=all tries all numbers of ranks and threads with each;
/// DDPM_KILLS says how often a rank is killed.
/// </summary>
public sealed class MpiTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int Kills = EnvironmentCount.Of("DDPM_KILLS") ?? 1;

    // Three shares of a batch, and two steps in an epoch.
    private static readonly string[] Training =
    [
        "train", "--data", Fixtures.FashionMnist, "--limit", "90", "--batch-size", "46", "--preset", "standard", "--steps", "3", "--sample-every", "0",
    ];

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(2); // so that the test takes no core from the ranks

    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    /// <summary>The ending of mpirun, ranks, threads, and whether one rank is held to AVX2, as a host with an older processor is.</summary>
    public static TheoryData<string, int, int, bool> Numbers()
    {
        var data = new TheoryData<string, int, int, bool>();
        if (Environment.GetEnvironmentVariable("DDPM_RANKS") != "all")
        {
            data.Add("openmpi", 4, 1, false);
            data.Add("mpich", 3, 2, true);
            return data;
        }

        foreach (var mpi in MpiTheoryAttribute.Launchers)
        {
            foreach (var ranks in (int[])[1, 2, 3, 4, 8])
            {
                data.Add(mpi, ranks, 1, false);
                data.Add(mpi, ranks, 2, ranks > 1);
            }
        }

        return data;
    }

    [MpiTheory]
    [MemberData(nameof(Numbers))]
    public void Any_number_of_ranks_and_threads_trains_to_the_same_bits(string mpi, int ranks, int threads, bool older)
    {
        string[] training = [.. Training, "--epochs", "3"];
        _ddpm.Done([.. training, "--threads", "2", "--run", "one"]);
        string[] ddpm = ["dotnet", _ddpm.Program, .. training, "--threads", $"{threads}", "--run", "several"];
        string[] program = older
            ? ["-n", "1", "env", "DOTNET_EnableAVX512F=0", .. ddpm, ":", "-n", $"{ranks - 1}", .. ddpm]
            : ["-n", $"{ranks}", .. ddpm];
        Together(_ => { }, mpi, program).Done();
        Assert.Equal(Run("one"), Run("several"));
    }

    /// <summary>
    /// Each time another number of ranks goes on, with the other MPI: after a killed rank, and after SIGTERM to rank 0. At last one process goes on alone.
    /// </summary>
    [MpiFact]
    public void A_run_that_was_killed_and_stopped_ends_with_the_same_bits_in_another_number_of_ranks()
    {
        string[] training = [.. Training, "--checkpoint-every", "1", "--epochs", $"{6 + 3 * Kills}"];
        _ddpm.Done([.. training, "--threads", "2", "--run", "one"]);
        var moments = new RandomStream(3, StreamName.Timesteps);
        var killed = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            var ranks = 2 + kill % 3;
            var (until, victim) = (LastStep() + moments.At(kill, 0).Below(0, 4), moments.At(kill, 1).Below(0, ranks));
            if (Ends(MpiTheoryAttribute.Launchers[kill % MpiTheoryAttribute.Launchers.Count], ranks, until, all => (all[victim], 9)).ExitCode == 0)
            {
                break; // it was done before its moment came
            }

            killed++;
            output.WriteLine($"killed rank {victim} of {ranks} after step {LastStep()}");
        }

        Assert.True(killed > Kills / 2);
        OneLine("stopped", Ends("mpich", 3, LastStep() + 1, _ => (Leader(), 15)).Ended(130));
        _ddpm.Done("train", "--data", Fixtures.FashionMnist, "--run", "several", "--resume", "--threads", "2");
        Assert.Equal(Run("one"), Run("several"));

        DdpmProcess.Outcome Ends(string mpi, int ranks, int until, Func<int[], (int Process, int Signal)> end)
        {
            string[] start = File.Exists(_ddpm.Path("runs", "several", "run.json"))
                ? ["train", "--data", Fixtures.FashionMnist, "--run", "several", "--resume"]
                : [.. training, "--run", "several"];
            return Together(
                process => SignalAt(process, () => LastStep() >= until, ranks, end), mpi,
                ["-n", $"{ranks}", "dotnet", _ddpm.Program, .. start, "--threads", "1"]);
        }
    }

    /// <summary>mpirun of Open MPI sends SIGTERM to all ranks, and kills them a second later.</summary>
    [MpiFact]
    public void Ctrl_C_ends_all_ranks_and_leaves_a_whole_checkpoint()
    {
        string[] training = [.. Training, "--checkpoint-every", "1", "--epochs", "4000", "--run", "several", "--threads", "1"];
        Assert.NotEqual(0, Together(
            process => SignalAt(process, () => LastStep() > 0, 2, _ => (process.Id, 2)),
            "openmpi",
            ["-n", "2", "dotnet", _ddpm.Program, .. training]).ExitCode);
        _ddpm.Done("sample", "--run", "several", "--count", "1");
    }

    [MpiFact]
    public void A_diverged_loss_ends_all_ranks_with_one_line_and_leaves_the_last_good_checkpoint()
    {
        string[] training = [.. Training, "--checkpoint-every", "1", "--epochs", "9", "--learning-rate", "0.99", "--run", "several", "--threads", "1"];
        var diverged = Together(_ => { }, "mpich", ["-n", "2", "dotnet", _ddpm.Program, .. training]);
        OneLine("error: the loss of step 1 is ", diverged.Ended(1));
        Assert.Equal(1, LastStep());
        _ddpm.Done("sample", "--run", "several", "--count", "1");
    }

    [SmallDiskFact]
    public void A_full_disk_ends_all_ranks_with_one_line_and_the_run_goes_on_to_the_same_bits()
    {
        if (MpiTheoryAttribute.Missing is not null)
        {
            return;
        }

        string[] training = [.. Training, "--epochs", "2"];
        _ddpm.Done([.. training, "--threads", "2", "--run", "one"]);
        Directory.CreateDirectory(_ddpm.Path("disk"));
        var full = _ddpm.RunScript($"""
            mount -t tmpfs -o size=9m tmpfs disk
            mpirun.openmpi --allow-run-as-root --oversubscribe -n 2 $ddpm {string.Join(' ', training)} --threads 1 --out disk/run && exit 90
            mkdir runs/several
            cp -r disk/run/. runs/several
            """).Done();
        OneLine("error: ", full);
        Assert.Contains("the disk is full or your quota is used up", full.Error, StringComparison.Ordinal);
        _ddpm.Done("train", "--data", Fixtures.FashionMnist, "--run", "several", "--resume", "--threads", "2");
        Assert.Equal(Run("one"), Run("several"));
    }

    /// <summary>Every difference has a line.</summary>
    [MpiFact]
    public void Ranks_with_other_options_or_data_are_refused_before_the_first_step()
    {
        var other = _ddpm.Path("other");
        Directory.CreateDirectory(other);
        foreach (var (from, to) in new[] { ("train", "t10k"), ("t10k", "train") })
        {
            foreach (var kind in new[] { "images-idx3", "labels-idx1" })
            {
                File.Copy(Path.Combine(Fixtures.FashionMnist, $"{from}-{kind}-ubyte.gz"), Path.Combine(other, $"{to}-{kind}-ubyte.gz"));
            }
        }

        string[] Ddpm(string data, string epochs) =>
            ["-n", "1", "dotnet", _ddpm.Program, "train", "--data", data, "--threads", "1", "--run", "several", "--limit", "90", "--epochs", epochs];
        var refused = Together(_ => { }, "openmpi", [.. Ddpm(Fixtures.FashionMnist, "2"), ":", .. Ddpm(other, "3")]);
        Assert.NotEqual(0, refused.ExitCode);
        var host = Environment.MachineName;
        Assert.Contains($"rank 1 on {host}: the option --epochs: 3, but rank 0 on {host} has 2", refused.Error, StringComparison.Ordinal);
        Assert.Contains($"rank 1 on {host}: the SHA-256 of the training images: ", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_ddpm.Path("runs", "several", "run.json")));
    }

    /// <summary>33 images are three micro-batches, so that each of three ranks has one.</summary>
    [MpiFact]
    public void Several_ranks_sample_and_evaluate_to_the_bytes_of_one()
    {
        _ddpm.Done([.. Training, "--epochs", "1", "--threads", "2", "--run", "one"]);
        string[] data = ["--data", Fixtures.FashionMnist];
        (int Ranks, string[] Command)[] commands =
        [
            (3, ["sample", "--count", "33", "--seed", "5"]),
            (3, ["evaluate", "--count", "33", "--bound-images", "0", .. data]),
            (2, ["evaluate", "steps", "--count", "33", "--samplers", "ddim", "--evaluations", "2", .. data]),
        ];
        foreach (var (ranks, command) in commands)
        {
            var alone = _ddpm.Done([.. command, "--run", "one", "--to", "alone"]);
            var together = Together(
                _ => { }, "mpich", ["-n", $"{ranks}", "dotnet", _ddpm.Program, .. command, "--run", "one", "--to", "together", "--threads", "1"]).Done();
            Assert.Equal(alone.Output.Replace("alone", "together", StringComparison.Ordinal), together.Output);
        }

        (string, string)[] Files(string folder) =>
            [.. Directory.GetFiles(_ddpm.Path(folder)).Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), Sha256(path)))];
        Assert.Equal(7, Files("alone").Length);
        Assert.Equal(Files("alone"), Files("together"));
    }

    private static string Sha256(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    private DdpmProcess.Outcome Together(Action<Process> meanwhile, string mpi, string[] program) => _ddpm.RunProgram(
        meanwhile, $"mpirun.{mpi}", mpi == "openmpi" ? ["--allow-run-as-root", "--oversubscribe", .. program] : program);

    /// <summary>Of the last whole checkpoint; 0 where there is none yet.</summary>
    private int LastStep() => _ddpm.Path("runs", "several", "checkpoints") is var folder && Directory.Exists(folder)
        ? Directory.GetFiles(folder, "*.safetensors").Select(path => RunFolder.CheckpointStep(Path.GetFileName(path)).IfNone(0)).DefaultIfEmpty().Max()
        : 0;

    /// <summary>The process of rank 0.</summary>
    private int Leader() => JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", "several", "run.lock")))!["Pid"]!.GetValue<int>();

    /// <summary>Of all lines of an error or an end, there is one, and it begins so.</summary>
    private static void OneLine(string start, DdpmProcess.Outcome outcome) => Assert.StartsWith(
        start, Assert.Single(outcome.Error.Split('\n'), line => line == "stopped" || line.StartsWith("error: ", StringComparison.Ordinal)),
        StringComparison.Ordinal);

    /// <summary>
    /// Sends a signal at a moment, or as soon after it as all ranks are there, and waits for them to end: MPICH's mpirun may return before they have.
    /// </summary>
    private void SignalAt(Process mpirun, Func<bool> moment, int count, Func<int[], (int Process, int Signal)> signal)
    {
        int[] Ranks() => [.. Descendants(mpirun.Id).Where(id => CommandLine(id).StartsWith($"dotnet\0{_ddpm.Program}", StringComparison.Ordinal))];
        var ranks = Ranks();
        while (!moment() || ranks.Length < count)
        {
            if (mpirun.WaitForExit(LookEvery))
            {
                return;
            }

            ranks = Ranks();
        }

        var (process, number) = signal(ranks);
        DdpmProcess.Signal(process, number);
        Assert.True(SpinWait.SpinUntil(() => ranks.All(rank => CommandLine(rank).Length == 0), TimeSpan.FromMinutes(1)));
    }

    private static IEnumerable<int> Descendants(int process) => Children(process).SelectMany(child => Descendants(child).Prepend(child));

    private static int[] Children(int process)
    {
        try
        {
            return [.. Directory.GetDirectories($"/proc/{process}/task").SelectMany(task =>
                File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse))];
        }
        catch (IOException)
        {
            return []; // it is gone
        }
    }

    private static string CommandLine(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>The checksum of the weights, the metrics without times, and the samples.</summary>
    private (string Weights, string Metrics, string Samples) Run(string name)
    {
        var metrics = File.ReadLines(_ddpm.Path("runs", name, "metrics.jsonl")).Select(line =>
        {
            var metric = JsonNode.Parse(line)!.AsObject();
            Assert.True(metric.Remove("seconds") && metric.Remove("images-per-second"));
            return metric.ToJsonString();
        });
        return (
            JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", name, "run.json")))!["weights-sha256"]!.GetValue<string>(),
            string.Join('\n', metrics),
            Sha256(_ddpm.Path("runs", name, "samples.npy")));
    }
}
