using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Host.Faults;
using Ddpm.Host.Ranks;
using Ddpm.Properties.Training;
using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using Xunit;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Properties.Ranks;

/// <summary>Ranks, without MPI.</summary>
public sealed class RankGroupLaws
{
    [Law(50)]
    public bool What_rank_0_tells_reaches_all_and_what_all_gather_reaches_rank_0_in_order(byte ranks, byte[] told)
    {
        var found = ThreadRanks.Each(1 + ranks % 9, group =>
        {
            var asked = 0;
            var heard = group.Tell(() =>
            {
                asked++;
                return told;
            }).Map(bytes => bytes.ToArray());
            var gathered = group.Gather(Enumerable.Repeat((byte)group.Rank, group.Rank).ToArray()).Map(bytes => bytes.ToArray());
            return (Heard: heard, IsAskedRightly: asked == (group.Leads && group.Size > 1 ? 1 : 0), Gathered: gathered);
        });
        return (found.Length == 1 || found.All(one => one.Heard.Exists(bytes => bytes.SequenceEqual(told))))
            && found.All(one => one.IsAskedRightly)
            && found[0].Gathered.Map((rank, bytes) => bytes.Length == rank && bytes.All(b => b == rank)).ForAll(right => right)
            && found[0].Gathered.Count == found.Length
            && found.Skip(1).All(one => one.Gathered.IsEmpty);
    }

    [Law(50)]
    public bool Each_rank_gives_a_part_of_numbers_and_gets_all(byte ranks, byte count)
    {
        var all = Enumerable.Range(0, count).Select(i => 1.0 / (i + 1)).ToArray();
        return ThreadRanks.Each(1 + ranks % 9, group =>
        {
            (int First, int Count) Part(int rank) => RankedSum.Terms(count, rank, group.Size);
            var (first, those) = Part(group.Rank);
            var numbers = new double[count];
            all.AsSpan(first, those).CopyTo(numbers.AsSpan(first));
            group.Complete(numbers, Part);
            return numbers;
        }).All(numbers => numbers.SequenceEqual(all));
    }

    /// <summary>Up to 2⁴⁰ bytes, a third of them whole GiB, and some one byte less or more. None of them exists.</summary>
    [Law]
    public bool Messages_of_at_most_a_GiB_cover_all_bytes_in_order(ushort whole, sbyte more, byte shift)
    {
        var bytes = Math.Max(0, (whole % 1024L << 30) + (more % 3L << (shift % 30)));
        var parts = MessageParts.Of(bytes);
        var next = parts.Fold(0L, (expected, part) => part.First == expected ? expected + part.Count : -1);
        return next == bytes && parts.Count == Math.Max(1, (bytes + (1 << 30) - 1) / (1 << 30))
            && parts.ForAll(part => part.Count <= 1 << 30 && (part.Count > 0 || bytes == 0));
    }

    [Fact]
    public void After_rank_0_ended_the_work_nobody_goes_on()
    {
        var ended = ThreadRanks.Each(5, group =>
        {
            var goes = group.GoesOn();
            group.End(group.Leads ? 7 : 6); // only rank 0 can
            group.End(8); // too late
            return (goes, group.GoesOn(), group.Ended);
        });
        Assert.All(ended, one => Assert.Equal((true, false, Some(7)), one));
    }

    /// <summary>
    /// Weights, losses, the norm of the gradient and the losses of timesteps, with 4 shares of 14 images, importance sampling and held-out images.
    /// </summary>
    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(8, 1)]
    public void Any_number_of_ranks_trains_to_the_bits_of_one(int ranks, int threads)
    {
        var images = TinyTraining.ImagesOf(56);
        var plan = TrainingPlan.Of(
            TrainingConfig.Of(
                TinyTraining.Standard with { Steps = 3, BatchSize = 56, Epochs = 4, TimestepSampling = "importance", ClipNorm = 1 },
                ImageSize.Square(12), 1, 0).Valid(),
            images.Count).Valid();
        (float[] Weights, double[] Found, double[] History) Trained(RankGroup group)
        {
            using var network = new UNet(plan.Config.Model.Network, ScalarType.Float32, CPU);
            using var trainer = new Trainer(
                network, plan.Config.Model, images, TrainingState.Initial(network, 0), new Replicas(threads), executor: null, update: null, ranks: group);
            var found = trainer.Train(plan, 0, default).SelectMany(made => (double[])[made.Outcome.Loss, made.Outcome.GradientNorm]).ToList();
            found.Add(trainer.HeldOutLoss(HeldOutPlan.Of(plan, images.Count), images));
            return (trainer.State.Weights.data<float>().ToArray(), [.. found], [.. trainer.State.History!.Losses]);
        }

        var one = Trained(RankGroup.Alone);
        Assert.All(ThreadRanks.Each(ranks, Trained), several =>
        {
            Assert.Equal(one.Weights, several.Weights);
            Assert.Equal(one.Found, several.Found);
            Assert.Equal(one.History, several.History);
        });
    }

    [Fact]
    public void All_differences_are_told_at_once_with_rank_and_host()
    {
        RankFacts Said(string host, string version, string data) => new(host, [], [new("the version", version), new("the data", data)]);
        Assert.Equal(
            Seq(
                "rank 1 on b: the version: 2, but rank 0 on a has 1",
                "rank 1 on b: the data: y, but rank 0 on a has x",
                "rank 3 on c: no such file"),
            RankFacts.Differences(Seq(Said("a", "1", "x"), Said("b", "2", "y"), Said("b", "1", "x"), new("c", ["no such file"], []))));
    }

    [Fact]
    public void What_only_one_rank_says_is_a_difference()
    {
        RankFacts Said(params RankFact[] facts) => new("a", [], facts);
        RankFact version = new("the version", "1"), seed = new("the option --seed", "4");
        Assert.Equal(
            Seq1("rank 1 on a: the option --seed: 4, but rank 0 on a has none"), RankFacts.Differences(Seq(Said(version), Said(version, seed))));
        Assert.Equal(
            Seq1("rank 1 on a: the option --seed: none, but rank 0 on a has 4"), RankFacts.Differences(Seq(Said(seed, version), Said(version))));
    }

    [Fact]
    public void A_rank_that_cannot_take_part_differs_in_nothing_else() => Assert.Equal(
        Seq("no such file", "rank 2 on c: no such host"),
        RankFacts.Differences(Seq(
            new RankFacts("a", ["no such file"], []), new RankFacts("b", [], [new("the version", "1")]), new RankFacts("c", ["no such host"], []))));

    [Fact]
    public void A_fault_of_all_ranks_is_told_once() => Assert.Equal(
        Seq1("no such file"), RankFacts.Differences(Seq(new RankFacts("a", ["no such file"], []), new RankFacts("b", ["no such file"], []))));

    [Fact]
    public void A_rank_that_fails_before_all_meet_says_so_to_rank_0()
    {
        var found = ThreadRanks.Each(3, group =>
        {
            var met = RankMeeting.Once<int>(group, meeting => group.Rank == 1 ? Error.New("no such file") : meeting.Compare<int>(5));
            group.End(1);
            return met;
        });
        Assert.Equal($"rank 1 on {Environment.MachineName}: no such file", found[0].Fault());
        Assert.All(found.Skip(1), one => Assert.True(one.IsFail));
    }

    [Fact]
    public void Different_faults_of_ranks_are_all_told()
    {
        var found = ThreadRanks.Each(2, group =>
        {
            var met = RankMeeting.Compare<int>(group, Error.New($"fault {group.Rank}"), _ => Seq<RankFact>());
            group.End(1);
            return met;
        });
        Assert.Equal(
            Seq("fault 0", $"rank 1 on {Environment.MachineName}: fault 1"), SeveralFaults.LinesOf(found[0].Match(_ => Errors.None, fault => fault)));
    }

    [Theory]
    [InlineData(
        "OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_LOCAL_RANK=1 OMPI_COMM_WORLD_LOCAL_SIZE=2 PMIX_RANK=3", "Open MPI 3 1 2 Open MPI")]
    [InlineData("PMI_RANK=2 PMI_SIZE=4 MPI_LOCALRANKID=2 MPI_LOCALNRANKS=4", "MPICH 2 2 4 MPICH")]
    [InlineData("PMI_RANK=1 PMI_SIZE=2 SLURM_PROCID=1 SLURM_NTASKS=2 SLURM_LOCALID=0", "Slurm (PMI) 1 0 1 MPICH")]
    [InlineData("PMI_RANK=3 PMI_SIZE=4 SLURM_PROCID=3 SLURM_NTASKS=4 SLURM_LOCALID=1 SLURM_NTASKS_PER_NODE=2", "Slurm (PMI) 3 1 2 MPICH")]
    [InlineData("PMI_RANK=0 PMI_SIZE=1 SLURM_PROCID=0 SLURM_NTASKS=1", "MPICH 0 0 1 MPICH")]
    [InlineData("PMI_RANK=0 PMI_SIZE=2 MPI_LOCALNRANKS=0 DDPM_MPI_LIBRARY=", "MPICH 0 0 1 MPICH")]
    [InlineData("PMIX_RANK=1 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_LOCALID=1", "Slurm (PMIx) 1 1 1 Open MPI")]
    [InlineData("PMI_RANK=1 PMI_SIZE=2 DDPM_MPI_LIBRARY=/opt/libmpi.so", "MPICH 1 0 1 /opt/libmpi.so")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=2", "none")] // a step of Slurm without MPI
    [InlineData("", "none")]
    public void The_environment_says_who_started_the_process(string environment, string found)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Equal(found, Launcher.Of(name => variables.GetValueOrDefault(name)).Match(
            launcher => $"{launcher.Name} {launcher.Rank} {launcher.LocalRank} {launcher.LocalSize} {launcher.Libraries[0].Name}", () => "none"));
    }

    /// <summary>Open MPI binds each of two ranks to a core, and more to a socket. Without that, a rank may use all cores.</summary>
    [Theory]
    [InlineData(8, 8, 2, 4)]
    [InlineData(8, 1, 2, 1)]
    [InlineData(8, 4, 4, 2)]
    [InlineData(2, 2, 4, 1)]
    public void The_ranks_of_a_machine_divide_its_cores(int cores, int allowed, int local, int threads) =>
        Assert.Equal(threads, new Launcher("", [], 0, 0, local).Threads(cores, allowed));
}
