using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Training;

/// <summary>Which checkpoints a run may delete.</summary>
public static class CheckpointRetention
{
    /// <summary>
    /// All but the newest few, the last and the best. Those after the last are left alone: a run that was killed between a checkpoint and its
    /// receipt made them, and will make them again.
    /// </summary>
    /// <param name="steps">The steps of the checkpoints that are there.</param>
    /// <param name="keep">How many of the newest to keep, ≥ 1; none keeps all.</param>
    /// <param name="last">The step of the last.</param>
    /// <param name="best">The step of the best, once there is one.</param>
    public static Seq<int> Expired(Seq<int> steps, Option<int> keep, int last, Option<int> best) => keep.Match(
        newest => toSeq(steps.Where(step => step <= last).OrderDescending().Skip(newest).Where(step => step != last && step != best).ToArray()),
        () => LanguageExt.Seq<int>.Empty);
}
