using System.Collections.Concurrent;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Random;
using Ddpm.Pure.Training;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Training;

/// <summary>What a network should answer to some images of a batch.</summary>
/// <param name="Seen">What it sees, N×C×H×W.</param>
/// <param name="Timesteps">The timestep of each.</param>
/// <param name="Target">The wanted output, N×C×H×W.</param>
/// <param name="Weights">How much the error of each counts; null for 1 each.</param>
/// <param name="Classes">The class of each; empty if the network knows none.</param>
/// <param name="Importance">With importance sampling, the factors of their losses.</param>
/// <param name="Dropout">The random numbers of each image's dropout; empty for no dropout.</param>
/// <param name="Augmentation">What the network is told of the change of each; empty if none is changed.</param>
internal readonly record struct TrainingShare(
    Tensor Seen, ReadOnlyMemory<int> Timesteps, Tensor Target, Tensor? Weights = null, ReadOnlyMemory<int> Classes = default,
    ImportanceFactors? Importance = null, ReadOnlyMemory<Draws> Dropout = default, ReadOnlyMemory<double> Augmentation = default);

/// <summary>The weights of a network on their way: each step computes the gradient of a batch in shares, so that several threads can work on it.</summary>
internal sealed class GradientDescent : IDisposable
{
    private readonly UNet _network;
    private readonly IWeightUpdate _update;
    private readonly LearnedVariance? _variance;
    private readonly Replicas _replicas;
    private readonly int _parts;
    private readonly ConcurrentBag<Tensor> _free = []; // gradients that nobody uses now

    /// <param name="network">The network.</param>
    /// <param name="state">Its weights. They belong to this object from here on.</param>
    /// <param name="replicas">The threads. Their number changes no bit.</param>
    /// <param name="executor">Computes the network, and belongs to this object from here on. Null for the device's usual one.</param>
    /// <param name="update">Updates the weights. Null for the device's usual way.</param>
    /// <param name="variance">How the network learns the variance; null if it learns none.</param>
    /// <param name="parts">In how many parts the user wants a batch computed, ≥ 1 (<see cref="INetworkExecutor.ShareSize"/>).</param>
    public GradientDescent(
        UNet network, TrainingState state, Replicas replicas, INetworkExecutor? executor = null, IWeightUpdate? update = null, LearnedVariance? variance = null,
        int parts = 1)
    {
        (_network, State, _replicas, _variance, _parts) = (network, state, replicas, variance, parts);
        Executor = executor ?? ComputeDevice.Executor(network);
        _update = update ?? ComputeDevice.Update(network.Device, network.Type, replicas);
    }

    /// <summary>Where training stands.</summary>
    public TrainingState State { get; set; }

    /// <summary>What computes the network.</summary>
    public INetworkExecutor Executor { get; }

    /// <summary>Takes the current weights to compute with.</summary>
    public void Take() => Executor.Take(State.Weights, withGradient: true);

    /// <summary>Computes the parts of a batch, each on one thread, in the sizes that suit the executor.</summary>
    /// <param name="batch">Images in the batch, ≥ 1.</param>
    /// <param name="work">Computes a part by its number, its first image and its number of images.</param>
    public T[] InShares<T>(int batch, Func<int, int, int, T> work)
    {
        var parts = Shares(batch);
        return _replicas.Map(parts.Count, number => work(number, parts[number].First, parts[number].Count));
    }

    /// <summary>One step. The device may still compute when it returns.</summary>
    /// <param name="batch">Images in the batch, ≥ 1.</param>
    /// <param name="update">How the weights change.</param>
    /// <param name="prepare">Makes a share from its first image and its number of images. The executor has taken the weights before.</param>
    /// <returns>The loss of each share, and last the norm of the gradient, in float64 on the network's device. The caller owns it.</returns>
    public Tensor Step(int batch, WeightUpdate update, Func<int, int, TrainingShare> prepare)
    {
        using var scope = NewDisposeScope();
        Take();
        var sum = new RunningSum(SumOrder.Of(update.Sum, Shares(batch).Count), _free);
        var losses = InShares(batch, (number, first, count) =>
        {
            using var own = NewDisposeScope(); // the thread has none yet
            var share = prepare(first, count);
            var gradient = Gradient();
            var loss = Executor.Gradient(
                share.Seen, share.Timesteps, share.Target, share.Weights, batch, gradient, share.Classes, _variance, share.Importance,
                share.Dropout, share.Augmentation);
            sum.Add(number, gradient);
            return loss.DetachFromDisposeScope();
        });
        var norm = _update.Apply(State, sum.Total, update);
        _free.Add(sum.Total);
        State = State with { Updates = State.Updates + 1 };
        var outcome = stack([.. losses, norm]).DetachFromDisposeScope();
        foreach (var loss in losses)
        {
            loss.Dispose();
        }

        return outcome;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        State.Dispose();
        Executor.Dispose();
        foreach (var gradient in _free)
        {
            gradient.Dispose();
        }
    }

    private Arr<(int First, int Count)> Shares(int batch) => BatchShares.Of(batch, (batch - 1) / Executor.ShareSize(batch, _parts) + 1);

    /// <summary>A gradient of zeros.</summary>
    private Tensor Gradient()
    {
        if (!_free.TryTake(out var gradient))
        {
            return zeros(_network.Layout.Count, _network.Type, _network.Device).DetachFromDisposeScope();
        }

        gradient.zero_();
        return gradient;
    }

    /// <summary>
    /// Adds the gradients of shares in an order, each as soon as its partner is there. So only a few gradients exist at a time: at most one per level of the
    /// tree and one per thread.
    /// </summary>
    /// <param name="order">The order.</param>
    /// <param name="free">Receives the gradients that were added to others.</param>
    private sealed class RunningSum(SumOrder order, ConcurrentBag<Tensor> free)
    {
        private readonly Dictionary<int, Tensor> _waiting = [];
        private Tensor? _total;

        /// <summary>The sum, after all gradients were added.</summary>
        public Tensor Total => _total ?? throw new InvalidOperationException("a share's gradient is missing");

        /// <summary>Adds the gradient of a share, on the caller's thread. It belongs to this object from here on.</summary>
        public void Add(int share, Tensor gradient)
        {
            var value = share;
            while (order.Next(value).Case is (int next, int partner))
            {
                Tensor? other;
                lock (_waiting)
                {
                    if (!_waiting.Remove(partner, out other))
                    {
                        _waiting.Add(value, gradient);
                        return;
                    }
                }

                gradient.Add(other, 1);
                free.Add(other);
                value = next;
            }

            _total = gradient;
        }
    }
}
