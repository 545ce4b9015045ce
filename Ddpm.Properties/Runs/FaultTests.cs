using System.Diagnostics;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Networks;
using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using Ddpm.Properties.Files;
using Ddpm.Properties.Formats;
using Ddpm.Properties.Training;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Training;
using LanguageExt;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Runs;

/// <summary>
/// Training on a file system with a failure of its n-th operation, for every n: afterwards the last complete checkpoint is there, loads, and leads to the
/// bits of a run without faults.
/// </summary>
public sealed class FaultTests : IDisposable
{
    private static readonly TrainingConfig Config = TinyTraining.Config(epochs: 1);
    private static readonly Lazy<string> Weights = new(() =>
    {
        using var world = new FaultTests();
        return world.Train(FileOperations.Disk).Valid().WeightsSha256!;
    });

    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-faults-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    public static TheoryData<string> Faults { get; } =
        ["full before a byte", "full after some bytes", "dead after writing", "dead before renaming", "dead after renaming", "folder not flushed"];

    [Theory]
    [MemberData(nameof(Faults))]
    public void After_every_fault_the_last_complete_checkpoint_leads_to_the_same_bits(string fault)
    {
        var operations = Count();
        Assert.True(operations > 7);
        for (var n = 0; n < operations; n++)
        {
            Clear();
            try
            {
                Assert.True(Train(Faulty(fault, n)).IsFail);
            }
            catch (DiskFaults.DeathException)
            {
                // as a process dies: what stands on the disk stands there
            }

            var last = new RunFolder(Folder) is var folder && File.Exists(folder.ReceiptPath) ? folder.Receipt().Valid().Last : null;
            if (last is not null)
            {
                Assert.True(folder.ReadCheckpoint(last).IsSucc);
            }

            Assert.Equal(Weights.Value, Train(FileOperations.Disk).Valid().WeightsSha256);
            Assert.Empty(Directory.GetFiles(Folder, "*" + AtomicFile.TemporarySuffix, SearchOption.AllDirectories));
        }
    }

    /// <summary>Windows does not replace a file that a viewer has open. The errors are injected, because other systems do.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_chart_that_a_viewer_holds_open_does_not_end_training(bool shared)
    {
        var disk = FileOperations.Disk;
        Exception fault = shared ? new IOException("held", unchecked((int)0x80070020)) : new UnauthorizedAccessException("held");
        FileOperations Holding(string suffix) => disk with
        {
            Replace = (source, target) => (target.EndsWith(suffix, StringComparison.Ordinal) ? (_, _) => throw fault : disk.Replace)(source, target),
        };
        var reasons = new List<string>();
        var trained = Train(Holding("loss.png"), happened => reasons.AddRange(happened is TrainingEvent.PictureHeld(var reason) ? [reason] : []));
        Assert.Equal(Weights.Value, trained.Valid().WeightsSha256);
        Assert.Equal([$"cannot write {Path.Combine(Folder, "loss.png")}: it cannot be replaced; close it in other programs"], reasons);
        Assert.Empty(Directory.GetFiles(Folder, "*" + AtomicFile.TemporarySuffix, SearchOption.AllDirectories));
        Clear();
        Assert.Contains("run.json: it cannot be replaced", Train(Holding("run.json")).Message(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_is_no_number_stops_the_run_before_it_is_saved()
    {
        Assert.True(Train(FileOperations.Disk).IsSucc);
        var folder = new RunFolder(Folder);
        var first = RunFolder.CheckpointName(1);
        var receipt = folder.Receipt().Valid() with { Last = first, Progress = folder.ReadCheckpoint(first).Valid().Header.Progress };
        Poison(folder, receipt);
        Assert.True(folder.Write(receipt).IsSucc);
        var before = Files();

        var fault = Train(FileOperations.Disk).Match(Succ: _ => throw new InvalidOperationException("it went on"), Fail: error => error.Message);
        Assert.Contains(
            "the loss of step 1 is NaN and its gradient norm NaN, at learning rate 0.001: the run cannot continue", fault, StringComparison.Ordinal);
        Assert.Contains($"the last good checkpoint is {folder.CheckpointPath(receipt.Last)}", fault, StringComparison.Ordinal);
        Assert.Equal(before, Files());

        string[] Files() =>
        [
            .. Directory.GetFiles(folder.Within("checkpoints"))
                .Append(folder.ReceiptPath)
                .Order()
                .Select(path => $"{path} {Convert.ToBase64String(File.ReadAllBytes(path))}"),
        ];
    }

    [Fact]
    public void A_receipt_and_a_checkpoint_that_tell_different_stories_are_refused()
    {
        Assert.True(Train(FileOperations.Disk).IsSucc);
        var folder = new RunFolder(Folder);
        var receipt = folder.Receipt().Valid();
        Assert.True(folder.Write(receipt with { Last = RunFolder.CheckpointName(1) }).IsSucc);
        var fault = Train(FileOperations.Disk).Match(Succ: _ => "it went on", Fail: error => error.Message);
        Assert.Contains(
            $"{folder.CheckpointPath(RunFolder.CheckpointName(1))} cannot be used: it is at step 1, but run.json is at step 2", fault,
            StringComparison.Ordinal);
    }

    private string Folder => Path.Combine(_root, "run");

    private Fin<RunReceipt> Train(FileOperations operations, Action<TrainingEvent>? report = null) => TinyTraining.Train(
        Config, new(Folder) { Files = operations }, new Recording(SampleEvery: 0, LogEvery: 1, CheckpointEvery: 1, Keep: 2), report: report);

    private void Clear()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    /// <summary>How many files a run writes.</summary>
    private int Count()
    {
        Clear();
        var written = 0;
        var disk = FileOperations.Disk;
        Assert.True(Train(disk with { WriteNew = (path, writer) => { written++; disk.WriteNew(path, writer); } }).IsSucc);
        return written;
    }

    private static FileOperations Faulty(string fault, int n)
    {
        var disk = FileOperations.Disk;
        var (writes, renames, flushes) = (0, 0, 0);
        FileOperations Writing(Action<string, Action<Stream>> faulty) =>
            disk with { WriteNew = (path, writer) => (writes++ == n ? faulty : disk.WriteNew)(path, writer) };
        FileOperations Dead(FileOperations dying) => dying with { Delete = _ => { } }; // the dead do not tidy up
        return fault switch
        {
            "full before a byte" => Writing((_, _) => throw DiskFaults.Full()),
            "full after some bytes" => Writing((path, writer) =>
            {
                disk.WriteNew(path, stream =>
                {
                    stream.Write("{"u8);
                    throw DiskFaults.Full();
                });
            }),
            "dead after writing" => Dead(Writing((path, writer) =>
            {
                disk.WriteNew(path, writer);
                throw new DiskFaults.DeathException();
            })),
            "dead before renaming" => Dead(disk with
            {
                Replace = (source, target) =>
                {
                    DieAt(renames++);
                    disk.Replace(source, target);
                },
            }),
            "dead after renaming" => Dead(disk with
            {
                Replace = (source, target) =>
                {
                    disk.Replace(source, target);
                    DieAt(renames++);
                },
            }),
            "folder not flushed" => disk with
            {
                FlushFolder = path =>
                {
                    if (flushes++ == n)
                    {
                        throw new IOException("unsure");
                    }

                    disk.FlushFolder(path);
                },
            },
            _ => throw new UnreachableException(),
        };

        void DieAt(int rename)
        {
            if (rename == n)
            {
                throw new DiskFaults.DeathException();
            }
        }
    }

    private static void Poison(RunFolder folder, RunReceipt receipt)
    {
        var (file, header) = folder.ReadCheckpoint(receipt.Last).Valid();
        using var network = new UNet(Config.Model.Network, ScalarType.Float32, CPU);
        using var state = Checkpoint.Load(file, network, header.Progress.Step).Valid();
        state.Weights.fill_(1e30f);
        Assert.True(folder.Write(folder.CheckpointPath(receipt.Last!), Safetensors.Write(Checkpoint.Save(header, network, state))).IsSucc);
    }
}
