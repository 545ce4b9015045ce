using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Exchange;

/// <summary>The names of tensors in diffusers' state dicts.</summary>
internal static class DiffusersNames
{
    private const string Attentions = ".attentions.";

    private static readonly HashMap<string, string> OfAttention =
        HashMap(("query", "to_q"), ("key", "to_k"), ("value", "to_v"), ("proj_attn", "to_out.0"));

    /// <summary>The name since diffusers 0.15. Earlier versions named the four layers of an attention query, key, value and proj_attn.</summary>
    /// <param name="name">A name of any version.</param>
    public static string Current(string name)
    {
        var parts = name.Split('.');
        return parts.Length >= 2 && name.Contains(Attentions, StringComparison.Ordinal) && OfAttention.Find(parts[^2]).Case is string current
            ? string.Join('.', [.. parts[..^2], current, parts[^1]])
            : name;
    }
}
