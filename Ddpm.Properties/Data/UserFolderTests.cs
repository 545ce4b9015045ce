using Ddpm.Properties.Formats;
using Ddpm.Pure.Data;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using FsCheck;
using FsCheck.Fluent;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Data;

/// <summary>The first source: a folder that the user names.</summary>
public sealed class UserFolderTests
{
    private static readonly SplitFiles Train = FixtureDataSet.Description.Train;

    /// <summary>Arrays of one image and more with a label for each.</summary>
    public static class SomeImages
    {
        public static Arbitrary<(IdxArray Images, IdxArray Labels)> Any() => Arb.From(
            from count in Gen.Choose(1, 4)
            from size in Gen.Choose(1, 5).ArrayOf(2)
            from images in IdxArrays.Filled(Array(count, size[0], size[1]))
            from labels in IdxArrays.Filled(Array(count))
            select (images, labels));
    }

    [Law(Arbitrary = [typeof(SomeImages)])]
    public bool Any_images_come_out_as_they_were_put_in_compressed_or_not((IdxArray Images, IdxArray Labels) arrays, bool compress)
    {
        using var world = new DataSetWorld();
        foreach (var (file, array) in Seq((Train.Images, arrays.Images), (Train.Labels, arrays.Labels)))
        {
            var bytes = Idx.Write(array).ToArray();
            DataSetWorld.Put(world.At("mine"), compress ? file.GzipName : file.Name, compress ? DataSetWorld.Compressed(bytes) : bytes);
        }
        return world.Load(folder: world.At("mine")).Match(
            Succ: set => ImageSet.FromIdx(arrays.Images, arrays.Labels) == set.Images && !set.IsPublished,
            Fail: _ => false);
    }

    [Law(Arbitrary = [typeof(Generators)])]
    public bool No_damage_to_a_compressed_file_is_ever_taken_for_another_content(Place place, bool truncate)
    {
        using var world = new DataSetWorld();
        var folder = DataSetWorld.Fill(world.At("mine"), Train.Images, Train.Labels);
        var good = FixtureDataSet.Gzip(Train.Labels);
        var bit = place.In(8 * good.Length);
        var damaged = truncate ? good[..(bit / 8)] : [.. good];
        if (!truncate)
        {
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        DataSetWorld.Put(folder, Train.Labels.GzipName, damaged);
        // Some bits of a gzip header (its date, its system) mean nothing for the content.
        var labels = DataSetWorld.Uncompressed(good)[8..];
        return world.Load(folder: folder).Match(
            Succ: set => set.Images.Labels.IfNone(default(ReadOnlyMemory<byte>)).Span.SequenceEqual(labels),
            Fail: fault => fault.Message.Contains(Path.Combine(folder, Train.Labels.GzipName), StringComparison.Ordinal));
    }

    [Fact]
    public void The_published_files_are_recognised_in_it()
    {
        using var world = new DataSetWorld();
        var folder = DataSetWorld.Fill(world.At("mine"), Train.Images);
        DataSetWorld.Put(folder, Train.Labels.Name, FixtureDataSet.Content(Train.Labels));
        var set = world.Load(folder: folder).ThrowIfFail();
        Assert.True(set.IsPublished);
        Assert.Equal((320, 28, 28, 1), (set.Images.Count, set.Images.Height, set.Images.Width, set.Images.Channels));
        Assert.Equal(Train.Images.ContentSha256, set.ImagesSha256);
        Assert.Contains(folder, set.Origin, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_test_part_is_read_from_it_too()
    {
        using var world = new DataSetWorld();
        var test = FixtureDataSet.Description.Test;
        var folder = DataSetWorld.Fill(world.At("mine"), test.Images, test.Labels);
        Assert.Equal(64, world.Load(DataSplit.Test, folder).ThrowIfFail().Images.Count);
    }

    [Fact]
    public void If_it_lacks_files_the_error_names_them_and_no_other_source_is_asked()
    {
        using var world = new DataSetWorld();
        DataSetWorld.Fill(world.Cache, [.. FixtureDataSet.Description.Files]);
        var mirror = world.AddMirror();
        var folder = Directory.CreateDirectory(world.At("mine")).FullName;
        var fault = world.Fault(folder: folder);
        Assert.Contains($"{folder} lacks {Train.Images.Name} and {Train.Labels.Name}", fault, StringComparison.Ordinal);
        Assert.Contains("--data", fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault);
        DataSetWorld.Fill(folder, Train.Images);
        Assert.Contains($"{folder} lacks {Train.Labels.Name}", world.Fault(folder: folder), StringComparison.Ordinal);
        Assert.Empty(mirror.Asked);
    }

    [Fact]
    public void If_it_does_not_exist_the_error_says_so()
    {
        using var world = new DataSetWorld();
        Assert.Contains($"there is no folder {world.At("nowhere")}", world.Fault(folder: world.At("nowhere")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_file_in_it_is_an_error_that_names_file_offset_and_reason()
    {
        using var world = new DataSetWorld();
        var folder = DataSetWorld.Fill(world.At("mine"), Train.Labels);
        DataSetWorld.Put(folder, Train.Images.Name, FixtureDataSet.Content(Train.Images)[..^1]);
        Assert.Contains(
            $"{Path.Combine(folder, Train.Images.Name)}: "
            + "not a readable IDX file: at offset 16: 320×28×28 elements need 250880 bytes, but 250879 follow",
            world.Fault(folder: folder),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_that_do_not_belong_to_its_images_are_an_error()
    {
        using var world = new DataSetWorld();
        var folder = DataSetWorld.Fill(world.At("mine"), Train.Images);
        DataSetWorld.Put(folder, Train.Labels.GzipName, FixtureDataSet.Gzip(FixtureDataSet.Description.Test.Labels));
        Assert.Contains("320 images need 320 labels, got 64", world.Fault(folder: folder), StringComparison.Ordinal);
    }

    [Fact]
    public void No_images_at_all_are_an_error()
    {
        using var world = new DataSetWorld();
        DataSetWorld.Put(world.At("mine"), Train.Images.Name, Convert.FromHexString("00000803" + "00000000" + "0000001c" + "0000001c"));
        DataSetWorld.Put(world.At("mine"), Train.Labels.Name, Convert.FromHexString("00000801" + "00000000"));
        Assert.Contains("holds no images", world.Fault(folder: world.At("mine")), StringComparison.Ordinal);
    }
}
