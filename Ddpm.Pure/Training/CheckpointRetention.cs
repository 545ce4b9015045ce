using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Training;

/// <summary>Which checkpoints a run may delete.</summary>
internal static class CheckpointRetention
{
    /// <summary>
    /// The checkpoints to delete: all but the newest few, the last, the best and the guide. Checkpoints after the last are left alone. A run that
    /// was killed between a checkpoint and its receipt wrote them, and will write them again.
    /// </summary>
    /// <param name="steps">The steps of the existing checkpoints.</param>
    /// <param name="keep">The number of newest checkpoints to keep, ≥ 1; none keeps all.</param>
    /// <param name="last">The step of the run's last checkpoint.</param>
    /// <param name="wanted">The steps of the checkpoints that later work needs: the best and the guide.</param>
    public static Seq<int> Expired(Seq<int> steps, Option<int> keep, int last, Seq<int> wanted) => keep.Match(
        newest => toSeq(steps.Where(step => step <= last).OrderDescending().Skip(newest).Where(step => step != last && !wanted.Contains(step)).ToArray()),
        () => LanguageExt.Seq<int>.Empty);
}
