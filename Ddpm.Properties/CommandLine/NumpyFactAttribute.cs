using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>A fact about machines where a Python 3 has numpy: the first of those usual that has.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NumpyFactAttribute : FactAttribute
{
    public NumpyFactAttribute()
    {
        if (Python is null)
            Skip = "needs a python3 with numpy (Debian: apt-get install python3-numpy)";
    }

    /// <summary>That Python, or null.</summary>
    public static string? Python { get; } = Array.Find(["python3", "/usr/bin/python3", "python"], HasNumpy);

    private static bool HasNumpy(string python)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import sys, numpy; sys.exit(sys.version_info < (3, 9))"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            _ = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false; // there is none of that name
        }
    }
}
