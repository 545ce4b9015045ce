using Ddpm.Gpu.Networks;
using Ddpm.Properties.Training;
using Ddpm.Pure.Training;
using static TorchSharp.torch;

namespace Ddpm.Properties.Sampling;

/// <summary>The network of a tiny training, with the weights it begins with.</summary>
internal sealed class TinyNetwork : IDisposable
{
    public TinyNetwork(int classes = 0)
    {
        Model = TinyTraining.Config(epochs: 1, classes: classes).Model;
        Network = new UNet(Model.Network, ScalarType.Float32, CPU);
        Weights = Network.InitialWeights(3);
    }

    public DiffusionModel Model { get; }

    public UNet Network { get; }

    public Tensor Weights { get; }

    public void Dispose()
    {
        Weights.Dispose();
        Network.Dispose();
    }
}
