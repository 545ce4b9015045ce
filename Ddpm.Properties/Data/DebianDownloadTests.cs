using Ddpm.Pure.Data;
using LanguageExt.Common;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Data;

/// <summary>The fifth source: Debian's package through apt, played by shell scripts.</summary>
public sealed class DebianDownloadTests
{
    private static readonly DataSetDescription Fixture = FixtureDataSet.Description;

    [UnixFact]
    public void The_packages_four_files_come_into_the_cache_and_nothing_else_stays()
    {
        using var world = new DataSetWorld();
        world.AddApt();
        DataSetWorld.Fill(world.Package, [.. Fixture.Files]);
        var set = world.Load().ThrowIfFail();
        Assert.Equal("Debian's package dataset-fashion-mnist", set.Origin);
        Assert.True(set.IsPublished);
        Assert.Equal(FixtureDataSet.GzipNames, DataSetWorld.Listing(world.Cache));
        Assert.Equal($"cache {world.Cache}", world.Load(DataSplit.Test).ThrowIfFail().Origin);
        Assert.Equal(Seq("apt-get update", "apt-get download", "dpkg-deb -x"), world.Reports.Map(report => report.Step));
    }

    [UnixFact]
    public void Apt_works_in_private_folders_under_the_cache()
    {
        using var world = new DataSetWorld();
        world.AddApt();
        DataSetWorld.Fill(world.Package, [.. Fixture.Files]);
        world.Load().ThrowIfFail();
        var apt = world.Calls.Filter(call => call.StartsWith("apt-get ", StringComparison.Ordinal)).Strict();
        Assert.Equal(2, apt.Count);
        Assert.All(apt, call => Assert.Contains($"-o Dir::State::Lists={world.Cache}/.apt-", call, StringComparison.Ordinal));
        Assert.All(apt, call => Assert.Contains($"-o Dir::Cache={world.Cache}/.apt-", call, StringComparison.Ordinal));
    }

    [UnixFact]
    public void The_mirrors_go_before_it()
    {
        using var world = new DataSetWorld();
        world.AddApt();
        world.AddMirror();
        world.Load().ThrowIfFail();
        Assert.Empty(world.Calls);
    }

    [UnixFact]
    public void It_repairs_a_damaged_cache_where_no_mirror_can_be_reached()
    {
        using var world = new DataSetWorld();
        world.AddApt();
        world.AddUnreachableMirror();
        DataSetWorld.Fill(world.Package, [.. Fixture.Files]);
        DataSetWorld.Fill(world.Cache, [.. Fixture.Files]);
        DataSetWorld.Put(world.Cache, Fixture.Train.Labels.GzipName, [1, 2, 3]);
        Assert.Equal("Debian's package dataset-fashion-mnist", world.Load().ThrowIfFail().Origin);
        Assert.Equal($"cache {world.Cache}", world.Load().ThrowIfFail().Origin);
    }

    [UnixFact]
    public void A_failed_update_does_no_harm_where_the_package_can_be_had()
    {
        using var world = new DataSetWorld();
        world.AddApt(update: "echo 'E: one repository is gone' >&2; exit 100");
        DataSetWorld.Fill(world.Package, [.. Fixture.Files]);
        Assert.True(world.Load().ThrowIfFail().IsPublished);
    }

    [UnixFact]
    public void A_failed_download_is_told_in_the_words_of_apt()
    {
        using var world = new DataSetWorld();
        world.AddApt(
            update: "echo 'E: no network' >&2; exit 100",
            download: "echo 'W: beware' >&2; echo 'E: Unable to locate package' >&2; echo bye >&2; exit 100");
        Assert.Contains(
            "through apt: apt-get update: E: no network; apt-get download: E: Unable to locate package\n",
            world.Fault(),
            StringComparison.Ordinal);
        Assert.Empty(DataSetWorld.Listing(world.Cache));
    }

    [UnixFact]
    public void A_download_that_leaves_no_package_is_an_error()
    {
        using var world = new DataSetWorld();
        world.AddApt(download: "exit 0");
        Assert.Contains("without leaving a .deb file", world.Fault(), StringComparison.Ordinal);
    }

    [UnixFact]
    public void A_package_of_another_content_is_refused()
    {
        using var world = new DataSetWorld();
        world.AddApt();
        DataSetWorld.Fill(world.Package, [.. Fixture.Files]);
        DataSetWorld.Put(world.Package, Fixture.Train.Images.GzipName, FixtureDataSet.Gzip(Fixture.Test.Images));
        Assert.Contains("it holds 64×28×28 bytes", world.Fault(), StringComparison.Ordinal);
        Assert.Empty(DataSetWorld.Listing(world.Cache));
    }

    [UnixFact]
    public void A_command_that_does_not_end_is_ended()
    {
        using var world = new DataSetWorld();
        world.AddApt(update: "sleep 600", download: "sleep 600");
        world.Environment = world.Environment with { CommandTimeout = TimeSpan.FromMilliseconds(100) };
        Assert.Contains("apt-get download: not finished after 0.1 s", world.Fault(), StringComparison.Ordinal);
        Assert.Empty(DataSetWorld.Listing(world.Cache));
    }

    [UnixFact]
    public void Cancelling_ends_it_as_cancelled_and_leaves_nothing()
    {
        using var world = new DataSetWorld();
        world.AddApt(download: "sleep 600");
        world.OnReport = report =>
        {
            if (report.Step == "apt-get download")
            {
                world.Cancellation.CancelAfter(TimeSpan.FromMilliseconds(50));
            }
        };
        Assert.True(world.Load().Match(Succ: _ => false, Fail: fault => fault == Errors.Cancelled));
        Assert.Empty(DataSetWorld.Listing(world.Cache));
    }
}
