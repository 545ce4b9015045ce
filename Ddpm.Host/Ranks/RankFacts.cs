using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Ranks;

/// <summary>Something on which all ranks have to agree. A rank that does not name it has "none".</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Value">What it is at a rank.</param>
internal sealed record RankFact(string Name, string Value);

/// <summary>What a rank says of itself before common work.</summary>
/// <param name="Host">Its machine.</param>
/// <param name="Faults">Why it cannot take part, a line for each fault.</param>
/// <param name="Facts">On what all have to agree. Nothing if it cannot take part.</param>
internal sealed record RankFacts(string Host, IReadOnlyList<string> Faults, IReadOnlyList<RankFact> Facts)
{
    /// <summary>Why ranks cannot work together, a line for each fault or difference; nothing if they can.</summary>
    /// <param name="ranks">What each says. Rank 0 comes first, and its own faults need no name.</param>
    public static Seq<string> Differences(Seq<RankFacts> ranks)
    {
        var first = ranks[0];
        return toSeq(first.Faults) + toSeq(Enumerable.Range(1, ranks.Count - 1)).Bind(rank => Lines(rank, ranks[rank])).Strict();

        Seq<string> Lines(int rank, RankFacts said)
        {
            var missing = toSeq(said.Faults.Except(first.Faults)); // a fault of all is told once
            var different = first.Facts.Count == 0 || said.Facts.Count == 0
                ? Seq<string>()
                : toSeq(said.Facts.Concat(first.Facts).Select(fact => fact.Name).Distinct())
                    .Map(name => (Name: name, Here: ValueOf(said, name), First: ValueOf(first, name)))
                    .Filter(fact => fact.Here != fact.First)
                    .Map(fact => $"{fact.Name}: {fact.Here}, but rank 0 on {first.Host} has {fact.First}");
            return (missing + different).Map(text => $"rank {rank} on {said.Host}: {text}").Strict();
        }

        string ValueOf(RankFacts said, string name) => said.Facts.FirstOrDefault(fact => fact.Name == name)?.Value ?? "none";
    }
}
