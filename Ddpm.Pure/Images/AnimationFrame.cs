using LanguageExt;

namespace Ddpm.Pure.Images;

/// <summary>One frame of an animation of a sampling chain.</summary>
/// <param name="State">Which state of the chain it shows: 0 is the start noise, n the state after n steps.</param>
/// <param name="Delay">How long it is shown, in 1/100 s (the unit of GIF).</param>
internal readonly record struct AnimationFrame(int State, int Delay)
{
    /// <summary>The longest delay of a GIF, in 16 bits: 655.35 s.</summary>
    public const int MaxDelay = 65535;

    /// <summary>
    /// The states of a chain to show: evenly spread, strictly increasing, from the start noise to the result; the requested number, or all states if there are
    /// fewer. The last frame lasts a third of the whole animation, to the nearest 1/100 s, or as long as a GIF allows. A single frame shows the result.
    /// </summary>
    /// <param name="steps">Steps of the chain, at least 0. The chain has one state more.</param>
    /// <param name="count">Frames, at least 1.</param>
    /// <param name="delay">
    /// The delay of every frame but the last, in 1/100 s, from 2 (viewers slow down anything faster) to <see cref="MaxDelay"/>. null makes these frames last
    /// five seconds together, with a delay in [5, 25].
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of range.</exception>
    public static Arr<AnimationFrame> Spread(int steps, int count = 100, int? delay = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var moves = (int)Math.Min(count - 1L, steps);
        var each = delay ?? Math.Clamp(500 / Math.Max(1, moves), 5, 25);
        ArgumentOutOfRangeException.ThrowIfLessThan(each, 2, nameof(delay));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(each, MaxDelay, nameof(delay));
        if (moves == 0)
        {
            return Prelude.Array(new AnimationFrame(steps, each));
        }

        // A third of the whole animation is half of the other frames.
        var hold = (int)Math.Min(((long)moves * each + 1) / 2, MaxDelay);
        return Enumerable.Range(0, moves + 1)
            .Select(k => new AnimationFrame((int)((2L * k * steps + moves) / (2L * moves)), k < moves ? each : hold))
            .ToArr();
    }
}
