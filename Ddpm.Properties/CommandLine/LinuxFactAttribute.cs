using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>A fact about Linux, the one system on which an installed libtorch is taken.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "needs Linux";
        }
    }
}
