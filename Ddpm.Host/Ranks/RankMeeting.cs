using System.Text.Json;
using Ddpm.Gpu.Ranks;
using Ddpm.Host.Faults;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Ranks;

/// <summary>Where all ranks say what they know before common work, so that a difference is refused before the first step.</summary>
internal sealed class RankMeeting
{
    private bool _met;

    private RankMeeting(RankGroup ranks) => Ranks = ranks;

    /// <summary>The ranks.</summary>
    public RankGroup Ranks { get; }

    /// <summary>On what all have to agree.</summary>
    public Func<Seq<RankFact>> Facts { get; set; } = () => Seq<RankFact>();

    /// <summary>A process alone, which agrees with itself.</summary>
    public static RankMeeting Alone { get; } = new(RankGroup.Alone);

    /// <summary>Does work in which all ranks meet once: at the latest at its end, where a rank that failed before says so to rank 0.</summary>
    public static Fin<T> Once<T>(RankGroup ranks, Func<RankMeeting, Fin<T>> work)
    {
        var meeting = new RankMeeting(ranks);
        var result = work(meeting);
        return meeting._met ? result : Compare(ranks, result, _ => Seq<RankFact>());
    }

    /// <summary>The meeting: compares all ranks, as <see cref="Compare{T}(RankGroup, Fin{T}, Func{T, Seq{RankFact}})"/>.</summary>
    /// <param name="own">What this rank found; or why it cannot take part.</param>
    /// <param name="more">More on which all have to agree.</param>
    public Fin<T> Compare<T>(Fin<T> own, params RankFact[] more)
    {
        _met = true;
        return Compare(Ranks, own, _ => Facts() + toSeq(more));
    }

    /// <summary>Compares all ranks. Rank 0 gets all differences at once, and ends the work then.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="own">What this rank found; or why it cannot take part.</param>
    /// <param name="facts">The facts of it.</param>
    /// <returns>What this rank found, if all can go on; else at rank 0 all faults, and elsewhere that the work has ended.</returns>
    public static Fin<T> Compare<T>(RankGroup ranks, Fin<T> own, Func<T, Seq<RankFact>> facts)
    {
        if (ranks.Size == 1)
        {
            return own;
        }

        var said = own.Match(
            found => new RankFacts(Environment.MachineName, [], [.. facts(found)]),
            fault => new RankFacts(Environment.MachineName, [.. SeveralFaults.LinesOf(fault)], []));
        var all = ranks.Gather(JsonSerializer.SerializeToUtf8Bytes(said));
        if (!ranks.Leads)
        {
            return ranks.GoesOn() ? own : Errors.Cancelled;
        }

        var differences = RankFacts.Differences(toSeq(all.Map(bytes => JsonSerializer.Deserialize<RankFacts>(bytes.Span)!)));
        if (differences.IsEmpty)
        {
            ranks.GoesOn();
            return own;
        }

        return own.IsFail && differences.Count == SeveralFaults.LinesOf((Error)own).Count ? own : new SeveralFaults(differences, ExitCode.Failure);
    }
}
