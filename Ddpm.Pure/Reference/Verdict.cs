namespace Ddpm.Pure.Reference;

/// <summary>The result of comparing a file, or a part of it, with the reference.</summary>
public abstract record Verdict
{
    private Verdict()
    {
    }

    /// <summary>Everything is equal.</summary>
    public sealed record Exact : Verdict;

    /// <summary>Everything lies within the tolerance.</summary>
    /// <param name="Ulps">The largest error, in units in the last place of the file's type: the number of representable numbers between the two.</param>
    /// <param name="Where">The place of that error.</param>
    public sealed record Near(long Ulps, string Where) : Verdict;

    /// <summary>A value lies outside the tolerance.</summary>
    /// <param name="Where">The first such place.</param>
    /// <param name="Expected">The reference's value there.</param>
    /// <param name="Got">The file's value there.</param>
    public sealed record Wrong(string Where, string Expected, string Got) : Verdict;

    /// <summary>The file does not exist.</summary>
    public sealed record Missing : Verdict;

    /// <summary>The file is damaged or not of its kind.</summary>
    public sealed record Unreadable(string Reason) : Verdict;

    /// <summary>Whether the file is right.</summary>
    public bool IsRight => this is Exact or Near;

    /// <summary>The verdict on two parts: the first one that is not right, else the larger error. Exact is the neutral element.</summary>
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
