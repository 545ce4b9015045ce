using Ddpm.Host.Processes;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>A fact about machines with Chromium, which tests drive without a window.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ChromiumFactAttribute : FactAttribute
{
    private static readonly bool IsThere = Browser.Names.Any(name => MachineProbe.Succeeds(name, "--version"));

    public ChromiumFactAttribute()
    {
        if (!IsThere)
        {
            Skip = "needs Chromium (Debian: apt-get install chromium)";
        }
    }
}
