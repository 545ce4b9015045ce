using System.Globalization;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Gpu.Ranks;

/// <summary>What started this process as one of several.</summary>
/// <param name="Name">What a person calls it.</param>
/// <param name="Libraries">The MPI libraries that understand it, the likeliest first.</param>
/// <param name="Rank">The number of this process.</param>
/// <param name="LocalRank">Its number on its machine.</param>
/// <param name="LocalSize">How many there are on this machine, ≥ 1.</param>
internal sealed record Launcher(string Name, Arr<MpiLibrary> Libraries, int Rank, int LocalRank, int LocalSize)
{
    /// <summary>The variable that names an MPI library: a path or a file name that the system finds.</summary>
    public const string LibraryVariable = "DDPM_MPI_LIBRARY";

    /// <summary>What started this process; none if it was started alone.</summary>
    public static Option<Launcher> Here { get; } = Of(Environment.GetEnvironmentVariable);

    /// <summary>
    /// What started a process, by what it wrote into the environment. Slurm names every step of a job, so it counts only with the plug-in that starts MPI.
    /// </summary>
    /// <param name="variable">Gives an environment variable; null if it is not set.</param>
    public static Option<Launcher> Of(Func<string, string?> variable)
    {
        int? Number(params string[] names) => names.Select(name => int.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : (int?)null).FirstOrDefault(number => number is not null);

        Launcher With(string name, int rank, params MpiLibrary[] likely)
        {
            var named = Optional(variable(LibraryVariable)).Filter(path => path.Length > 0).Map(MpiLibrary.Named);
            var localSize = Number("OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "SLURM_NTASKS_PER_NODE") ?? 1;
            return new(
                name, named.Match(one => Array(one), () => toArray(likely)), rank,
                Number("OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID") ?? 0, Math.Max(1, localSize));
        }

        var slurm = variable("SLURM_PROCID") is not null && Number("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS") > 1;
        return Number("OMPI_COMM_WORLD_RANK") is { } open && Number("OMPI_COMM_WORLD_SIZE") is not null
                ? With("Open MPI", open, MpiLibrary.OpenMpi, MpiLibrary.Standard)
            : Number("PMI_RANK") is { } pmi && Number("PMI_SIZE") is not null
                ? With(slurm ? "Slurm (PMI)" : "MPICH", pmi, MpiLibrary.Mpich, MpiLibrary.Standard)
            : Number("PMIX_RANK") is { } pmix
                ? With(slurm ? "Slurm (PMIx)" : "PMIx", pmix, MpiLibrary.OpenMpi, MpiLibrary.Standard, MpiLibrary.Mpich)
            : None;
    }

    /// <summary>How many threads a rank should compute with, so that the ranks of a machine have one for each core.</summary>
    /// <param name="cores">The cores of the machine.</param>
    /// <param name="allowed">The cores that this process may use: the launcher may have bound it to some.</param>
    public int Threads(int cores, int allowed) => Math.Max(1, allowed < cores ? Math.Min(allowed, cores / LocalSize) : cores / LocalSize);
}
