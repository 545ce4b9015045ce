using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Pure.Images;
using Ddpm.Pure.Training;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>Distillation on tensors.</summary>
public sealed class DistillerTests
{
    private static readonly DiffusionModel Model = TrainingConfig.Of(TinyTraining.Standard with { Steps = 100 }, ImageSize.Square(12), 1).Valid().Model;

    /// <summary>Batches of several shares. The student's and the critic's steps alternate.</summary>
    [Fact]
    public void The_number_of_threads_changes_no_bit() => Assert.Equal(Distilled(3, new(1)), Distilled(3, new(2)));

    [Fact]
    public void Seeds_give_different_students() => Assert.NotEqual(Distilled(3, new(2)), Distilled(3, new(2), seed: 1));

    /// <summary>The critic alone learns until its lead is over.</summary>
    [Fact]
    public void The_student_is_the_teacher_until_the_lead_is_over()
    {
        using var network = new UNet(Model.Network, ScalarType.Float32, CPU);
        using var theta = network.InitialWeights(0);
        var teacher = Checkpoint.WeightsSha256(network, theta);
        Assert.Equal(teacher, Distilled(2, new(1)));
        Assert.NotEqual(teacher, Distilled(3, new(1)));
    }

    private static DistillationPlan Plan(ulong seed, int lead) => DistillationPlan.Of(
        new() { Images = 1200, BatchSize = 40, CriticLead = lead, CriticUpdates = 1, Seed = seed }, Model).Valid();

    private static string Distilled(int steps, Replicas threads, ulong seed = 0)
    {
        using var network = new UNet(Model.Network, ScalarType.Float32, CPU);
        using var theta = network.InitialWeights(0);
        var plan = Plan(seed, lead: 2);
        using var distiller = new Distiller(plan, new(network, theta), threads);
        for (var n = 0; n < steps; n++)
        {
            distiller.Step(plan.Step(n));
        }

        return Checkpoint.WeightsSha256(network, distiller.Student);
    }
}
