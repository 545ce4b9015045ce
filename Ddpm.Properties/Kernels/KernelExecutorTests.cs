using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Kernels;
using Ddpm.Gpu.Networks;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using LanguageExt;
using LanguageExt.Common;
using TorchSharp;
using Xunit;
using static System.FormattableString;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Properties.Kernels;

/// <summary>
/// The kernels against libtorch's operations and its automatic differentiation in float64: two readings of one definition of the network. No test compares with
/// libtorch's float32, as its convolutions are wrong on some processors.
/// </summary>
public sealed class KernelExecutorTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>
    /// Squares, tall and wide pictures, with odd and even quarters, and with rows shorter and longer than a vector; batches of one image, and smaller and
    /// larger than a program's batch.
    /// </summary>
    public static TheoryData<int, int, int, string, int> Networks { get; } = new()
    {
        { 28, 28, 1, "original", 3 }, { 28, 28, 1, "standard", 19 }, { 12, 12, 1, "standard", 1 }, { 12, 12, 3, "original", 5 },
        { 16, 16, 3, "standard", 17 }, { 20, 20, 1, "original", 2 }, { 32, 32, 3, "standard", 2 }, { 64, 64, 1, "standard", 1 },
        { 28, 28, 1, "modern", 3 }, { 12, 12, 3, "modern", 17 }, { 32, 32, 1, "modern", 2 }, { 44, 44, 3, "modern", 1 },
        { 12, 28, 1, "original", 3 }, { 44, 12, 1, "standard", 18 }, { 16, 48, 3, "standard", 2 }, { 48, 64, 1, "standard", 1 },
        { 12, 16, 1, "modern", 17 }, { 56, 20, 3, "modern", 3 }, { 16, 68, 1, "modern", 2 },
    };

    /// <summary>
    /// Sums of some thousand products in another order: measured 1e-14. The gradient of a projection before a normalisation can be pure rounding; it is
    /// compared with the norm of the whole gradient.
    /// </summary>
    [Theory]
    [MemberData(nameof(Networks))]
    public void Outputs_losses_and_gradients_are_libtorch_s_in_float64(int height, int width, int channels, string design, int images)
    {
        using var network = Network(new ImageSize(height, width), channels, design, ScalarType.Float64);
        var (theirs, ours) = Both(network, new TensorExecutor(network), new KernelExecutor<double>(network), images);
        Assert.True(Distance(ours.Output, theirs.Output) <= 1e-12);
        Assert.True(Distance(ours.Loss, theirs.Loss) <= 1e-12);
        SameGradients(network, ours.Gradient, theirs.Gradient, 1e-11, ofWhole: 1e-14);
    }

    /// <summary>
    /// The first timestep, whose term is the decoder's, is among them. The loss of the variance does not reach the last layer's rows of the first output.
    /// </summary>
    [Theory]
    [InlineData(28, 28, 1, "standard", 19, "epsilon")]
    [InlineData(16, 20, 3, "modern", 5, "velocity")]
    [InlineData(20, 12, 1, "original", 3, "sample")]
    public void With_a_learned_variance_losses_and_gradients_are_libtorch_s_in_float64(
        int height, int width, int channels, string design, int images, string prediction)
    {
        using var plain = Network(new ImageSize(height, width), channels, design, ScalarType.Float64);
        using var network = new UNet(plain.Config with { LearnsVariance = true }, ScalarType.Float64, CPU);
        var variance = LearnedVariance.Of(Generators.Original, Prediction.All[prediction]);
        var (theirs, ours) = (
            Of(network, new TensorExecutor(network), images, default, variance), Of(network, new KernelExecutor<double>(network), images, default, variance));
        Assert.Equal([images, 2 * channels, height, width], ours.Output.shape);
        Assert.True(Distance(ours.Output, theirs.Output) <= 1e-12);
        Assert.True(Distance(ours.Loss, theirs.Loss) <= 1e-12);
        SameGradients(network, ours.Gradient, theirs.Gradient, 1e-11, ofWhole: 1e-14);

        var without = Of(plain, new KernelExecutor<double>(plain), images, default);
        var last = design == "modern" ? "out.conv.weight" : "conv_out.weight";
        var (mean, whole) = (plain.Layout.View(without.Gradient)[last], network.Layout.View(ours.Gradient)[last]);
        Assert.True(ours.Loss.item<double>() > without.Loss.item<double>());
        Assert.True(Distance(ours.Output.narrow(1, 0, channels), without.Output) <= 1e-12);
        Assert.True(Distance(whole.narrow(0, 0, channels), mean) <= 1e-12);
        Assert.True(Norm(whole.narrow(0, channels, channels)) > 0);
    }

    [Fact]
    public void A_loss_of_the_variance_goes_with_a_network_that_learns_it()
    {
        using var plain = Network(12, 1, "standard", ScalarType.Float64);
        using var learning = new UNet(plain.Config with { LearnsVariance = true }, ScalarType.Float64, CPU);
        var variance = LearnedVariance.Of(Generators.Original, new Prediction.Epsilon());
        foreach (var network in (UNet[])[plain, learning])
        {
            foreach (var executor in (INetworkExecutor[])[new KernelExecutor<double>(network), new TensorExecutor(network)])
            {
                Assert.Throws<ArgumentException>(() => Of(network, executor, 2, default, network == plain ? variance : null));
            }
        }
    }

    /// <summary>Relative to the largest; float32's unit is 1.2e-7, and a number passes some forty layers.</summary>
    [Theory]
    [InlineData("original")]
    [InlineData("standard")]
    [InlineData("modern")]
    public void So_they_are_in_float32_within_its_rounding(string design)
    {
        using var network = Network(28, 1, design, ScalarType.Float32);
        var (theirs, ours) = WideAndOurs(network, 18);
        Assert.True(Distance(ours.Output, theirs.Output) <= 1e-5);
        Assert.True(Distance(ours.Loss, theirs.Loss) <= 1e-5);
        Assert.True(Distance(ours.Gradient, theirs.Gradient) <= 1e-4);
    }

    /// <summary>
    /// Planes of every height up to 80, and of 204, with rows that begin and end everywhere in a vector: squares, and rectangles of nearly one circumference.
    /// A gradient that is a difference of large numbers keeps fewer digits in float32.
    /// </summary>
    [Fact]
    public void Images_of_every_size_are_computed_in_float32()
    {
        // The two sides' quarters are both odd or both even for the tutorial's network.
        (ImageSize Size, string Design) Of(int height, int width, string design) => (new ImageSize(4 * height, 4 * width), design);
        var networks = Enumerable.Range(3, 18)
            .SelectMany(quarter => new[]
            {
                Of(quarter, quarter, "standard"), Of(quarter, quarter, "modern"), Of(quarter, 24 - quarter, "standard"), Of(quarter, 23 - quarter, "modern"),
            })
            .Append(Of(51, 51, "standard")).Append(Of(3, 51, "standard")).Append(Of(52, 4, "standard"));
        foreach (var (size, design) in networks)
        {
            using var scope = NewDisposeScope();
            using var network = Network(size, 1, design, ScalarType.Float32);
            var (theirs, ours) = WideAndOurs(network, 2);
            Assert.True(Distance(ours.Output, theirs.Output) <= 1e-5 && Distance(ours.Loss, theirs.Loss) <= 1e-5, Invariant($"{design}, size {size}"));
            SameGradients(network, ours.Gradient, theirs.Gradient, 1e-3, ofWhole: 1e-5);
        }
    }

    [Theory]
    [InlineData("standard", false)]
    [InlineData("standard", true)]
    [InlineData("modern", false)]
    public void An_image_that_is_no_number_leaves_the_others_alone(string design, bool narrow)
    {
        using var network = Network(28, 1, design, ScalarType.Float32);
        using var executor = new KernelExecutor<float>(network, narrow);
        executor.Take(FormulaWeights.Of(network), withGradient: false);
        var (x, t) = (Inputs(6, 1, ImageSize.Square(28), ScalarType.Float32), Timesteps(6));
        var clean = executor.Forward(x, t).data<float>().ToArray();
        x[2] = tensor(float.NaN);
        for (var again = 0; again < 2; again++)
        {
            var output = executor.Forward(x, t).data<float>().ToArray();
            Assert.All(output[(2 * 784)..(3 * 784)], value => Assert.True(float.IsNaN(value)));
            Assert.Equal(clean[..(2 * 784)], output[..(2 * 784)]);
            Assert.Equal(clean[(3 * 784)..], output[(3 * 784)..]);
        }
    }

    [Fact]
    public void Timesteps_out_of_range_and_numbers_of_another_type_are_refused()
    {
        using var network = Network(12, 1, "standard", ScalarType.Float32);
        using var executor = new KernelExecutor<float>(network);
        executor.Take(FormulaWeights.Of(network), withGradient: false);
        var x = Inputs(1, 1, ImageSize.Square(12), ScalarType.Float32);
        Assert.Throws<ArgumentException>(() => executor.Forward(x, new[] { 1000 }));
        Assert.Throws<ArgumentException>(() => executor.Forward(x, new[] { -1 }));
        Assert.Throws<ArgumentException>(() => executor.Forward(x.to(float64), new[] { 1 }));
    }

    /// <summary>Kernels trust their pointers, so a shape other than the network's is refused, whichever axis differs and whatever the batch.</summary>
    [Theory]
    [InlineData(2, 1, 8, 12)]
    [InlineData(2, 1, 12, 16)]
    [InlineData(2, 3, 12, 12)]
    [InlineData(8, 1, 6, 12)]
    public void Images_and_targets_of_another_shape_than_the_network_s_are_refused(int images, int channels, int height, int width)
    {
        using var network = Network(12, 1, "standard", ScalarType.Float32);
        using var executor = new KernelExecutor<float>(network);
        executor.Take(FormulaWeights.Of(network), withGradient: true);
        var right = Inputs(images, 1, ImageSize.Square(12), ScalarType.Float32);
        var (wrong, gradient) = (zeros(images, channels, height, width), zeros(network.Layout.Count));
        void Refused(Action run) =>
            Assert.Contains(Invariant($"got {images}×{channels}×{height}×{width}"), Assert.Throws<ArgumentException>(run).Message, StringComparison.Ordinal);
        Refused(() => executor.Forward(wrong, Timesteps(images)));
        Refused(() => executor.Gradient(wrong, Timesteps(images), right, null, images, gradient));
        Refused(() => executor.Gradient(right, Timesteps(images), wrong, null, images, gradient));
        Assert.Throws<ArgumentException>(() => executor.Gradient(right, Timesteps(images), right, ones(images + 1), images, gradient));
    }

    [Theory]
    [InlineData("standard", false)]
    [InlineData("standard", true)]
    [InlineData("modern", false)]
    public void An_image_s_output_has_the_same_bits_whichever_others_it_is_computed_with(string design, bool narrow)
    {
        using var network = Network(28, 1, design, ScalarType.Float32);
        using var executor = new KernelExecutor<float>(network, narrow);
        executor.Take(FormulaWeights.Of(network), withGradient: false);
        var (x, t) = (Inputs(11, 1, ImageSize.Square(28), ScalarType.Float32), Timesteps(11));
        var all = executor.Forward(x, t);
        for (var i = 0; i < 11; i++)
        {
            Assert.Equal(all[i].contiguous().data<float>(), executor.Forward(x.narrow(0, i, 1), t.AsMemory(i, 1)).data<float>());
        }
    }

    [Theory]
    [InlineData("standard")]
    [InlineData("modern")]
    public void Weights_that_are_taken_anew_are_those_that_count_and_borders_stay_clean(string design)
    {
        using var network = Network(28, 1, design, ScalarType.Float64);
        using var executor = new KernelExecutor<double>(network);
        var (x, t) = (Inputs(3, 1, ImageSize.Square(28), ScalarType.Float64), Timesteps(3));
        double[] With(Tensor theta)
        {
            executor.Take(theta, withGradient: true);
            executor.Gradient(x, t, x, null, 3, zeros_like(theta));
            return [.. executor.Forward(x, t).data<double>()];
        }

        var first = With(FormulaWeights.Of(network));
        Assert.NotEqual(first, With(network.InitialWeights(1)));
        Assert.Equal(first, With(FormulaWeights.Of(network)));
    }

    /// <summary>The class's embedding reaches every stage, and the gradient of all of them comes together in its row.</summary>
    [Fact]
    public void With_classes_outputs_and_gradients_equal_libtorch_s_and_unseen_classes_have_no_gradient()
    {
        using var network = new UNet(UNetConfig.Tutorial(ImageSize.Square(12), 1, 1000, residual: true, classes: 3).Valid(), ScalarType.Float64, CPU);
        int[] classes = [.. Enumerable.Range(0, 19).Select(i => 2 - i % 2)];
        var (theirs, ours) = Both(network, new TensorExecutor(network), new KernelExecutor<double>(network), 19, classes);
        Assert.InRange(Distance(ours.Output, theirs.Output), 0, 1e-12);
        Assert.InRange(Distance(ours.Gradient, theirs.Gradient), 0, 1e-12);
        double Length(int row) => ours.Gradient.narrow(0, network.Layout.Offset(UNetConfig.ClassEmbeddingName) + 100 * row, 100).norm().item<double>();
        Assert.Equal((0, 0), (Length(0), Length(3)));
        Assert.True(Length(1) > 1e-6 && Length(2) > 1e-6);
        var (plain, _) = Both(network, new KernelExecutor<double>(network), new TensorExecutor(network), 19);
        Assert.True(Distance(plain.Output, ours.Output) > 1e-3);
    }

    /// <summary>The labels reach every stage, with a class and without, and an unchanged image is among them.</summary>
    [Theory]
    [InlineData("standard", 0, 19)]
    [InlineData("modern", 3, 5)]
    [InlineData("unet", 3, 18)]
    public void With_labels_of_augmentation_losses_and_gradients_equal_libtorch_s(string design, int classes, int images)
    {
        using var network = Augmented(design, classes, augmented: true);
        int[] known = classes == 0 ? [] : [.. Enumerable.Range(0, images).Select(i => i % (classes + 1))];
        double[] labels = [.. Enumerable.Range(0, 9 * images).Select(i => i < 9 ? 0 : Math.Sin(i))];
        var theirs = Of(network, new TensorExecutor(network), images, known, augmentation: labels);
        var ours = Of(network, new KernelExecutor<double>(network), images, known, augmentation: labels);
        Assert.InRange(Distance(ours.Loss, theirs.Loss), 0, 1e-12);
        SameGradients(network, ours.Gradient, theirs.Gradient, 1e-11, ofWhole: 1e-14);
        var untold = Of(network, new KernelExecutor<double>(network), images, known);
        Assert.True(Distance(untold.Loss, ours.Loss) > 1e-6);
        Assert.Equal(0, Norm(Map(network, untold.Gradient)));
        Assert.True(Norm(Map(network, ours.Gradient)) > 1e-6 * Norm(ours.Gradient));

        static Tensor Map(UNet network, Tensor gradient) =>
            network.Layout.View(gradient)[network.Layout.Parameters.First(parameter => EmbeddingConditions.IsOfAugmentation(parameter.Name)).Name];
    }

    /// <summary>So sampling needs no map.</summary>
    [Theory]
    [InlineData("standard", 0)]
    [InlineData("unet", 3)]
    public void Told_nothing_or_of_no_change_a_network_computes_bit_for_bit_as_without_the_map_of_augmentation(string design, int classes)
    {
        using var network = Augmented(design, classes, augmented: true);
        using var without = Augmented(design, classes, augmented: false);
        var (with, bare) = (network.Layout.View(FormulaWeights.Of(network)), without.Layout);
        var theta = cat([.. bare.Parameters.Map(parameter => with[parameter.Name].flatten())]);
        var (x, t) = (Inputs(5, 1, ImageSize.Square(12), ScalarType.Float64), Timesteps(5));
        foreach (var make in (Func<UNet, INetworkExecutor>[])[some => new KernelExecutor<double>(some), some => new TensorExecutor(some)])
        {
            using var plain = make(without);
            using var told = make(network);
            plain.Take(theta.clone(), withGradient: true);
            told.Take(FormulaWeights.Of(network), withGradient: true);
            Assert.Equal(plain.Forward(x, t).data<double>(), told.Forward(x, t).data<double>());
            double Loss(INetworkExecutor executor, UNet of, double[] labels) =>
                executor.Gradient(x, t, x.neg(), null, 5, zeros(of.Layout.Count, float64), augmentation: labels).item<double>();
            var loss = Loss(plain, without, []);
            Assert.Equal(loss, Loss(told, network, []));
            Assert.Equal(loss, Loss(told, network, new double[45]));
            Assert.Throws<ArgumentException>(() => Loss(plain, without, new double[45]));
            Assert.Throws<ArgumentException>(() => Loss(told, network, new double[9]));
        }

        var map = Assert.Single(network.Layout.Parameters.Except(bare.Parameters));
        Assert.True(EmbeddingConditions.IsOfAugmentation(map.Name));
    }

    /// <summary>The kernels compute SiLU and shifts in place, but a skip connection joins what x was before.</summary>
    [Fact]
    public void A_layer_in_place_leaves_what_a_skip_connection_keeps()
    {
        NetworkStep keep = new NetworkStep.Keep(), join = new NetworkStep.Join();
        NetworkStep Convolved(string name, int ins, int outs) => new NetworkStep.Through(new Convolution(name, ins, outs, 3, 1, 1));
        var family = new Few(config =>
        [
            Convolved("in", 1, 4), keep, new NetworkStep.Through(new Silu("silu")), keep,
            new NetworkStep.Through(new TimeProjection("shift", config.EmbeddingDimension, 4)), keep,
            new NetworkStep.Through(new Sequential("more", Array<ImageLayer>(new Silu("more.0"), new Convolution("more.1", 4, 4, 3, 1, 1)))),
            join, join, join, Convolved("out", 16, 1),
        ]);
        using var network = new UNet(UNetConfig.Of(family, ImageSize.Square(12), 1, 1000).Valid(), ScalarType.Float64, CPU);
        var (theirs, ours) = Both(network, new TensorExecutor(network), new KernelExecutor<double>(network), 19);
        Assert.InRange(Distance(ours.Output, theirs.Output), 0, 1e-12);
        Assert.InRange(Distance(ours.Gradient, theirs.Gradient), 0, 1e-12);
    }

    [Fact]
    public void A_network_with_a_layer_that_the_kernels_lack_goes_to_libtorch_and_a_line_says_so()
    {
        var family = new Few(_ => [new NetworkStep.Through(new Convolution("wide", 1, 1, 5, 1, 2))]);
        using var network = new UNet(UNetConfig.Of(family, ImageSize.Square(12), 1, 1000).Valid(), ScalarType.Float32, CPU);
        using var executor = ComputeDevice.Executor(network);
        Assert.IsType<TensorExecutor>(executor);
        executor.Take(FormulaWeights.Of(network), withGradient: false);
        Assert.Equal([2, 1, 12, 12], executor.Forward(Inputs(2, 1, ImageSize.Square(12), ScalarType.Float32), Timesteps(2)).shape);
        Assert.Equal(
            "libtorch computes this network, because the kernels lack wide, a convolution of 5×5 with stride 1 and padding 2",
            ComputeDevice.Advice(CPU, network.Config, Precision.Binary32));
        Assert.All(
            NetworkFamily.All,
            row => Assert.True(KernelCoverage.Missing(UNetConfig.Of(row.Value, ImageSize.Square(28), 1, 1000).Valid()).IsNone, row.Name));
    }

    /// <summary>
    /// bfloat16 has 8 bits: numbers that pass some forty layers keep two digits, and the gradient its direction. Libtorch rounds the output of every
    /// layer (here it convolves in float64, then rounds), and the kernels round the factors of products. Batches of one image, two, and more than a program's
    /// batch, with odd counts among them.
    /// </summary>
    [Theory]
    [InlineData(28, 28, "original", 8, true)]
    [InlineData(28, 28, "standard", 1, false)]
    [InlineData(28, 28, "original", 19, false)]
    [InlineData(28, 28, "modern", 8, false)]
    [InlineData(12, 12, "standard", 18, false)]
    [InlineData(44, 44, "modern", 3, false)]
    [InlineData(48, 48, "original", 7, false)]
    [InlineData(96, 96, "original", 1, false)]
    [InlineData(12, 44, "original", 3, false)]
    [InlineData(64, 16, "standard", 7, false)]
    [InlineData(48, 20, "modern", 2, false)]
    public void In_bfloat16_outputs_and_gradients_are_near(int height, int width, string design, int images, bool libtorch)
    {
        using var network = Network(new ImageSize(height, width), 1, design, ScalarType.Float32);
        INetworkExecutor inBfloat16 = libtorch
            ? new TensorExecutor(network, ScalarType.BFloat16, TensorOperations.InFloat64)
            : new KernelExecutor<float>(network, narrow: true);
        var (narrow, ours) = Both(network, inBfloat16, new KernelExecutor<float>(network), images);
        Assert.Equal(ScalarType.Float32, narrow.Output.dtype);
        Assert.InRange(Distance(narrow.Output, ours.Output), 1e-6, 0.1);
        Assert.InRange(Distance(narrow.Loss, ours.Loss), 0, 0.05);
        Assert.True((narrow.Gradient.dot(ours.Gradient) / (narrow.Gradient.norm() * ours.Gradient.norm())).item<float>() > 0.99);
    }

    /// <summary>Counted by hand for the tutorial's network: 24.8 million.</summary>
    [Fact]
    public void A_network_s_products_are_counted_from_its_definition()
    {
        using var network = Network(28, 1, "original", ScalarType.Float32);
        long Blocks(int size, params int[] channels) => channels.Zip(channels.Skip(1), (i, o) => 9L * size * size * (i * o + o * o)).Sum();
        var byHand = Blocks(28, 1, 10, 10, 10) + Blocks(14, 10, 20, 20, 20) + Blocks(7, 20, 40, 40, 40) + Blocks(3, 40, 20, 20, 40)
            + Blocks(7, 80, 40, 20, 20) + Blocks(14, 40, 20, 10, 10) + Blocks(28, 20, 10, 10, 10)
            + 16L * (14 * 14 * 100 + 7 * 7 * 400 + 3 * 3 * 1600) + 4L * 6 * 6 * 1600 // down
            + 16L * (3 * 3 * 1600 + 7 * 7 * 400 + 14 * 14 * 100) + 4L * 6 * 6 * 1600 // up
            + 9L * 28 * 28 * 10;
        Assert.Equal(byHand, NetworkCost.Products(network.Config));
        using var residual = Network(28, 1, "standard", ScalarType.Float32);
        Assert.Equal(
            byHand + 28 * 28 * (10 + 200) + 14 * 14 * (200 + 800 + 200) + 7 * 7 * (800 + 3200 + 800) + 3 * 3 * (800 + 800),
            NetworkCost.Products(residual.Config));
    }

    /// <summary>Counted by hand for the modern network.</summary>
    [Fact]
    public void So_are_those_of_the_modern_network_its_attention_s_included()
    {
        using var network = Network(28, 1, "modern", ScalarType.Float32);
        long Block(int size, int i, int o) => (long)size * size * (9 * (i * o + o * o) + (i == o ? 0 : i * o));
        long Four(int size, int i, int o) => 16L * size * size * i * o;
        Assert.Equal(
            28 * 28 * 9 * (20 + 20) + Block(28, 20, 20) + Four(14, 20, 20) + Block(14, 20, 40) + Four(7, 40, 40) + Block(7, 40, 80) + Block(7, 80, 80)
            + 49 * 4 * 80 * 80 + 2 * 49 * 49 * 80 + Four(7, 80, 40) + Block(14, 80, 40) + Four(14, 40, 20) + Block(28, 40, 20),
            NetworkCost.Products(network.Config));
    }

    /// <summary>
    /// Convolutions take as many products for each pixel as on a square, and attention as many for each pair of pixels: without attention, a picture of twice
    /// the width costs twice as much.
    /// </summary>
    [Fact]
    public void A_rectangle_costs_as_much_as_the_squares_that_it_consists_of()
    {
        long Products(ImageSize size) => NetworkCost.Products(UNetConfig.Of(new DiffusersUNet { MiddleAttention = false }, size, 1, 1000).Valid());
        Assert.Equal(2 * Products(ImageSize.Square(16)), Products(new(16, 32)));
        Assert.Equal(2 * Products(ImageSize.Square(16)), Products(new(32, 16)));
    }

    /// <summary>libtorch's float64 and the kernels' float32 of the same numbers.</summary>
    private static ((Tensor Output, Tensor Loss, Tensor Gradient) Theirs, (Tensor Output, Tensor Loss, Tensor Gradient) Ours) WideAndOurs(
        UNet network, int images)
    {
        using var wide = new UNet(network.Config, ScalarType.Float64, CPU);
        return (Of(wide, new TensorExecutor(wide), images, default), Of(network, new KernelExecutor<float>(network), images, default));
    }

    private static ((Tensor Output, Tensor Loss, Tensor Gradient) Theirs, (Tensor Output, Tensor Loss, Tensor Gradient) Ours) Both(
        UNet network, INetworkExecutor theirs, INetworkExecutor ours, int images, ReadOnlyMemory<int> classes = default) =>
        (Of(network, theirs, images, classes), Of(network, ours, images, classes));

    /// <summary>Of inputs and weights that float32 holds, so that every type has the same.</summary>
    private static (Tensor Output, Tensor Loss, Tensor Gradient) Of(UNet network, INetworkExecutor executor, int images, ReadOnlyMemory<int> classes,
        LearnedVariance? variance = null, ReadOnlyMemory<double> augmentation = default)
    {
        var (channels, size) = (network.Config.ImageChannels, network.Config.ImageSize);
        var (x, target) = (Inputs(images, channels, size, network.Type), Inputs(images, channels, size, network.Type).neg().roll(5));
        var weights = tensor(Enumerable.Range(1, images).Select(i => 0.5 + 1.0 / i).ToArray(), float32).to(network.Type);
        using (executor)
        {
            var theta = FormulaWeights.Of(network).to(float32).to(network.Type);
            executor.Take(theta, withGradient: true);
            var gradient = zeros(network.Layout.Count, network.Type);
            var loss = executor.Gradient(x, Timesteps(images), target, weights, images + 2, gradient, classes, variance, augmentation: augmentation);
            return (executor.Forward(x, Timesteps(images), classes), loss, gradient);
        }
    }

    /// <summary>Each parameter's gradient to a part of itself, and what is all rounding to a part of the whole gradient.</summary>
    private static void SameGradients(UNet network, Tensor ours, Tensor theirs, double part, double ofWhole)
    {
        var (a, b, whole) = (network.Layout.View(ours), network.Layout.View(theirs), Norm(theirs));
        foreach (var name in network.Layout.Parameters.Select(parameter => parameter.Name))
        {
            var off = Norm(a[name].to(float64) - b[name].to(float64));
            Assert.True(off <= part * Norm(b[name]) + ofWhole * whole, Invariant($"{network.Config.Family.Name}, size {network.Config.ImageSize}, {name}"));
        }
    }

    private static double Norm(Tensor x) => x.to(float64).norm().item<double>();

    /// <summary>A network of a few layers for a test.</summary>
    private sealed record Few(Func<UNetConfig, NetworkStep[]> Layers) : NetworkFamily
    {
        public override string Name => "few";

        public override SinusoidalEmbedding Embedding => new SinusoidalEmbedding.Transformer();

        public override Validation<Error, Arr<int>> Channels(ImageSize imageSize, int imageChannels, int? width) => Array(4, 8, 16);

        public override Arr<NetworkStep> Steps(UNetConfig config) => new(Layers(config));
    }

    private static UNet Augmented(string design, int classes, bool augmented) => new(
        UNetConfig.Of(NetworkFamily.All[design], ImageSize.Square(12), 1, 1000, classes).Valid() with { KnowsAugmentation = augmented }, ScalarType.Float64,
        CPU);

    private static UNet Network(int side, int channels, string design, ScalarType type) => Network(ImageSize.Square(side), channels, design, type);

    private static UNet Network(ImageSize size, int channels, string design, ScalarType type) =>
        new(UNetConfig.Of(NetworkFamily.All[design], size, channels, 1000).Valid(), type, CPU);

    private static double Distance(Tensor x, Tensor y) => ((x.to(float64) - y.to(float64)).abs().max() / y.abs().max().to(float64)).item<double>();

    private static Tensor Inputs(int images, int channels, ImageSize size, ScalarType type) =>
        tensor(
            Enumerable.Range(0, images * channels * size.Pixels).Select(i => Math.Cos(0.05 * i) + 0.3 * Math.Sin(0.7 * i)).ToArray(),
            [images, channels, size.Height, size.Width], float32).to(type);

    private static int[] Timesteps(int images) => [.. Enumerable.Range(0, images).Select(i => 997 * i % 1000)];
}
