using Ddpm.Host.Pictures;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;

namespace Ddpm.Host.Data;

/// <summary>What is wanted of a person's own data.</summary>
/// <param name="Description">The data set that the data replace. What they do not say about themselves is taken from it.</param>
/// <param name="Split">Which part.</param>
/// <param name="Shape">The size and channels of pictures. Arrays keep their own.</param>
/// <param name="Background">The colour behind transparent pictures.</param>
/// <param name="Tell">Receives a line about each thing that is left out or odd.</param>
/// <param name="Progress">Receives the parts read and the number of parts, on any thread.</param>
internal sealed record DataRequest(
    DataSetDescription Description, DataSplit Split, PictureShape Shape, Background Background, Action<string> Tell, Action<int, int> Progress)
{
    /// <summary>A request that reports nothing.</summary>
    public DataRequest(DataSetDescription description, DataSplit split, PictureShape shape, Background background)
        : this(description, split, shape, background, _ => { }, (_, _) => { })
    {
    }
}
