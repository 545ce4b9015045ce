using Ddpm.Host.Data;
using Ddpm.Pure.Data;
using Xunit;

namespace Ddpm.Properties.Data;

/// <summary>The second and third source: the cache, and the folder of Debian's package.</summary>
public sealed class CacheTests
{
    private static readonly DataSetDescription Fixture = FixtureDataSet.Description;

    [Fact]
    public void The_cache_goes_before_Debians_folder()
    {
        using var world = new DataSetWorld();
        DataSetWorld.Fill(world.Debian, Fixture.Train.Images, Fixture.Train.Labels);
        Assert.Equal($"Debian's folder {world.Debian}", world.Load().ThrowIfFail().Origin);
        DataSetWorld.Fill(world.Cache, Fixture.Train.Images, Fixture.Train.Labels);
        Assert.Equal($"cache {world.Cache}", world.Load().ThrowIfFail().Origin);
    }

    [Fact]
    public void Debians_folder_goes_before_the_mirrors_and_leaves_the_cache_alone()
    {
        using var world = new DataSetWorld();
        var mirror = world.AddMirror();
        DataSetWorld.Fill(world.Debian, Fixture.Train.Images, Fixture.Train.Labels);
        Assert.True(world.Load().ThrowIfFail().IsPublished);
        Assert.Empty(mirror.Asked);
        Assert.Empty(DataSetWorld.Listing(world.Cache));
    }

    [Fact]
    public void Files_compressed_anew_are_the_published_ones_all_the_same()
    {
        using var world = new DataSetWorld();
        foreach (var file in Fixture.Files)
        {
            DataSetWorld.Put(world.Debian, file.GzipName, FixtureDataSet.GzipAnew(file));
        }

        Assert.True(world.Load().ThrowIfFail().IsPublished);
    }

    [Theory]
    [InlineData(DamageKind.Truncated)]
    [InlineData(DamageKind.OneBit)]
    [InlineData(DamageKind.OtherContent)]
    [InlineData(DamageKind.Empty)]
    public void A_damaged_file_in_the_cache_is_passed_over_for_the_next_source(DamageKind kind)
    {
        using var world = new DataSetWorld();
        DataSetWorld.Fill(world.Cache, Fixture.Train.Labels);
        DataSetWorld.Put(world.Cache, Fixture.Train.Images.GzipName, Damage(kind));
        Assert.Contains(Path.Combine(world.Cache, Fixture.Train.Images.GzipName), world.Fault(), StringComparison.Ordinal);
        DataSetWorld.Fill(world.Debian, Fixture.Train.Images, Fixture.Train.Labels);
        Assert.Equal($"Debian's folder {world.Debian}", world.Load().ThrowIfFail().Origin);
    }

    [Fact]
    public void A_damaged_file_in_the_cache_is_replaced_by_a_download_and_only_that_one()
    {
        using var world = new DataSetWorld();
        var mirror = world.AddMirror();
        DataSetWorld.Fill(world.Cache, [.. Fixture.Files]);
        DataSetWorld.Put(world.Cache, Fixture.Train.Images.GzipName, Damage(DamageKind.OneBit));
        Assert.True(world.Load().ThrowIfFail().IsPublished);
        Assert.Equal([Fixture.Train.Images.GzipName], mirror.Asked);
        Assert.Equal($"cache {world.Cache}", world.Load().ThrowIfFail().Origin);
    }

    [Fact]
    public void A_damaged_unpacked_file_in_the_cache_does_not_hide_a_good_one()
    {
        using var world = new DataSetWorld();
        DataSetWorld.Put(world.Cache, Fixture.Train.Images.Name, [0, 0, 8]);
        world.AddMirror();
        Assert.True(world.Load().ThrowIfFail().IsPublished);
    }

    [Fact]
    public void The_cache_of_this_machine_is_an_absolute_folder() =>
        Assert.True(Path.IsPathFullyQualified(DataSetEnvironment.Default.CacheFolder));

    public enum DamageKind
    {
        Truncated,
        OneBit,
        OtherContent,
        Empty,
    }

    private static byte[] Damage(DamageKind kind)
    {
        var good = FixtureDataSet.Gzip(Fixture.Train.Images);
        if (kind == DamageKind.OneBit)
        {
            good[good.Length / 2] ^= 0x10;
        }

        return kind switch
        {
            DamageKind.Truncated => good[..(good.Length / 2)],
            DamageKind.OtherContent => FixtureDataSet.Gzip(Fixture.Test.Images),
            DamageKind.Empty => [],
            _ => good,
        };
    }
}
