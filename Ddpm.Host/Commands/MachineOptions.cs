using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Ranks;
using Ddpm.Host.Faults;
using Ddpm.Host.Runs;
using Ddpm.Pure.Options;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--device and --threads, for every command that computes, --accumulate for `train`, and --precision for commands that sample.</summary>
internal sealed class MachineOptions
{
    private const int MostThreads = 1024;

    private readonly CommandLine.Option<string> _device = new("--device")
    {
        Description = "Where to compute: auto (CUDA if available), cpu, libtorch, cuda or cuda:n",
        DefaultValueFactory = _ => "auto",
    };

    private readonly CommandLine.Option<int?> _threads = new("--threads")
    {
        Description = "CPU threads; they never change results [default: the fastest number on this machine]",
    };

    private readonly CommandLine.Option<int?> _accumulate = new("--accumulate")
    {
        Description = "Compute each batch in N parts, one after another, so that a GPU needs less memory [default: 1]",
    };

    private readonly CommandLine.Option<string> _precision = RecipeOptions.Create<string>(nameof(TrainingOptions.Precision));

    /// <param name="command">The command that gets the options.</param>
    /// <param name="trains">Whether it trains a network in batches.</param>
    /// <param name="samples">Whether it samples from a run.</param>
    public MachineOptions(CommandLine.Command command, bool trains = false, bool samples = false)
    {
        command.AddGroup("Machine", _device, _threads);
        if (trains)
        {
            command.AddGroup(TrainingOptions.Numbers, _accumulate);
        }

        if (samples)
        {
            command.AddGroup("Machine", _precision);
        }
    }

    /// <summary>The option --precision.</summary>
    public CommandLine.Option OfSamples => _precision;

    /// <summary>The name of the network's number format.</summary>
    public string Precision(CommandLine.ParseResult parsed) => parsed.GetValue(_precision)!;

    /// <summary>In how many parts to compute each batch: as on the command line, else as on another machine, else 1.</summary>
    public Fin<int> Accumulate(CommandLine.ParseResult parsed, LanguageExt.Option<MachineReceipt> otherwise) => Check
        .AtLeast("--accumulate", parsed.GetValue(_accumulate) ?? otherwise.Map(machine => machine.Accumulate).IfNone(1), 1).OrUsage();

    /// <summary>Finds the device and sets the number of threads.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="otherwise">The machine whose device and threads to use if the command line names none; none for the best here.</param>
    public Fin<Device> Prepare(CommandLine.ParseResult parsed, LanguageExt.Option<MachineReceipt> otherwise = default)
    {
        // One of several processes takes its part of the machine, whatever the machine of an earlier run was.
        var before = Launcher.Here.IsSome ? None : otherwise;
        var threads = parsed.GetValue(_threads) ?? before.Map(machine => machine.Threads).ToNullable();
        var device = parsed.Or(_device, before.Map(machine => machine.Device).IfNone("auto"));
        return (
                Check.That("--threads", threads ?? 1, threads is null or (>= 1 and <= MostThreads), Invariant($"must lie in [1, {MostThreads}]")),
                DeviceChoice.Parse(device))
            .Apply((_, choice) => choice).OrUsage()
            .Bind(ComputeDevice.Find)
            .Do(_ => set_num_threads(threads ?? ComputeDevice.UsualThreads));
    }
}
