using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Runs;

/// <summary>What a run leaves behind while it trains. Nothing of it changes what is computed, so a resumed run may change it.</summary>
/// <param name="SampleEvery">A grid of samples after every k-th epoch, and one of the untrained network; 0 for none.</param>
/// <param name="LogEvery">A metrics line after every k-th step; null for as many as <see cref="LogEveryOf"/> finds right.</param>
/// <param name="CheckpointEvery">A checkpoint after every k-th step, beside those after every epoch; null for none.</param>
/// <param name="Keep">How many of the newest checkpoints to keep, beside the best; null for all.</param>
internal sealed record Recording(int SampleEvery = 5, int? LogEvery = null, int? CheckpointEvery = null, int? Keep = null)
{
    /// <summary>Steps between metrics unless told otherwise, in a run long enough.</summary>
    public const int UsualLogEvery = 50;

    /// <summary>The lines that a run has at least, where it has so many steps.</summary>
    public const int FewestLines = 20;

    /// <summary>After every how many steps of so many there is a metrics line: a short run has twenty too, or one for each of its steps.</summary>
    public int LogEveryOf(int steps) => LogEvery ?? Math.Clamp(steps / FewestLines, 1, UsualLogEvery);

    /// <summary>This, or every fault in it.</summary>
    public Validation<Error, Recording> Checked() =>
        (Check.AtLeast("--sample-every", SampleEvery, 0), Check.AtLeast("--log-every", LogEvery ?? 1, 1),
            Check.AtLeast("--checkpoint-every", CheckpointEvery ?? 1, 1), Check.AtLeast("--keep", Keep ?? 1, 1))
        .Apply((_, _, _, _) => this);
}
