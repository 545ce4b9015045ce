using Ddpm.Host.Pictures;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using LanguageExt;

namespace Ddpm.Host.Data;

/// <summary>A picture that a user names: a file, or train:N or test:N, an image of a data set by its number.</summary>
internal sealed record NamedPicture(string Name)
{
    /// <summary>Reads the picture as numbers in [−1, 1], C·H·W.</summary>
    /// <param name="shape">The size and channels of the picture.</param>
    /// <param name="background">Gives the colour behind a transparent file.</param>
    /// <param name="load">Loads a part of the data set.</param>
    public Fin<float[]> Read(PictureShape shape, Func<Fin<Background>> background, Func<DataSplit, Fin<LoadedDataSet>> load)
    {
        var pixels = Name.Split(':') switch
        {
            ["train", var number] => FromDataSet(number, DataSplit.Train),
            ["test", var number] => FromDataSet(number, DataSplit.Test),
            _ => background().Bind(colour => PictureFile.Read(Name, shape, colour)).Map(read => read.Picture.Pixels),
        };
        return pixels.Map(levels =>
        {
            var values = new float[shape.Channels * shape.Size.Pixels];
            PixelScale.ToModel(levels.Span, shape.Channels, shape.Size.Height, shape.Size.Width, values);
            return values;
        });

        Fin<ReadOnlyMemory<byte>> FromDataSet(string number, DataSplit split) =>
            load(split).Bind(loaded => loaded.Fits(shape, "the run's images").Bind(_ => loaded.PixelsOf(number, Name)));
    }
}
