using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>A fact about machines with Chromium, which tests drive without a window.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute()
    {
        if (Chromium is null)
        {
            Skip = "needs Chromium (Debian: apt-get install chromium)";
        }
    }

    /// <summary>That browser, or null.</summary>
    public static string? Chromium { get; } =
        Array.Find(["chromium", "chromium-browser", "google-chrome"], name => MachineProbe.Succeeds(name, "--version"));
}
