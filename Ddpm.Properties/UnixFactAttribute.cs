using Xunit;

namespace Ddpm.Properties;

/// <summary>A fact about machines with a Unix shell.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute()
    {
        if (OperatingSystem.IsWindows())
        {
            Skip = "needs /bin/sh";
        }
    }
}
