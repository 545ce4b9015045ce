using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>A fact about machines where a process may mount a small file system of its own, in memory: Linux with user namespaces, or as root.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SmallDiskFactAttribute : FactAttribute
{
    private static readonly bool CanMount = MachineProbe.Succeeds("unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt");

    public SmallDiskFactAttribute()
    {
        if (!CanMount)
        {
            Skip = "needs unshare and the right to mount a tmpfs";
        }
    }
}
