using FsCheck.Xunit;

namespace Ddpm.Properties;

/// <summary>
/// A law over generated values. The environment variable DDPM_PROPERTY_CASES says over how many; unless it is set, 200, or more where a law asks for it
/// because its edges are rare.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public class LawAttribute : PropertyAttribute
{
    public LawAttribute(int cases = 200)
    {
        MaxTest = EnvironmentCount.Of("DDPM_PROPERTY_CASES") ?? cases;
        QuietOnSuccess = true;
    }
}
