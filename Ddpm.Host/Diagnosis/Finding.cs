using LanguageExt;

namespace Ddpm.Host.Diagnosis;

/// <summary>What a look at one part of the machine has found.</summary>
/// <param name="Part">The part.</param>
/// <param name="Text">What is there, or what is wrong and what to do.</param>
/// <param name="IsWell">Whether training can do with it.</param>
internal sealed record Finding(string Part, string Text, bool IsWell)
{
    /// <summary>Looks. What is thrown, as where a native library does not load, is a finding too.</summary>
    public static Finding Of(string part, Func<Fin<string>> look)
    {
        try
        {
            return look().Match(Succ: text => new Finding(part, text, true), Fail: fault => new Finding(part, fault.Message, false));
        }
        catch (Exception e)
        {
            var reason = e;
            while (reason.InnerException is { } inner)
            {
                reason = inner;
            }

            return new(part, reason.Message.Split('\n')[0].Trim(), false);
        }
    }
}
