
namespace Ddpm.Host.Progress;

/// <summary>Things and how many there are of them, in words.</summary>
internal static class Counted
{
    /// <summary>A number and the noun in the form that it asks for: 1 epoch, 2 epochs.</summary>
    public static string Of(int count, string noun) => Invariant($"{count} {noun}{(count == 1 ? "" : "s")}");
}
