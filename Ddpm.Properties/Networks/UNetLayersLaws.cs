using Ddpm.Gpu.Networks;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Networks;

[Properties(Arbitrary = [typeof(Configs), typeof(Generators)])]
public sealed class UNetLayersLaws
{
    [Law]
    public bool Names_of_parameters_are_unique_and_none_is_empty(UNetConfig config) =>
        config.Parameters is var parameters
        && parameters.Select(parameter => parameter.Name).Append(UNetConfig.EmbeddingName).Distinct().Count() == parameters.Count + 1
        && parameters.All(parameter => parameter.Count > 0 && parameter.Shape.All(size => size > 0));

    [Theory]
    [InlineData(false, 606_852)]
    [InlineData(true, 614_892)]
    public void The_networks_hold_as_many_numbers_as_published_the_embedding_included(bool residual, int numbers) => Assert.Equal(
        numbers, 100_000 + UNetConfig.Tutorial(ImageSize.Square(28), 1, 1000, residual).Valid().Parameters.Sum(parameter => parameter.Count));

    [Law]
    public bool Residual_paths_only_add_shortcuts(Tutorial tutorial)
    {
        var config = tutorial.Config;
        IEnumerable<string> Names(bool residual) =>
            UNetConfig.Tutorial(config.ImageSize, config.ImageChannels, config.Timesteps, residual).Valid().Parameters.Select(parameter => parameter.Name);
        var shortcuts = Names(true).Except(Names(false)).ToArray();
        return shortcuts.Length > 0 && shortcuts.All(name => name.Contains(".shortcut.", StringComparison.Ordinal))
            && Names(true).Except(shortcuts).SequenceEqual(Names(false));
    }

    /// <summary>H' = ⌊(H + 2p − k)/s⌋ + 1 on the way down, H' = (H − 1)s − 2p + k on the way up.</summary>
    [Law]
    public bool Every_resolution_on_the_way_up_is_the_one_it_is_joined_with(Tutorial tutorial)
    {
        var (config, l) = (tutorial.Config, new UNetLayers(tutorial.Config, tutorial.Config.Family is TutorialUNet { Residual: true }));
        ImageSize full = config.ImageSize, half = After(l.Down1, full), quarter = After(l.Down2, half), middle = After(l.Down3, quarter);
        (LanguageExt.Arr<Block> Blocks, ImageSize Size)[] stages =
        [
            (l.Stage1, full), (l.Stage2, half), (l.Stage3, quarter), (l.StageMiddle, middle), (l.Stage4, quarter), (l.Stage5, half), (l.StageOut, full),
        ];
        return stages.All(stage => stage.Blocks.All(block => block.Size == stage.Size))
            && middle.Height >= 1 && middle.Width >= 1 && After(l.Up1, middle) == quarter && After(l.Up2, quarter) == half && After(l.Up3, half) == full
            && After(l.Out, full) == full;
    }

    [Law]
    public bool Channels_fit_from_layer_to_layer(Tutorial tutorial)
    {
        var (config, l) = (tutorial.Config, new UNetLayers(tutorial.Config, tutorial.Config.Family is TutorialUNet { Residual: true }));
        int Through(LanguageExt.Arr<Block> blocks, int channels) => blocks.Fold(channels, (given, block) => given == block.In ? block.Out : -1);
        var first = Through(l.Stage1, config.ImageChannels);
        var second = Through(l.Stage2, l.Down1.Out);
        var third = Through(l.Stage3, l.Down2.Out);
        var middle = Through(l.StageMiddle, third);
        var fourth = Through(l.Stage4, third + middle);
        var fifth = Through(l.Stage5, second + l.Up2.Out);
        var last = Through(l.StageOut, first + l.Up3.Out);
        return first == l.Down1.In && second == l.Down2.In && fourth == l.Up2.In && fifth == l.Up3.In && last == l.Out.In && l.Out.Out == config.ImageChannels
            && (l.Time1.Out, l.Time2.Out, l.Time3.Out, l.TimeMiddle.Out) == (config.ImageChannels, l.Down1.Out, l.Down2.Out, third)
            && (l.Time4.Out, l.Time5.Out, l.TimeOut.Out) == (third + middle, second + l.Up2.Out, first + l.Up3.Out);
    }

    [Law]
    public bool Every_block_is_normalized_but_the_very_last(Tutorial tutorial)
    {
        var l = new UNetLayers(tutorial.Config, tutorial.Config.Family is TutorialUNet { Residual: true });
        var blocks = new[] { l.Stage1, l.Stage2, l.Stage3, l.StageMiddle, l.Stage4, l.Stage5, l.StageOut }.SelectMany(stage => stage).ToArray();
        return blocks.SkipLast(1).All(block => block.Normalized) && !blocks[^1].Normalized;
    }

    [Law]
    public bool The_layers_of_a_sequence_are_named_after_it_and_their_place(Tutorial tutorial)
    {
        var l = new UNetLayers(tutorial.Config, tutorial.Config.Family is TutorialUNet { Residual: true });
        return (l.Down3.Name, l.Up1.Name) == ("down3", "up1") && new[] { l.Down3, l.Up1 }.All(sequence =>
            sequence.Layers.Select(layer => layer.Name).SequenceEqual(sequence.Layers.Select((_, i) => $"{sequence.Name}.{i}")));
    }

    [Law]
    public bool Initial_weights_lie_within_their_bounds_and_fill_them(UNetConfig config, Place place, int seed)
    {
        var parameters = config.Parameters;
        var k = place.In(parameters.Count);
        var parameter = parameters[k];
        var weights = Filled(parameter, k, (ulong)(uint)seed);
        return parameter.Start switch
        {
            Initialization.Constant(var value) => weights.All(weight => weight == value),
            // Of n ≥ 200 uniform numbers none falls into the outer tenth with probability 0.9²⁰⁰ < 10⁻⁹.
            Initialization.Uniform(var bound) => weights.All(weight => Math.Abs(weight) < bound)
                && (weights.Length < 200 || weights.Max(Math.Abs) > 0.9 * bound) && weights.Distinct().Count() > weights.Length / 2,
            _ => false,
        };
    }

    /// <summary>
    /// PyTorch's default: 1/√fan_in, the product of a weight's sizes but the first; a bias has its weight's. Only the map of the augmentation has no bias.
    /// </summary>
    [Law]
    public bool Bounds_are_one_over_the_root_of_the_fan_in(UNetConfig config)
    {
        var parameters = config.Parameters;
        bool HasBias(Parameter weight, int place) =>
            parameters[place + 1].Start == weight.Start && parameters[place + 1].Name.EndsWith(".bias", StringComparison.Ordinal);
        return parameters.Map((place, parameter) => parameter.Start is not Initialization.Uniform start
                || !parameter.Name.EndsWith(".weight", StringComparison.Ordinal)
                || (Closeness.NearRelative(Math.Sqrt((double)parameter.Shape[0] / parameter.Count), start.Bound, 4 * Closeness.Epsilon)
                    && (EmbeddingConditions.IsOfAugmentation(parameter.Name) || HasBias(parameter, place))))
            .ForAll(holds => holds);
    }

    [Law]
    public bool Initial_weights_depend_on_the_seed_and_the_place_alone(UNetConfig config, int seed, byte place)
    {
        var parameter = config.Parameters.First(p => p.Start is Initialization.Uniform && p.Count > 50);
        var weights = Filled(parameter, place, (ulong)(uint)seed);
        return weights.SequenceEqual(Filled(parameter with { Name = "other" }, place, (ulong)(uint)seed))
            && !weights.SequenceEqual(Filled(parameter, place, (ulong)(uint)seed + 1))
            && !weights.SequenceEqual(Filled(parameter, place + 1, (ulong)(uint)seed));
    }

    [Theory]
    [InlineData(12, 12, 1, false)]
    [InlineData(16, 16, 3, true)]
    [InlineData(28, 28, 3, true)]
    [InlineData(32, 32, 1, false)]
    [InlineData(28, 20, 1, true)]
    [InlineData(16, 32, 3, false)]
    public void The_output_has_the_input_s_shape(int height, int width, int channels, bool residual)
    {
        using var scope = NewDisposeScope();
        using var network = new UNet(UNetConfig.Tutorial(new(height, width), channels, 10, residual).Valid(), ScalarType.Float64, CPU);
        var output = network.Forward(network.Layout.View(network.InitialWeights(1)), zeros(2, channels, height, width, float64), tensor(new long[] { 0, 9 }));
        Assert.Equal([2, channels, height, width], output.shape);
        Assert.True(output.isfinite().all().item<bool>());
    }

    [Fact]
    public void Every_fault_of_a_network_is_told_at_once() => Assert.Equal(
        ["image-size must lie in [12, 256] and be divisible by 4, got 8", "channels must be 1 or 3, got 0", "steps must be at least 1, got 0"],
        UNetConfig.Tutorial(ImageSize.Square(8), 0, 0, false).Faults());

    /// <summary>Each side has its own fault; a network of the tutorial also needs the sides' quarters to be both odd or both even.</summary>
    [Theory]
    [InlineData("standard", 24, 30, "the width of image-size must lie in [12, 256] and be divisible by 4, got 30")]
    [InlineData("modern", 260, 24, "the height of image-size must lie in [12, 256] and be divisible by 4, got 260")]
    [InlineData("unet", 26, 30, "the height of image-size must lie in [4, 256] and be divisible by 4, as the network has 3 levels, got 26",
        "the width of image-size must lie in [4, 256] and be divisible by 4, as the network has 3 levels, got 30")]
    [InlineData("original", 24, 28, "image-size must have both sides divisible by 8, or neither, for the network original, got 24×28")]
    public void The_fault_of_a_rectangle_names_the_side(string family, int height, int width, params string[] faults) =>
        Assert.Equal(faults, UNetConfig.Of(NetworkFamily.All[family], new(height, width), 1, 10).Faults());

    private static double[] Filled(Parameter parameter, int k, ulong seed)
    {
        var weights = new double[parameter.Count];
        WeightInitialization.Fill(parameter, k, seed, weights);
        return weights;
    }

    private static ImageSize After(Layer layer, ImageSize size) => layer switch
    {
        Convolution c => size.Map(side => (side + 2 * c.Padding - c.Kernel) / c.Stride + 1),
        TransposedConvolution c => size.Map(side => (side - 1) * c.Stride - 2 * c.Padding + c.Kernel),
        Sequential s => s.Layers.Fold(size, (before, next) => After(next, before)),
        _ => size,
    };

    /// <summary>A network of the tutorial's design.</summary>
    public sealed record Tutorial(UNetConfig Config);

    public static class Configs
    {
        private static Gen<UNetConfig> Tutorials { get; } =
            from odd in Gen.Choose(0, 1)
            from quarter in Rectangles(Gen.Choose(2, 8).Select(half => 2 * half - odd))
            from channels in Gen.Elements(1, 3)
            from timesteps in Gen.Choose(1, 1000)
            from residual in Gen.Elements(true, false)
            from classes in Gen.Elements(0, 1, 10)
            select UNetConfig.Tutorial(quarter.Map(side => 4 * side), channels, timesteps, residual, classes).Valid();

        private static Gen<UNetConfig> Moderns { get; } =
            from quarter in Rectangles(Gen.Choose(3, 16))
            from channels in Gen.Elements(1, 3)
            from timesteps in Gen.Choose(1, 1000)
            from classes in Gen.Elements(0, 1, 10)
            from width in Gen.Elements(4, UNetConfig.UsualWidth, 28)
            select UNetConfig.Modern(quarter.Map(side => 4 * side), channels, timesteps, classes, width).Valid();

        /// <summary>Small networks of diffusers' design: every way of each choice, odd sizes at the lowest level, and channels that fill no vector.</summary>
        internal static Gen<UNetConfig> Unets { get; } =
            from groups in Gen.Elements(1, 2, 3)
            from first in Gen.Elements(1, 2).Select(times => 2 * groups * times)
            from others in Gen.Choose(1, 4).Select(times => groups * times).ArrayOf().Select(all => all.Take(2).ToArray())
            let channels = new LanguageExt.Arr<int>([first, .. others])
            from down in Gen.SubListOf(Enumerable.Range(0, channels.Count))
            from up in Gen.SubListOf(Enumerable.Range(0, channels.Count))
            from middle in Gen.Elements(true, false)
            from depth in Gen.Elements<int?>(null, 1, groups)
            from blocks in Gen.Choose(1, 2)
            from scales in Gen.Elements(true, false)
            from padding in Gen.Choose(0, 1)
            from epsilon in Gen.Elements(1e-6, 1e-2)
            from dropout in Gen.Elements(0, 0.3)
            from lowest in Rectangles(Gen.Choose(1, 5))
            from imageChannels in Gen.Choose(1, 4)
            from classes in Gen.Elements(0, 0, 2)
            from augmented in Gen.Elements(true, false)
            from learns in Gen.Elements(true, false)
            from shift in Gen.Choose(0, 1)
            from cosines in Gen.Elements(true, false)
            let network = new DiffusersUNet
            {
                ChannelsPerLevel = channels,
                DownAttention = new([.. down]),
                UpAttention = new([.. up]),
                MiddleAttention = middle,
                HeadDimension = depth,
                BlocksPerLevel = blocks,
                Groups = groups,
                ScalesAndShifts = scales,
                DownsamplePadding = padding,
                Epsilon = epsilon,
                Dropout = dropout,
            }
            let size = lowest.Map(side => side << (channels.Count - 1)).Map(side => side < 4 ? 4 * side : side)
            select UNetConfig.Of(network, size, imageChannels, 1000, classes).Valid() with
            {
                LearnsVariance = learns,
                KnowsAugmentation = augmented,
                Embedding = new Ddpm.Pure.Embeddings.SinusoidalEmbedding.Halves(shift, cosines),
            };

        /// <summary>Tall, wide and square sizes.</summary>
        private static Gen<ImageSize> Rectangles(Gen<int> side) =>
            from height in side
            from width in Gen.Frequency((3, side), (1, Gen.Constant(height)))
            select new ImageSize(height, width);

        public static Arbitrary<UNetConfig> All() => Gen.OneOf(Tutorials, Moderns, Unets).ToArbitrary();

        public static Arbitrary<Tutorial> OfTheTutorial() => Tutorials.Select(config => new Tutorial(config)).ToArbitrary();
    }
}
