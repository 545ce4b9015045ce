using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Training;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>θ at the start of training from weights.</summary>
public class StartingWeightsTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    [InlineData(0, 3)]
    [InlineData(3, 0)]
    public void Every_weight_is_taken_bit_for_bit_and_a_class_embedding_of_another_number_of_classes_is_initial(int before, int after)
    {
        using var scope = NewDisposeScope();
        var (old, config) = (TinyTraining.Config(1, classes: before), TinyTraining.Config(1, classes: after).Model.Network);
        using var source = new UNet(old.Model.Network, ScalarType.Float32, CPU);
        using var state = TrainingState.Initial(source, 7, averaged: true);
        state.Average!.add_(1);
        var file = Checkpoint.Save(new(old.Options, ImageSize.Square(12), 1, TrainingProgress.Start, before), source, state);
        var weights = StartingWeights.Of(file, before);
        var (network, theta) = weights.Start(config, 3, CPU).Valid();
        using (network)
        {
            var (taken, from) = (network.Layout.View(theta), source.Layout.View(state.Average));
            Assert.All(config.Parameters, parameter =>
            {
                var expected = parameter.Name != UNetConfig.ClassEmbeddingName || before == after
                    ? from[parameter.Name]
                    : zeros([.. parameter.Shape.Map(n => (long)n)]);
                Assert.True(taken[parameter.Name].equal(expected).all().item<bool>(), parameter.Name);
            });
        }

        Assert.Equal(before == after, weights.Remark(config).IsNone);
    }

    /// <summary>The map of the augmentation changes no sample, so training starts with it or without it as it likes.</summary>
    [Theory]
    [InlineData(0.0, 0.1)]
    [InlineData(0.1, 0.0)]
    [InlineData(0.1, 0.2)]
    public void The_map_of_the_augmentation_comes_if_both_networks_have_it_and_is_initial_if_the_weights_have_none(double before, double after)
    {
        using var scope = NewDisposeScope();
        static TrainingConfig Config(double augment) =>
            TrainingConfig.Of(TinyTraining.Config(1).Options with { Augment = augment }, ImageSize.Square(12), 1).Valid();
        var old = Config(before);
        using var source = new UNet(old.Model.Network, ScalarType.Float32, CPU);
        using var state = TrainingState.Initial(source, 7);
        state.Weights.add_(1);
        var file = Checkpoint.Save(new(old.Options, ImageSize.Square(12), 1, TrainingProgress.Start), source, state);
        var (network, theta) = StartingWeights.Of(file, 0).Start(Config(after).Model.Network, 3, CPU).Valid();
        using (network)
        {
            var (taken, from) = (network.Layout.View(theta), source.Layout.View(state.Weights));
            var initial = network.Layout.View(network.InitialWeights(3));
            Assert.Equal(after > 0, network.Layout.Parameters.Exists(parameter => EmbeddingConditions.IsOfAugmentation(parameter.Name)));
            Assert.All(network.Layout.Parameters, parameter =>
            {
                var expected = EmbeddingConditions.IsOfAugmentation(parameter.Name) && before == 0 ? initial[parameter.Name] : from[parameter.Name];
                Assert.True(taken[parameter.Name].equal(expected).all().item<bool>(), parameter.Name);
            });
        }

        var (header, read, remarks) = StateDict.Describe(StateDict.Of(source, state.Weights, "net."), TinyTraining.Standard, ImageSize.Square(12)).Valid();
        Assert.Equal((0.0, false), (header.Options.Augment, read.Tensors.Exists(tensor => EmbeddingConditions.IsOfAugmentation(tensor.Name))));
        string[] left = before > 0 ? ["left out 1 tensors that sampling does not need: 'net.augment_embed.weight'"] : [];
        Assert.Equal(left, remarks);
    }

    [Fact]
    public void Weights_of_another_network_are_refused_with_all_their_faults()
    {
        using var scope = NewDisposeScope();
        var old = TinyTraining.Config(1);
        using var source = new UNet(old.Model.Network, ScalarType.Float32, CPU);
        using var state = TrainingState.Initial(source, 7);
        var weights = StartingWeights.Of(Checkpoint.Save(new(old.Options, ImageSize.Square(12), 1, TrainingProgress.Start), source, state), 0);
        var other = UNetConfig.Modern(ImageSize.Square(12), 1, 12).Valid();
        var fault = weights.Start(other, 0, CPU).Match(_ => "", error => error.Message);
        Assert.Contains("in.weight is missing", fault, StringComparison.Ordinal);
        Assert.Contains("this network has no tensors named", fault, StringComparison.Ordinal);
    }
}
