using System.Security.Cryptography;
using System.Text;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Kernels;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Options;
using Ddpm.Pure.Random;
using Ddpm.Pure.Reference;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Diagnosis;

/// <summary>Known answers that this machine has to find again: of the pure mathematics bit by bit, of the network within float32's rounding.</summary>
internal static class SelfTest
{
    /// <summary>The SHA-256 over the paths and SHA-256 of the reference's files of schedules and random numbers; a test compares it with the export.</summary>
    private const string ReferenceSha256 = "7ed6cdacb91e94c9090f94cfe1367fb0766b5704be5b0731ef9d05b778be86fd";

    /// <summary>The losses of five Adam steps of the original PyTorch module, in float64, with weights, images and noise from formulas.</summary>
    private static readonly double[] Losses = [0.4956908950293294, 0.39074321810400703, 0.2895017920533168, 0.21902719332547124, 0.18018411862222658];

    // Some thousand additions a number, five updates that divide by the gradient's size: seen 1e-6.
    private static double Tolerance(Device device) => device.type == TorchSharp.DeviceType.CPU ? 1e-4 : 1e-2; // a GPU may round products to ten bits (TF32)

    /// <summary>Philox4x32-10 of all zeros (Salmon et al. 2011, the authors' known-answer file).</summary>
    public static Fin<string> RandomBits() =>
        Philox.Block(new(0, 0, 0, 0), 0) == new PhiloxBlock(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8)
            ? FinSucc("Philox's published numbers")
            : Error.New("Philox does not give its published numbers: this processor or the .NET runtime computes wrongly");

    /// <summary>Schedules and random numbers of the reference.</summary>
    public static Fin<string> Mathematics() => Sha256() == ReferenceSha256
        ? FinSucc("schedules and random numbers bit by bit")
        : Error.New("schedules or random numbers differ from the reference: `reference export` and `reference verify` show which");

    /// <summary>
    /// Outputs and gradients of the networks by the kernels, without libtorch. The tests find the same bits with and without vectors, and an emulated ARM64
    /// processor did too.
    /// </summary>
    public static Fin<string> Kernels()
    {
        var wrong = KernelAnswers().Filter(answer => answer.Expected != answer.Found).Map(answer => answer.Network);
        return wrong.IsEmpty
            ? FinSucc("outputs and gradients of the kernels bit by bit")
            : Error.New($"outputs or gradients of the kernels differ ({wrong.Listed(", ")}): this processor or the .NET runtime computes otherwise");
    }

    /// <summary>Each network, the checksum that its kernels should find, and the one that they find here (<see cref="KernelBits{T}"/>).</summary>
    public static Seq<(string Network, string Expected, string Found)> KernelAnswers()
    {
        var size = ImageSize.Square(28);
        var standard = UNetConfig.Tutorial(size, 1, 1000, residual: true).OrThrow();
        return Seq(
            ("original", "ba360dc81380b94f", KernelBits<float>.Checksum(UNetConfig.Tutorial(size, 1, 1000, residual: false).OrThrow())),
            ("standard", "c9ddaa999a228fcc", KernelBits<float>.Checksum(standard)),
            ("standard in float64", "fe114fe6166082d8", KernelBits<double>.Checksum(standard)),
            ("modern", "51579ce7714ee00a", KernelBits<float>.Checksum(UNetConfig.Modern(size, 1, 1000).OrThrow())));
    }

    /// <summary>Training steps of the original network on a device.</summary>
    public static Fin<string> Training(Device device)
    {
        var (losses, _) = Steps(device);
        var furthest = losses.Zip(Losses, (loss, known) => Math.Abs(loss / known - 1)).Max();
        return furthest <= Tolerance(device)
            ? FinSucc(Invariant($"five training steps as PyTorch's, within {furthest:0e+0}"))
            : Error.New(Invariant($"five training steps differ from PyTorch's by {furthest:0.0e+0} of the loss: this device computes wrongly"));
    }

    /// <summary>The checksum of the weights after these steps: devices that agree on it compute gradients and updates to the same bits.</summary>
    public static string TrainingBits(Device device) => Steps(device).WeightsSha256;

    private static (double[] Losses, string WeightsSha256) Steps(Device device)
    {
        using var scope = NewDisposeScope();
        var config = UNetConfig.Tutorial(ImageSize.Square(28), 1, 1000, residual: false).OrThrow();
        using var network = new UNet(config, ScalarType.Float32, device);
        var weights = FormulaWeights.Of(network).DetachFromDisposeScope();
        using var trainer = new Trainer(
            network, new(config, NoiseSchedule.Linear(1000).OrThrow(), new Prediction.Epsilon(), Preset.Original),
            ImageSet.Of(1, 28, 28, 1, new byte[784], Option<ReadOnlyMemory<byte>>.None).OrThrow(),
            new(weights, zeros_like(weights).DetachFromDisposeScope(), zeros_like(weights).DetachFromDisposeScope(), 0), Replicas.For(device));
        Tensor Formula(Func<int, double> element) => tensor(Enumerable.Range(0, 4 * 784).Select(i => (float)element(i)).ToArray(), [4, 1, 28, 28]).to(device);
        int[] timesteps = [10, 200, 600, 950];
        var (x0, epsilon) = (Formula(i => Math.Sin(0.03 * i)), Formula(i => Math.Cos(0.11 * i + 0.5)));
        var losses = Losses.Select(_ => trainer.Step(x0, timesteps, epsilon, 1e-3).Loss).ToArray();
        return (losses, Checkpoint.WeightsSha256(network, trainer.State.Weights));
    }

    /// <summary>
    /// libtorch's convolutions on the processor, over the shapes of the networks. Only --features needs them: wrong ones are reported, but the
    /// machine can train.
    /// </summary>
    /// <param name="convolutions">What is tried; null for libtorch's own.</param>
    public static string Convolutions(TensorOperations? convolutions = null)
    {
        Fin<Unit> Right(UNetConfig config)
        {
            using var network = new UNet(config, ScalarType.Float32, CPU);
            return ConvolutionCheck.Of(network, convolutions: convolutions);
        }

        var size = ImageSize.Square(28);
        var right = Right(UNetConfig.Tutorial(size, 1, 1000, residual: true).OrThrow()).Bind(_ => Right(UNetConfig.Modern(size, 1, 1000).OrThrow()));
        return right.Match(
            _ => "libtorch's convolutions on the processor as in float64",
            fault => $"{fault.Message}: all but --features computes with the kernels; {ConvolutionCheck.Remedy}");
    }

    /// <summary>What <see cref="ReferenceSha256"/> is of.</summary>
    public static string Sha256()
    {
        var files = ReferenceFiles.Below(Array("schedules/", "random/")).Map(entry => $"{entry.Path} {ReferenceManifest.Sha256(entry.Content().ToBytes())}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(files))));
    }
}
