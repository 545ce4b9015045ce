using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>A fact about machines where a Python 3 has numpy: the first of the usual names that has it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NumpyFactAttribute : FactAttribute
{
    public NumpyFactAttribute()
    {
        if (Python is null)
        {
            Skip = "needs a python3 with numpy (Debian: apt-get install python3-numpy)";
        }
    }

    /// <summary>That Python, or null.</summary>
    public static string? Python { get; } = Array.Find(["python3", "/usr/bin/python3", "python"], HasNumpy);

    private static bool HasNumpy(string python) => MachineProbe.Succeeds(python, "-c", "import sys, numpy; sys.exit(sys.version_info < (3, 9))");
}
