using LanguageExt;

namespace Ddpm.Pure.Images;

/// <summary>One frame of an animation of a sampling chain.</summary>
/// <param name="State">Which state of the chain it shows: 0 is the start noise, n the state after n steps.</param>
/// <param name="Delay">How long it is shown, in 1/100 s (the unit of GIF).</param>
public readonly record struct AnimationFrame(int State, int Delay)
{
    /// <summary>The longest delay that GIF's 16 bits can say: 655.35 s.</summary>
    public const int MaxDelay = 65535;

    /// <summary>
    /// Which states of a chain to show: spread evenly, strictly increasing, from the start noise to the result, as many as asked or all
    /// there are. The result is held for a third of the whole length, to the nearest 1/100 s, or as long as a GIF can. A single frame is
    /// the result.
    /// </summary>
    /// <param name="steps">Steps of the chain, at least 0: it has one state more.</param>
    /// <param name="count">Frames, at least 1.</param>
    /// <param name="delay">
    /// 1/100 s for which every frame but the last is shown, from 2 (viewers slow down anything faster) to <see cref="MaxDelay"/>; null for what makes five seconds of all of
    /// them, but at least 5 and at most 25.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number outside of its range.</exception>
    public static Arr<AnimationFrame> Spread(int steps, int count = 100, int? delay = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var moves = (int)Math.Min(count - 1L, steps);
        var each = delay ?? Math.Clamp(500 / Math.Max(1, moves), 5, 25);
        ArgumentOutOfRangeException.ThrowIfLessThan(each, 2, nameof(delay));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(each, MaxDelay, nameof(delay));
        if (moves == 0)
            return Prelude.Array(new AnimationFrame(steps, each));

        // A third of the whole is half of the rest.
        var hold = (int)Math.Min(((long)moves * each + 1) / 2, MaxDelay);
        return Enumerable.Range(0, moves + 1)
            .Select(k => new AnimationFrame((int)((2L * k * steps + moves) / (2L * moves)), k < moves ? each : hold))
            .ToArr();
    }
}
