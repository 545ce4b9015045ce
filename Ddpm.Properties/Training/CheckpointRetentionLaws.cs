using Ddpm.Pure.Training;
using FsCheck;
using FsCheck.Fluent;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Training;

public sealed class CheckpointRetentionLaws
{
    private sealed record Checkpoints(Seq<int> Steps, int Last, Seq<int> Wanted)
    {
        public Seq<int> Expired(Option<int> keep) => CheckpointRetention.Expired(Steps, keep, Last, Wanted);
    }

    private static readonly Gen<Checkpoints> AnyCheckpoints =
        from steps in Gen.Choose(0, 40).NonEmptyListOf()
        from last in Gen.Elements(steps.AsEnumerable())
        from wanted in Gen.SubListOf(steps.Where(step => step <= last))
        select new Checkpoints(toSeq(steps.Distinct()), last, toSeq(wanted.Distinct()));

    [Law]
    public Property The_last_the_wanted_and_those_to_come_stay() => Prop.ForAll(AnyCheckpoints.ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(), (all, keep) =>
        all.Expired(keep).ForAll(step => step < all.Last && !all.Wanted.Contains(step) && all.Steps.Contains(step)));

    [Law]
    public Property As_many_of_the_newest_stay_as_are_to_be_kept() => Prop.ForAll(AnyCheckpoints.ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(), (all, keep) =>
    {
        var (made, expired) = (all.Steps.Filter(step => step <= all.Last), all.Expired(keep));
        var newest = made.OrderDescending().Take(keep).ToArray();
        return newest.All(step => !expired.Contains(step)) && made.Count - expired.Count <= keep + all.Wanted.Count
            && expired.Distinct().Count == expired.Count;
    });

    [Law]
    public Property Without_a_number_all_stay() => Prop.ForAll(AnyCheckpoints.ToArbitrary(), all => all.Expired(None).IsEmpty);

    [Law]
    public Property What_has_expired_once_leaves_nothing_to_expire() => Prop.ForAll(AnyCheckpoints.ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(), (all, keep) =>
        (all with { Steps = all.Steps.Filter(step => !all.Expired(keep).Contains(step)) }).Expired(keep).IsEmpty);
}
