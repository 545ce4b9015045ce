using System.Globalization;
using FsCheck.Xunit;

namespace Ddpm.Properties;

/// <summary>A law over generated values. The environment variable DDPM_PROPERTY_CASES says over how many; 200 unless it is set.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LawAttribute : PropertyAttribute
{
    public LawAttribute()
    {
        MaxTest = int.TryParse(Environment.GetEnvironmentVariable("DDPM_PROPERTY_CASES"), NumberStyles.None, CultureInfo.InvariantCulture, out var cases)
            ? Math.Max(1, cases)
            : 200;
        QuietOnSuccess = true;
    }
}
