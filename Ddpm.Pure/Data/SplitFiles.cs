namespace Ddpm.Pure.Data;

/// <summary>The two files of one split of a data set.</summary>
/// <param name="Images">The images, N×H×W.</param>
/// <param name="Labels">The labels, N.</param>
internal sealed record SplitFiles(PublishedFile Images, PublishedFile Labels);
