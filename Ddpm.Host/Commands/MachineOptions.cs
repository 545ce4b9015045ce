using Ddpm.Gpu.Devices;
using Ddpm.Host.Faults;
using Ddpm.Host.Runs;
using Ddpm.Pure.Validations;
using LanguageExt;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--device and --threads, which every command that computes takes.</summary>
internal sealed class MachineOptions
{
    private readonly CommandLine.Option<string> _device = new("--device")
    {
        Description = "What computes: auto (CUDA where there is one), cpu, cuda or cuda:n",
        DefaultValueFactory = _ => "auto",
    };

    private const int MostThreads = 1024;

    private readonly CommandLine.Option<int?> _threads = new("--threads") { Description = "Threads that compute on the CPU; they change no bit [default: as many as are fastest here]" };

    public MachineOptions(CommandLine.Command command)
    {
        command.AddGroup("Machine", _device, _threads);
    }

    /// <summary>The device; the thread count is set on the way.</summary>
    /// <param name="said">The command line.</param>
    /// <param name="otherwise">The device and the threads unless it says; none for what is best here.</param>
    public Fin<Device> Prepare(CommandLine.ParseResult said, LanguageExt.Option<MachineReceipt> otherwise = default)
    {
        var threads = said.GetValue(_threads) ?? otherwise.Map(machine => machine.Threads).ToNullable();
        return from wanted in (
                       Check.That("--threads", threads ?? 1, threads is null or (>= 1 and <= MostThreads), Invariant($"must lie in [1, {MostThreads}]")),
                       DeviceChoice.Parse(said.Or(_device, otherwise.Map(machine => machine.Device).IfNone("auto"))))
                   .Apply((_, choice) => choice).OrUsage()
               from device in ComputeDevice.Find(wanted)
               select SetThreads(device, threads);
    }

    private static Device SetThreads(Device device, int? threads)
    {
        set_num_threads(threads ?? ThreadProbe.Fastest);
        return device;
    }
}
