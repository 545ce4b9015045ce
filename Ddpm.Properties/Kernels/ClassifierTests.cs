using Ddpm.Gpu.Classification;
using Ddpm.Gpu.Kernels;
using Ddpm.Gpu.Networks;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using LanguageExt;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Kernels;

/// <summary>The kernels' classifier against libtorch's operations and its automatic differentiation in float64: two readings of one definition.</summary>
public sealed class ClassifierTests : IDisposable
{
    private const double Smoothing = 0.1;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>
    /// The smallest size, sizes with rows shorter and longer than a vector, and batches of one image, smaller and larger than a program's batch.
    /// </summary>
    public static TheoryData<int, int, int, int, int> Classifiers { get; } = new()
    {
        { 28, 28, 1, 10, 19 }, { 4, 4, 3, 2, 5 }, { 12, 12, 1, 7, 33 }, { 36, 36, 3, 3, 1 }, { 68, 68, 1, 256, 2 }, { 4, 68, 1, 3, 18 }, { 36, 8, 3, 3, 5 },
    };

    /// <summary>Sums of up to twenty thousand products, added in another order: 10⁴ units of 10⁻¹⁶ at most, measured some 10⁻¹⁴.</summary>
    [Theory]
    [MemberData(nameof(Classifiers))]
    public void Features_logits_losses_and_gradients_are_libtorch_s_in_float64(int height, int width, int channels, int classes, int images)
    {
        var (size, classifier) = (new ImageSize(height, width), Of(new(height, width), channels, classes));
        var theta = Weights(classifier, float64);
        var ours = Computed(new KernelClassifier<double>(classifier), classifier, theta, Inputs(images, channels, size));
        Same(classifier, Computed(new TensorClassifier(classifier), classifier, theta, Inputs(images, channels, size)), ours, 1e-12, 1e-11);
    }

    /// <summary>Float32's unit is 1.2e-7: a number passes five layers, and a gradient ten.</summary>
    [Theory]
    [MemberData(nameof(Classifiers))]
    public void In_float32_they_are_the_same_within_its_rounding(int height, int width, int channels, int classes, int images)
    {
        var (size, classifier) = (new ImageSize(height, width), Of(new(height, width), channels, classes));
        var (theta, x) = (Weights(classifier, float32), Inputs(images, channels, size).to(float32));
        var ours = Computed(new KernelClassifier<float>(classifier), classifier, theta, x);
        Same(classifier, Computed(new TensorClassifier(classifier), classifier, theta.to(float64), x.to(float64)), ours, 1e-5, 1e-3);
    }

    [Fact]
    public void An_image_s_numbers_have_the_same_bits_whichever_others_it_is_computed_with_and_one_that_is_no_number_leaves_them_alone()
    {
        var classifier = Of(ImageSize.Square(28), 1, 10);
        using var executor = new KernelClassifier<float>(classifier);
        executor.Take(Weights(classifier, float32));
        var x = Inputs(11, 1, ImageSize.Square(28)).to(float32);
        var (features, logits) = (executor.Features(x), executor.Logits(x));
        for (var i = 0; i < 11; i++)
        {
            Assert.Equal(Numbers(features[i]), Numbers(executor.Features(x.narrow(0, i, 1))));
            Assert.Equal(Numbers(logits[i]), Numbers(executor.Logits(x.narrow(0, i, 1))));
        }

        x[2] = tensor(float.NaN);
        for (var again = 0; again < 2; again++)
        {
            var spoilt = executor.Features(x);
            Assert.All(Enumerable.Range(0, 11), i => Assert.Equal(i == 2 ? Enumerable.Repeat(double.NaN, 128) : Numbers(features[i]), Numbers(spoilt[i])));
        }
    }

    [Fact]
    public void Weights_that_are_taken_anew_are_those_that_count()
    {
        var classifier = Of(ImageSize.Square(12), 1, 3);
        using var executor = new KernelClassifier<double>(classifier);
        double[] With(Tensor theta)
        {
            executor.Take(theta);
            return Numbers(executor.Logits(Inputs(5, 1, ImageSize.Square(12))));
        }

        var first = With(Weights(classifier, float64));
        Assert.NotEqual(first, With(classifier.InitialWeights(8, CPU).to(float64)));
        Assert.Equal(first, With(Weights(classifier, float64)));
    }

    [Fact]
    public void Images_of_another_shape_or_type_are_refused()
    {
        var classifier = Of(ImageSize.Square(12), 1, 3);
        using var executor = new KernelClassifier<float>(classifier);
        executor.Take(Weights(classifier, float32));
        void Refused(string says, Action run) => Assert.Contains(says, Assert.Throws<ArgumentException>(run).Message, StringComparison.Ordinal);
        Refused("got 2×1×12×16 of Float32", () => executor.Features(zeros(2, 1, 12, 16)));
        Refused("got 2×1×12×12 of Float64", () => executor.Logits(zeros(2, 1, 12, 12, float64)));
    }

    /// <summary>A few whole numbers, many of them equal: the maximum is exact, and its gradient goes to the first of equal maxima. NaN stays NaN.</summary>
    [Law]
    public bool The_maximum_of_four_is_exact_and_its_gradient_goes_to_the_first_that_has_it(byte tall, byte wide, byte kind, int seed)
    {
        var (half, channels, images, random) = (new ImageSize(1 + tall % 21, 1 + wide % 21), 3, 4, new Random(seed));
        var size = half.Map(side => 2 * side);
        using var weights = new KernelWeights<float>(new WeightLayout(Arr<Parameter>.Empty), narrow: false);
        using var program = new KernelProgram<float>(weights, size, channels, withGradient: true, (kernels, x) => kernels.Pool(x));
        float Number() => kind % 4 == 0 && random.Next(20) == 0 ? float.NaN : random.Next(-2, 3);
        var x = Enumerable.Range(0, images * channels * size.Pixels).Select(_ => Number()).ToArray();
        var upstream = Enumerable.Range(0, images * channels * half.Pixels).Select(i => (float)(i + 1)).ToArray();
        return Pooled(program, x, upstream, images) is var (y, dx)
            && Enumerable.Range(0, y.Length).All(i =>
            {
                var corner = i / half.Pixels * size.Pixels + i % half.Pixels / half.Width * 2 * size.Width + i % half.Width * 2;
                int[] four = [corner, corner + 1, corner + size.Width, corner + size.Width + 1];
                var largest = four.Max(at => float.IsNaN(x[at]) ? float.PositiveInfinity : x[at]);
                var first = four.FirstOrDefault(at => x[at] == largest, -1);
                return (first < 0 ? float.IsNaN(y[i]) : y[i] == largest) && (first < 0 || four.All(at => dx[at] == (at == first ? upstream[i] : 0)));
            });
    }

    private static unsafe (float[] Y, float[] Dx) Pooled(KernelProgram<float> program, float[] x, float[] upstream, int images)
    {
        var (y, dx) = (new float[upstream.Length], new float[x.Length]);
        for (var first = 0; first < images; first += program.Images)
        {
            var count = Math.Min(program.Images, images - first);
            fixed (float* numbers = x, made = y, back = dx, given = upstream)
            {
                program.Input.Take(numbers + (long)first * x.Length / images, count);
                program.Forward(count);
                program.Output.Give(count, made + (long)first * y.Length / images);
                Pixels(program.Output, count, (at, i) => program.Output.Gradient(0)[at] = upstream[first * y.Length / images + i]);
                program.Backward(count, null);
                Pixels(program.Input, count, (at, i) => dx[first * x.Length / images + i] = program.Input.Gradient(0)[at]);
            }
        }

        return (y, dx);
    }

    /// <summary>Where each pixel lies in memory, and its number.</summary>
    private static void Pixels(Activation<float> planes, int images, Action<int, int> at)
    {
        var i = 0;
        for (var n = 0; n < images; n++)
        {
            for (var c = 0; c < planes.Channels; c++)
            {
                for (var h = 0; h < planes.Shape.Size.Height; h++)
                {
                    for (var w = 0; w < planes.Shape.Size.Width; w++, i++)
                    {
                        at(n * planes.ImageStride + planes.Row(c, h) + w, i);
                    }
                }
            }
        }
    }

    private sealed record Outcome(Tensor Features, Tensor Logits, double Loss, Tensor Gradient);

    private static Outcome Computed(IClassifierExecutor executor, Classifier classifier, Tensor theta, Tensor x)
    {
        using (executor)
        {
            executor.Take(theta);
            var (images, gradient) = ((int)x.shape[0], zeros_like(theta));
            var labels = Enumerable.Range(0, images).Select(i => i % classifier.Config.Classes).ToArray();
            var loss = executor.Gradient(x, labels, Smoothing, images + 2, gradient);
            return new(executor.Features(x), executor.Logits(x), loss, gradient);
        }
    }

    /// <summary>Each parameter's gradient to a part of itself; one that nearly cancels, to a hundredth of that part of the whole gradient.</summary>
    private static void Same(Classifier classifier, Outcome theirs, Outcome ours, double part, double ofGradient)
    {
        Assert.InRange(Distance(ours.Features, theirs.Features), 0, part);
        Assert.InRange(Distance(ours.Logits, theirs.Logits), 0, part);
        Assert.InRange(Math.Abs(ours.Loss / theirs.Loss - 1), 0, part);
        var (a, b) = (classifier.Layout.View(ours.Gradient), classifier.Layout.View(theirs.Gradient));
        foreach (var name in classifier.Layout.Parameters.Select(parameter => parameter.Name))
        {
            Assert.True(Norm(a[name].to(float64) - b[name]) <= ofGradient * (Norm(b[name]) + 0.01 * Norm(theirs.Gradient)), name);
        }
    }

    private static double Norm(Tensor x) => x.norm().item<double>();

    private static double Distance(Tensor ours, Tensor theirs) => ((ours.to(float64) - theirs).abs().max() / theirs.abs().max()).item<double>();

    private static double[] Numbers(Tensor x) => [.. x.contiguous().to(float64).data<double>()];

    private static Classifier Of(ImageSize size, int channels, int classes) => new(ClassifierConfig.Of(size, channels, classes).Valid());

    private static Tensor Weights(Classifier classifier, ScalarType type) => classifier.InitialWeights(7, CPU).to(type);

    /// <summary>Numbers without equals, and the first image with plain parts, in which all are equal.</summary>
    private static Tensor Inputs(int images, int channels, ImageSize size)
    {
        var numbers = Enumerable.Range(0, images * channels * size.Pixels).Select(i => Math.Cos(0.05 * i) + 0.3 * Math.Sin(0.7 * i)).ToArray();
        var x = tensor(numbers, [images, channels, size.Height, size.Width], float64);
        x[0] = x[0].sign();
        return x;
    }
}
