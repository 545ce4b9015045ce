using System.Globalization;

namespace Ddpm.Properties;

/// <summary>How often something is tried, where an environment variable says so.</summary>
internal static class EnvironmentCount
{
    /// <summary>The variable's number, at least 1, because a test with 0 tries tests nothing. Null if it is not set, or no number.</summary>
    public static int? Of(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted)
            ? Math.Max(1, wanted)
            : null;
}
