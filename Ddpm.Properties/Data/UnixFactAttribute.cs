using Xunit;

namespace Ddpm.Properties.Data;

/// <summary>A fact about machines with /bin/sh, which the stand-ins for apt need.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute()
    {
        if (OperatingSystem.IsWindows())
            Skip = "needs /bin/sh";
    }
}
