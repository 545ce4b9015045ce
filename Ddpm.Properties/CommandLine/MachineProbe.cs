using System.ComponentModel;
using System.Diagnostics;

namespace Ddpm.Properties.CommandLine;

/// <summary>What this machine can do, found by trying.</summary>
internal static class MachineProbe
{
    /// <summary>Whether there is such a program and it succeeds.</summary>
    public static bool Succeeds(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
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
