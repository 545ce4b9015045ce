using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Random;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Host.Benchmarks;

/// <summary>Training and sampling of a network by the code that `train` and `sample` run, on images of noise.</summary>
internal sealed class NetworkBench : IDisposable
{
    private const int NoisePiece = 16;

    private readonly UNet _network;
    private readonly Tensor _theta, _x;
    private readonly int[] _timesteps;
    private readonly EpochPlan _epoch;
    private readonly ImageSet _images;
    private readonly Replicas _workers;
    private readonly TrainingConfig _config;
    private readonly Func<UNet, INetworkExecutor> _executor;
    private readonly INetworkExecutor _sampling;
    private readonly Trainer _trainer;
    private readonly RankGroup? _ranks;
    private readonly int _steps;
    private int _step;

    /// <summary>Prepares a network to be measured.</summary>
    /// <param name="config">What is trained.</param>
    /// <param name="device">On what.</param>
    /// <param name="workers">With how many threads.</param>
    /// <param name="executor">What computes the network.</param>
    /// <param name="ranks">The processes that train together; null for this one alone.</param>
    public NetworkBench(TrainingConfig config, Device device, Replicas workers, Func<UNet, INetworkExecutor> executor, RankGroup? ranks = null)
    {
        _ranks = ranks;
        var (network, batch) = (config.Model.Network, config.Options.BatchSize);
        (_config, _workers, _network, _executor) = (config, workers, new UNet(network, ScalarType.Float32, device), executor);
        var count = 4 * batch;
        var pixels = new byte[count * network.ImageSize.Pixels * network.ImageChannels];
        new Random(1).NextBytes(pixels);
        _images = ImageSet.Of(count, network.ImageSize.Height, network.ImageSize.Width, network.ImageChannels, pixels, Option<ReadOnlyMemory<byte>>.None)
            .OrThrow();
        var plan = TrainingPlan.Of(config, count).OrThrow();
        (_epoch, _steps) = (plan.Epoch(0), plan.Steps.PerEpoch);
        _theta = _network.InitialWeights(0);
        _x = randn([batch, network.ImageChannels, network.ImageSize.Height, network.ImageSize.Width], device: device);
        _timesteps = [.. Enumerable.Repeat(config.Model.Schedule.Steps / 2, batch)];
        _sampling = executor(_network);
        _sampling.Take(_theta, withGradient: false);
        _trainer = Trainer(null, null);
    }

    /// <summary>How many weights the network has.</summary>
    public long Weights => _network.Layout.Count;

    /// <summary>Products in one pass of one image.</summary>
    public long Products => NetworkCost.Products(_network.Config);

    /// <summary>One training step.</summary>
    public void Train() => Train(_trainer);

    /// <summary>One evaluation of the network for every image of the batch, in the precision that is measured.</summary>
    public void Forward()
    {
        var batch = _config.Options.BatchSize;
        var piece = _sampling.ShareSize(batch, _workers.Count);
        _workers.ForEach((batch - 1) / piece + 1, number =>
        {
            using var scope = NewDisposeScope();
            var (first, count) = (number * piece, Math.Min(piece, batch - number * piece));
            _sampling.Forward(_x.narrow(0, first, count), _timesteps.AsMemory(first, count));
        });
        Wait();
    }

    /// <summary>How many images it trains on and evaluates in a second.</summary>
    public Rates Rates(Pace pace)
    {
        var (seconds, batch) = (Spread.OfSeconds(pace.Window, pace.Stop, Train, Forward), _config.Options.BatchSize);
        return new(batch / seconds[0].Median, batch / seconds[1].Median);
    }

    /// <summary>A step's noise alone.</summary>
    public void Noise() => _workers.ForEach((_config.Options.BatchSize - 1) / NoisePiece + 1, number =>
    {
        var (first, count) = (number * NoisePiece, Math.Min(NoisePiece, _config.Options.BatchSize - number * NoisePiece));
        var step = _epoch.Step(0).Share(first, count);
        step.FillNoise(new float[count * _network.Config.ImageChannels * _network.Config.ImageSize.Pixels]);
    });

    /// <summary>Steps with parts left out, from the fewest to all: data and noise; the network's output too; its gradient too; and the update.</summary>
    public (Action Act, IDisposable Held)[] Parts()
    {
        var without = new Without();
        (Action, IDisposable) Step(INetworkExecutor? executor, IWeightUpdate? update)
        {
            var trainer = Trainer(executor, update);
            return (() => Train(trainer), trainer);
        }

        return
        [
            Step(without, without),
            Step(new ForwardOnly(_executor(_network)), without),
            Step(null, without),
            Step(null, null),
        ];
    }

    /// <summary>The update of the weights alone, from a gradient of noise.</summary>
    public (Action Act, IDisposable Held) UpdateAlone()
    {
        var held = NewDisposeScope();
        var state = TrainingState.Initial(_network, 0, _config.Average.IsSome);
        var (gradient, how, rule) = (randn_like(_theta), _epoch.Step(0).Update, ComputeDevice.Update(_network.Device, _network.Type, _workers));
        return (() => rule.Apply(state, gradient, how).Dispose(), held);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _trainer.Dispose();
        _sampling.Dispose();
        _theta.Dispose();
        _x.Dispose();
        _network.Dispose();
    }

    private Trainer Trainer(INetworkExecutor? executor, IWeightUpdate? update)
    {
        var state = TrainingState.Initial(_network, 0, _config.Average.IsSome);
        return new(_network, _config.Model, _images, state, _workers, executor ?? _executor(_network), update, ranks: _ranks);
    }

    private void Train(Trainer trainer) => trainer.Step(_epoch.Step(_step++ % _steps));

    private void Wait()
    {
        if (_network.Device.type == TorchSharp.DeviceType.CUDA)
        {
            cuda.synchronize();
        }
    }

    /// <summary>Nothing at all in place of the network and of the update.</summary>
    private sealed class Without : INetworkExecutor, IWeightUpdate
    {
        public bool ComputesEachImageByItself => true;

        public int ShareSize(int batch, int parts) => NoisePiece;

        public long PlannedBytes(int batch, int parts, int threads) => 0;

        public void Take(Tensor theta, bool withGradient)
        {
        }

        public Tensor Forward(Tensor x, ReadOnlyMemory<int> timesteps, ReadOnlyMemory<int> classes = default) => x.alias();

        public Tensor Gradient(
            Tensor x, ReadOnlyMemory<int> timesteps, Tensor target, Tensor? weights, int batch, Tensor gradient, ReadOnlyMemory<int> classes = default,
            LearnedVariance? variance = null, ImportanceFactors? importance = null, ReadOnlyMemory<Draws> dropout = default,
            ReadOnlyMemory<double> augmentation = default) =>
            zeros([], float64, x.device);

        public Tensor Apply(TrainingState state, Tensor gradient, WeightUpdate update) => zeros([], float64, state.Weights.device);

        public void Dispose()
        {
        }
    }

    /// <summary>The output in place of the gradient.</summary>
    private sealed class ForwardOnly(INetworkExecutor network) : INetworkExecutor
    {
        public bool ComputesEachImageByItself => network.ComputesEachImageByItself;

        public int ShareSize(int batch, int parts) => network.ShareSize(batch, parts);

        public long PlannedBytes(int batch, int parts, int threads) => network.PlannedBytes(batch, parts, threads);

        public void Take(Tensor theta, bool withGradient) => network.Take(theta, withGradient);

        public Tensor Forward(Tensor x, ReadOnlyMemory<int> timesteps, ReadOnlyMemory<int> classes = default) => network.Forward(x, timesteps, classes);

        public Tensor Gradient(
            Tensor x, ReadOnlyMemory<int> timesteps, Tensor target, Tensor? weights, int batch, Tensor gradient, ReadOnlyMemory<int> classes = default,
            LearnedVariance? variance = null, ImportanceFactors? importance = null, ReadOnlyMemory<Draws> dropout = default,
            ReadOnlyMemory<double> augmentation = default)
        {
            using var output = network.Forward(x, timesteps);
            return zeros([], float64, x.device);
        }

        public void Dispose() => network.Dispose();
    }
}
