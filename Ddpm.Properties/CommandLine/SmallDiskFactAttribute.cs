using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>A fact about machines where a process may mount a small file system of its own, in memory: Linux with user namespaces, or as root.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SmallDiskFactAttribute : FactAttribute
{
    private static readonly bool CanMount = Mounts();

    public SmallDiskFactAttribute()
    {
        if (!CanMount)
            Skip = "needs unshare and the right to mount a tmpfs";
    }

    private static bool Mounts()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
