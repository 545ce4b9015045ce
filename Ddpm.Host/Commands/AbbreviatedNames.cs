namespace Ddpm.Host.Commands;

/// <summary>Long lists of names, for the help.</summary>
internal static class AbbreviatedNames
{
    /// <summary>Names, each without what it shares with the name before it: dpmpp-1, -2m, -3m.</summary>
    public static IEnumerable<string> Of(IEnumerable<string> names)
    {
        var stem = "";
        foreach (var name in names)
        {
            var continues = stem.Length > 0 && name.StartsWith(stem + "-", StringComparison.Ordinal);
            yield return continues ? name[stem.Length..] : name;
            var digit = name.AsSpan().IndexOfAnyInRange('0', '9');
            stem = continues ? stem : digit > 0 ? name[..(digit - 1)] : name;
        }
    }
}
