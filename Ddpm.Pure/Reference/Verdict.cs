namespace Ddpm.Pure.Reference;

/// <summary>What comparing a file, or a part of it, with the reference finds.</summary>
public abstract record Verdict
{
    private Verdict()
    {
    }

    /// <summary>All is equal.</summary>
    public sealed record Exact : Verdict;

    /// <summary>All lies within the tolerance.</summary>
    /// <param name="Ulps">The largest error, in units in the last place of the file's type: how many representable numbers it is away.</param>
    /// <param name="Where">Where that is.</param>
    public sealed record Near(long Ulps, string Where) : Verdict;

    /// <summary>Something lies outside the tolerance.</summary>
    /// <param name="Where">The first such place.</param>
    /// <param name="Expected">What is there in the reference.</param>
    /// <param name="Got">What is there in the file.</param>
    public sealed record Wrong(string Where, string Expected, string Got) : Verdict;

    /// <summary>There is no such file.</summary>
    public sealed record Missing : Verdict;

    /// <summary>The file is damaged, or no file of its kind.</summary>
    public sealed record Unreadable(string Reason) : Verdict;

    /// <summary>Whether the file is right.</summary>
    public bool IsRight => this is Exact or Near;

    /// <summary>The verdict on two parts: the first that is not right, else the larger error. Exact is its neutral element.</summary>
    public Verdict Then(Verdict next) => (this, next) switch
    {
        ({ IsRight: false }, _) => this,
        (_, { IsRight: false }) => next,
        (Near { Ulps: var here }, Near { Ulps: var there }) => there > here ? next : this,
        (Near, _) => this,
        _ => next,
    };

    /// <inheritdoc/>
    public sealed override string ToString() => this switch
    {
        Exact => "exact",
        Near(var ulps, var where) => Invariant($"within tolerance, at most {ulps} ulp, at {where}"),
        Wrong(var where, var expected, var got) => $"WRONG at {where}: expected {expected}, got {got}",
        Missing => "MISSING",
        Unreadable(var reason) => $"UNREADABLE: {reason}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
