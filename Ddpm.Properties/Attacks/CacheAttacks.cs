using Ddpm.Properties.Data;
using Ddpm.Pure.Data;
using Ddpm.Pure.Formats;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Attacks;

/// <summary>Caches that hold something else than what was downloaded.</summary>
public sealed class CacheAttacks
{
    public static TheoryData<string, bool> Forms
    {
        get
        {
            var rows = new TheoryData<string, bool>();
            foreach (var known in DataSetDescription.All)
            {
                rows.Add(known.Name, false);
                rows.Add(known.Name, true);
            }

            return rows;
        }
    }

    /// <summary>70,000 images of nothing, of the right size and under the right names, were MNIST.</summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public void Images_of_zeros_in_the_cache_are_no_data_set(string name, bool compressed)
    {
        var description = DataSetDescription.Named(name).Valid();
        using var world = new DataSetWorld { Description = description with { Mirrors = Arr<Uri>.Empty } };
        foreach (var file in description.Files)
        {
            var content = Idx.Write(IdxArray.Of(file.Shape, new byte[file.Shape.Fold(1, (product, size) => product * size)]).Valid()).ToArray();
            var cache = Path.Combine(world.Environment.CacheFolder, name);
            DataSetWorld.Put(cache, compressed ? file.GzipName : file.Name, compressed ? DataSetWorld.Compressed(content) : content);
        }

        foreach (var split in Enum.GetValues<DataSplit>())
        {
            Assert.Contains("its content is not the published one: SHA-256 is ", world.Fault(split), StringComparison.Ordinal);
        }
    }
}
