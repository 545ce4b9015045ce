using System.Diagnostics;
using System.Runtime.InteropServices;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Ranks;
using Ddpm.Host.Data;
using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using Ddpm.Pure.Data;
using LanguageExt;
using LanguageExt.Common;
using TorchSharp;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Diagnosis;

/// <summary>Looks at everything that training needs of a machine.</summary>
internal static class MachineDiagnosis
{
    private const long LeastFreeBytes = 200L << 20;

    /// <summary>Each part in turn, as soon as it has been looked at.</summary>
    /// <param name="folder">Where runs would be made.</param>
    /// <param name="environment">Where data sets would be looked for.</param>
    public static IEnumerable<Finding> Findings(string folder, DataSetEnvironment environment)
    {
        yield return Finding.Of("runtime", () =>
            $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        yield return Finding.Of("processor", () =>
            Invariant($"{Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20} MiB of memory, {Processor.Instructions}"));
        yield return Finding.Of("libtorch", () => Libtorch(MachineReceipt.Here("cpu")));
        yield return Finding.Of("devices", () => torch.cuda.is_available()
            ? $"cpu and {torch.cuda.device_count()} of CUDA; auto takes {ComputeDevice.Find(new DeviceChoice.Auto())}"
            : "cpu; no CUDA device");
        yield return Finding.Of("threads", () => Threads(ThreadProbe.Candidates(Environment.ProcessorCount)));
        yield return Finding.Of("mpi", Mpi);
        foreach (var description in DataSetDescription.All)
        {
            yield return Finding.Of(description.Name, () => DataSet(description, environment));
        }

        yield return Finding.Of("folder", () => Writable(folder));
        yield return Finding.Of("self-test", SelfTest.RandomBits);
        yield return Finding.Of("", SelfTest.Mathematics);
        yield return Finding.Of("", SelfTest.Kernels);
        yield return Finding.Of("", () => SelfTest.Convolutions());
        yield return Finding.Of("", () => ComputeDevice.Find(new DeviceChoice.Auto()).Bind(SelfTest.Training));
    }

    private static string Libtorch(MachineReceipt here) => $"{here.Libtorch} through TorchSharp {here.TorchSharp}, loaded from {LoadedFrom()}";

    private static Fin<string> Mpi()
    {
        var here = MpiLibrary.All.Map(library => library.Load().Map(found => $"{library.Name} ({MpiMessages.Version(found.Handle)}, {found.File})"))
            .Somes().ToSeq();
        return here.IsEmpty ? $"none, so this machine computes alone; to compute with others, {MpiLibrary.Remedy}" : string.Join("; ", here);
    }

    private static string Threads(IReadOnlyList<int> tried) =>
        Invariant($"{ThreadProbe.Fastest} to train with, the fastest here of {string.Join(", ", tried)} (--threads)");

    private static string LoadedFrom()
    {
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>().Select(module => module.FileName)
            .FirstOrDefault(path => Path.GetFileName(path).Contains("torch_cpu", StringComparison.OrdinalIgnoreCase)) is { } library
                ? Path.GetDirectoryName(library)! : "an unknown place";
    }

    /// <summary>A data set that is not here is fetched when it is needed; one that is here and damaged has to be mended.</summary>
    private static Fin<string> DataSet(DataSetDescription description, DataSetEnvironment environment)
    {
        var here = DataSets.LocalFolders(description, environment).Filter(local => local.Folder.HasAny(description)).Strict();
        return here.IsEmpty
            ? "not here; the first train fetches it"
            : here.Map(local =>
                from train in local.Folder.LoadPublished(description, DataSplit.Train, local.Name)
                from test in local.Folder.LoadPublished(description, DataSplit.Test, local.Name)
                select Invariant($"{train.Images.Count} and {test.Images.Count} images, {local.Name}, ")
                    + $"SHA-256 of the first {train.ImagesSha256[..16]}… {(train.IsPublished ? "as published" : "")}")
                .Reduce((one, other) => one.IsSucc ? one : other)
                .Match(Succ: FinSucc, Fail: fault => FinFail<string>(Error.New($"{fault.Message}: delete the file, and the next train fetches it again")));
    }

    private static Fin<string> Writable(string folder)
    {
        var probe = Path.Combine(folder, Invariant($".ddpm-doctor-{Environment.ProcessId}"));
        return AtomicFile.WriteInside(FileOperations.Disk, folder, probe, stream => stream.WriteByte(0)).Bind<string>(_ =>
        {
            File.Delete(probe);
            var free = new DriveInfo(folder).AvailableFreeSpace;
            return free >= LeastFreeBytes
                ? FinSucc(Invariant($"{folder} can be written to, {free >> 20} MiB free"))
                : Error.New(Invariant($"{folder} has {free >> 20} MiB free, but a run of twenty epochs needs about {LeastFreeBytes >> 20}"));
        });
    }
}
