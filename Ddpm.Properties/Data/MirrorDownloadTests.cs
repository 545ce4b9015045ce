using Ddpm.Pure.Data;
using LanguageExt.Common;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Data;

/// <summary>The fourth source: the mirrors.</summary>
public sealed class MirrorDownloadTests
{
    private static readonly DataSetDescription Fixture = FixtureDataSet.Description;

    [Fact]
    public void All_four_files_come_into_the_cache_and_are_never_fetched_again()
    {
        using var world = new DataSetWorld();
        var mirror = world.AddMirror();
        var set = world.Load().ThrowIfFail();
        Assert.Equal($"downloaded from {mirror.Address}", set.Origin);
        Assert.True(set.IsPublished);
        Assert.Equal(320, set.Images.Count);
        Assert.Equal(FixtureDataSet.GzipNames, DataSetWorld.Listing(world.Cache));
        Assert.Equal(64, world.Load(DataSplit.Test).ThrowIfFail().Images.Count);
        Assert.Equal(FixtureDataSet.GzipNames, toSeq(mirror.Asked.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Progress_is_reported_up_to_the_whole_length_of_every_file()
    {
        using var world = new DataSetWorld();
        world.AddMirror();
        world.Load().ThrowIfFail();
        foreach (var file in Fixture.Files)
        {
            var reports = world.Reports.Filter(report => report.Step == file.GzipName).Strict();
            var length = FixtureDataSet.Gzip(file).LongLength;
            Assert.Equal(length, reports.Last.Received);
            Assert.True(reports.ForAll(report => report.Total == Some(length)));
            Assert.True(reports.Zip(reports.Tail).ForAll(pair => pair.Item1.Received < pair.Item2.Received));
        }
    }

    [Fact]
    public void A_file_with_the_wrong_checksum_is_taken_from_the_next_mirror()
    {
        using var world = new DataSetWorld();
        var first = world.AddMirror(WithOnePixelChanged);
        var second = world.AddMirror();
        Assert.True(world.Load().ThrowIfFail().IsPublished);
        Assert.Equal(4, first.Asked.Count);
        Assert.Equal([Fixture.Train.Images.GzipName], second.Asked);
    }

    [Fact]
    public void A_file_with_the_wrong_checksum_everywhere_never_reaches_the_cache_and_the_error_gives_both_checksums()
    {
        using var world = new DataSetWorld();
        var mirror = world.AddMirror(WithOnePixelChanged);
        var fault = world.Fault();
        Assert.Contains(
            $"{mirror.Address}{Fixture.Train.Images.GzipName}: its content is not the published one: SHA-256 is ",
            fault,
            StringComparison.Ordinal);
        Assert.Contains(Fixture.Train.Images.ContentSha256, fault, StringComparison.Ordinal);
        Assert.Equal(FixtureDataSet.GzipNames.Filter(name => name != Fixture.Train.Images.GzipName), DataSetWorld.Listing(world.Cache));
    }

    [Fact]
    public void Another_edition_under_the_publishers_own_MD5_is_named_as_such()
    {
        using var world = new DataSetWorld();
        var images = Fixture.Train.Images with { ContentSha256 = new string('0', 64) };
        world.Description = Fixture with { Train = Fixture.Train with { Images = images } };
        world.AddMirror();
        Assert.Contains("it is another edition: ", world.Fault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mirror_that_compresses_anew_is_as_good()
    {
        using var world = new DataSetWorld();
        world.AddMirror(file => new MirrorAnswer.Body(FixtureDataSet.GzipAnew(file)));
        Assert.True(world.Load().ThrowIfFail().IsPublished);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_truncated_body_is_refused_and_taken_from_the_next_mirror(bool wholeLengthAnnounced)
    {
        using var world = new DataSetWorld();
        world.AddMirror(file =>
        {
            var bytes = FixtureDataSet.Gzip(file);
            var half = bytes[..(bytes.Length / 2)];
            return wholeLengthAnnounced ? new MirrorAnswer.Truncated(half, bytes.Length) : new MirrorAnswer.Body(half);
        });
        var second = world.AddMirror();
        Assert.Equal($"downloaded from {second.Address}", world.Load().ThrowIfFail().Origin);
        Assert.Equal(FixtureDataSet.GzipNames, DataSetWorld.Listing(world.Cache));
    }

    [Fact]
    public void A_file_that_one_mirror_lacks_is_taken_from_the_next()
    {
        using var world = new DataSetWorld();
        var first = world.AddMirror(AllBut(Fixture.Train.Labels));
        var second = world.AddMirror();
        Assert.Equal($"downloaded from {first.Address} and {second.Address}", world.Load().ThrowIfFail().Origin);
        Assert.Equal([Fixture.Train.Labels.GzipName], second.Asked);
    }

    [Fact]
    public void The_part_asked_for_loads_even_where_the_other_cannot_be_had()
    {
        using var world = new DataSetWorld();
        world.AddMirror(AllBut(Fixture.Test.Images));
        Assert.Equal(320, world.Load().ThrowIfFail().Images.Count);
        Assert.Contains("404", world.Fault(DataSplit.Test), StringComparison.Ordinal);
    }

    [Fact]
    public void A_body_without_end_is_refused()
    {
        using var world = new DataSetWorld();
        world.AddMirror(_ => new MirrorAnswer.Endless());
        world.AddMirror();
        Assert.True(world.Load().ThrowIfFail().IsPublished);
    }

    [Fact]
    public void A_body_that_uncompresses_without_measure_is_refused()
    {
        using var world = new DataSetWorld();
        world.AddMirror(file => new MirrorAnswer.Body(DataSetWorld.Compressed([0, 0, 8, 1, 0x00, 0x98, 0x96, 0x80, .. new byte[10_000_000]])));
        Assert.Contains("its header announces 10000008 bytes, but at most 250896 are expected", world.Fault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mirror_that_stays_silent_is_asked_at_most_once()
    {
        using var world = new DataSetWorld();
        world.Environment = world.Environment with { SilenceTimeout = TimeSpan.FromMilliseconds(100) };
        var silent = world.AddMirror(_ => new MirrorAnswer.Silence());
        Assert.Contains($"{silent.Address}: no answer in time", world.Fault(), StringComparison.Ordinal);
        Assert.True(silent.Asked.Count <= 1);
    }

    [Fact]
    public void When_every_source_fails_the_error_lists_each_with_its_reason_and_what_to_do()
    {
        using var world = new DataSetWorld();
        var gone = world.AddUnreachableMirror();
        var empty = world.AddMirror(_ => new MirrorAnswer.Missing());
        var lines = world.Fault().Split('\n');
        Assert.Equal(6, lines.Length);
        Assert.Contains("Fashion-MNIST could not be downloaded", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"  cache {world.Cache}: there is no folder", lines[1], StringComparison.Ordinal);
        Assert.StartsWith($"  Debian's folder {world.Debian}: there is no folder", lines[2], StringComparison.Ordinal);
        Assert.StartsWith($"  download: {gone}: ", lines[3], StringComparison.Ordinal);
        Assert.Contains(
            $"; {empty.Address}{Fixture.Train.Images.GzipName}: the server answered 404 Not Found; ", lines[3], StringComparison.Ordinal);
        Assert.StartsWith(
            $"  Debian's package dataset-fashion-mnist through apt: there is no {world.Environment.AptGet}",
            lines[4],
            StringComparison.Ordinal);
        Assert.Contains("--data", lines[5], StringComparison.Ordinal);
        Assert.Empty(DataSetWorld.Listing(world.Cache));
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_said_before_anything_is_downloaded()
    {
        using var world = new DataSetWorld();
        var mirror = world.AddMirror();
        File.WriteAllText(world.At("cache"), "a file where the folder should be");
        Assert.Contains($"download: cannot create the folder {world.Cache}", world.Fault(), StringComparison.Ordinal);
        Assert.Empty(mirror.Asked);
    }

    [Fact]
    public void Cancelling_ends_it_as_cancelled_and_leaves_nothing_half_written()
    {
        using var world = new DataSetWorld();
        world.AddMirror();
        world.OnReport = report =>
        {
            if (report.Step == Fixture.Train.Labels.GzipName)
            {
                world.Cancellation.Cancel();
            }
        };
        Assert.True(world.Load().Match(Succ: _ => false, Fail: fault => fault == Errors.Cancelled));
        Assert.True(DataSetWorld.Listing(world.Cache).ForAll(name => FixtureDataSet.GzipNames.Contains(name)));
    }

    private static MirrorAnswer WithOnePixelChanged(PublishedFile file)
    {
        var content = FixtureDataSet.Content(file);
        content[^1] ^= (byte)(file == Fixture.Train.Images ? 1 : 0);
        return new MirrorAnswer.Body(DataSetWorld.Compressed(content));
    }

    private static Func<PublishedFile, MirrorAnswer> AllBut(PublishedFile lacking) =>
        file => file == lacking ? new MirrorAnswer.Missing() : new MirrorAnswer.Body(FixtureDataSet.Gzip(file));
}
