using System.Runtime.InteropServices;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Gpu.Ranks;

/// <summary>The binary interface of an MPI library: how the world of all ranks and the type of a byte are named in calls.</summary>
internal enum MpiInterface
{
    /// <summary>Open MPI: addresses of variables of the library.</summary>
    OpenMpi,

    /// <summary>MPICH and what keeps to its interface (Intel MPI, MVAPICH): numbers.</summary>
    Mpich,

    /// <summary>The standard interface of MPI 5.0, chapter 20: small numbers as pointers.</summary>
    Standard,
}

/// <summary>An MPI library.</summary>
/// <param name="Name">What a person calls it.</param>
/// <param name="Files">Its file names, the likeliest first; the system looks for them.</param>
internal sealed record MpiLibrary(string Name, Arr<string> Files)
{
    /// <summary>Open MPI 2 to 5.</summary>
    public static MpiLibrary OpenMpi { get; } = new("Open MPI", Array("libmpi.so.40", "libmpi.so.20"));

    /// <summary>MPICH 3 and 4. Debian calls its file libmpich.so.12; Intel MPI and MPICH from source call it libmpi.so.12.</summary>
    public static MpiLibrary Mpich { get; } = new("MPICH", Array("libmpich.so.12", "libmpi.so.12"));

    /// <summary>A library with the standard interface of MPI 5.0.</summary>
    public static MpiLibrary Standard { get; } = new("MPI 5 standard ABI", Array("libmpi_abi.so.0", "libmpi_abi.so"));

    /// <summary>All that are looked for.</summary>
    public static Arr<MpiLibrary> All { get; } = Array(OpenMpi, Mpich, Standard);

    /// <summary>How to get one, for people.</summary>
    public const string Remedy = "install Open MPI (apt-get install openmpi-bin) or MPICH (apt-get install mpich)";

    /// <summary>A library that the user names.</summary>
    /// <param name="path">A path, or a file name that the system finds.</param>
    public static MpiLibrary Named(string path) => new(path, Array(path));

    /// <summary>Loads it.</summary>
    /// <returns>The library, and its file; none if it is not here.</returns>
    public Option<(nint Handle, string File)> Load() => Files
        .Map(file => NativeLibrary.TryLoad(file, out var handle) ? Some((handle, file)) : None)
        .Somes().HeadOrNone();

    /// <summary>The interface of a loaded library, by the symbols that only it has.</summary>
    /// <returns>The interface; or that it is no MPI library.</returns>
    public static Fin<MpiInterface> InterfaceOf(nint handle, string file)
    {
        bool Has(string symbol) => NativeLibrary.TryGetExport(handle, symbol, out _);
        return !Has("MPI_Init_thread") ? Error.New($"{file} is no MPI library: it lacks MPI_Init_thread")
            : Has("ompi_mpi_comm_world") && !file.Contains("mpi_abi", StringComparison.Ordinal) ? MpiInterface.OpenMpi
            : Has("MPI_Abi_get_version") && file.Contains("mpi_abi", StringComparison.Ordinal) ? MpiInterface.Standard
            : MpiInterface.Mpich;
    }
}
