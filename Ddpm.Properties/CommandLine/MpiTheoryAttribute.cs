using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>A theory about several processes. It needs Open MPI and MPICH, as Debian has them side by side.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MpiTheoryAttribute : TheoryAttribute
{
    public MpiTheoryAttribute() => Skip = Missing;

    /// <summary>The endings of mpirun, for each MPI.</summary>
    public static IReadOnlyList<string> Launchers { get; } = ["openmpi", "mpich"];

    /// <summary>Why such a test is skipped; null if it is not.</summary>
    internal static string? Missing { get; } = Launchers.All(mpi => IsHere($"mpirun.{mpi}"))
        ? null
        : "needs Open MPI and MPICH: apt-get install openmpi-bin mpich";

    private static bool IsHere(string program) => OperatingSystem.IsLinux()
        && (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));
}

/// <summary>A fact about several processes.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MpiFactAttribute : FactAttribute
{
    public MpiFactAttribute() => Skip = MpiTheoryAttribute.Missing;
}
