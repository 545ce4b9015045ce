using LanguageExt;

namespace Ddpm.Pure.Charts;

/// <summary>
/// A drawing on white paper. Later marks cover earlier ones. Places are in pixels from the top left corner, and pixels have their centres at ½.
/// </summary>
internal sealed record Drawing(int Width, int Height, Arr<Mark> Marks);

/// <summary>A part of a drawing.</summary>
internal abstract record Mark
{
    private Mark()
    {
    }

    /// <summary>Lines with round ends, each straight from point to point. A line of one point is a disc.</summary>
    /// <param name="Lines">The points of each line.</param>
    /// <param name="Width">The width of the lines and the diameter of the discs, in pixels.</param>
    /// <param name="Colour">The colour.</param>
    public sealed record Stroke(Arr<Arr<(double X, double Y)>> Lines, double Width, Colour Colour) : Mark;

    /// <summary>A line of text.</summary>
    /// <param name="Text">The text.</param>
    /// <param name="X">The place of the anchor from left to right.</param>
    /// <param name="Y">The middle of capital letters from top to bottom.</param>
    /// <param name="Anchor">The part of the text that is at X.</param>
    /// <param name="Colour">The colour.</param>
    /// <param name="IsUpright">Whether the text is turned around its anchor, to be read from bottom to top.</param>
    public sealed record Words(string Text, double X, double Y, Anchor Anchor, Colour Colour, bool IsUpright = false) : Mark;
}

/// <summary>A place in a line of text.</summary>
internal enum Anchor
{
    Start,
    Middle,
    End,
}
