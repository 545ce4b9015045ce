using LanguageExt;

namespace Ddpm.Pure.Charts;

/// <summary>A curve of a <see cref="LineChart"/>: straight lines from point to point.</summary>
/// <param name="Name">The name in the legend; empty for none.</param>
/// <param name="Points">The points, in the order of the line.</param>
/// <param name="IsMarked">Whether each point has a dot. A single point always has one.</param>
public sealed record ChartCurve(string Name, Arr<(double X, double Y)> Points, bool IsMarked = false);
