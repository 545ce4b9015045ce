using System.Collections.Concurrent;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Ranks;
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

/// <summary>
/// The weights of a network on their way: each step computes the gradient of a batch in shares, so that several threads and several processes can work on it.
/// </summary>
internal sealed class GradientDescent : IDisposable
{
    private readonly UNet _network;
    private readonly IWeightUpdate _update;
    private readonly LearnedVariance? _variance;
    private readonly Replicas _replicas;
    private readonly RankGroup _ranks;
    private readonly int _parts;
    private readonly ConcurrentBag<Tensor> _free = []; // gradients that nobody uses now

    /// <param name="network">The network.</param>
    /// <param name="state">Its weights. They belong to this object from here on.</param>
    /// <param name="replicas">The threads. Their number changes no bit.</param>
    /// <param name="executor">Computes the network, and belongs to this object from here on. Null for the device's usual one.</param>
    /// <param name="update">Updates the weights. Null for the device's usual way.</param>
    /// <param name="variance">How the network learns the variance; null if it learns none.</param>
    /// <param name="parts">In how many parts the user wants a batch computed, ≥ 1 (<see cref="INetworkExecutor.ShareSize"/>).</param>
    /// <param name="ranks">The processes that compute together. Their number changes no bit. Null for this one alone.</param>
    public GradientDescent(
        UNet network, TrainingState state, Replicas replicas, INetworkExecutor? executor = null, IWeightUpdate? update = null, LearnedVariance? variance = null,
        int parts = 1, RankGroup? ranks = null)
    {
        (_network, State, _replicas, _variance, _parts, _ranks) = (network, state, replicas, variance, parts, ranks ?? RankGroup.Alone);
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

    /// <summary>One step. The device may still compute when it returns, if this process computes alone.</summary>
    /// <param name="batch">Images in the batch, ≥ 1.</param>
    /// <param name="update">How the weights change.</param>
    /// <param name="prepare">Makes a share from its first image and its number of images. The executor has taken the weights before.</param>
    /// <param name="ofImages">A number for each image, which the executor finds with its share. Empty if it finds none.</param>
    /// <returns>The loss of each share, and last the norm of the gradient, in float64 on the network's device. The caller owns it.</returns>
    public Tensor Step(int batch, WeightUpdate update, Func<int, int, TrainingShare> prepare, Memory<double> ofImages = default)
    {
        using var scope = NewDisposeScope();
        Take();
        var shares = Shares(batch);
        var ranked = RankedSum.Of(SumOrder.Of(update.Sum, shares.Count), _ranks.Size);
        var mine = ranked.Terms(_ranks.Rank);
        var sum = new RunningSum(ranked, _ranks, _free);
        var exchange = sum.Exchange(Gradient);
        var own = _replicas.Map(mine.Count, number =>
        {
            using var inner = NewDisposeScope(); // the thread has none yet
            var (first, count) = shares[mine.First + number];
            var share = prepare(first, count);
            var gradient = Gradient();
            var loss = Executor.Gradient(
                share.Seen, share.Timesteps, share.Target, share.Weights, batch, gradient, share.Classes, _variance, share.Importance,
                share.Dropout, share.Augmentation);
            sum.Add(mine.First + number, gradient);
            return loss.DetachFromDisposeScope();
        });
        exchange.GetAwaiter().GetResult();
        var total = Everywhere(sum);
        var losses = Everywhere(own, ranked);
        _ranks.Complete(ofImages.Span, rank => Images(ranked.Terms(rank)));
        var norm = _update.Apply(State, total, update);
        _free.Add(total);
        State = State with { Updates = State.Updates + 1 };
        return cat([losses, norm.reshape(1)]).DetachFromDisposeScope();

        (int First, int Count) Images((int First, int Count) terms) => ofImages.IsEmpty || terms.Count == 0
            ? (0, 0)
            : (shares[terms.First].First, shares[terms.First + terms.Count - 1] is var last ? last.First + last.Count - shares[terms.First].First : 0);
    }

    /// <summary>The sum, which rank 0 has, at every rank.</summary>
    private Tensor Everywhere(RunningSum sum)
    {
        if (_ranks.Size == 1)
        {
            return sum.Total;
        }

        var total = _ranks.Leads ? sum.Total : Gradient();
        using var here = total.OnProcessor();
        _ranks.Broadcast(here.bytes);
        if (!_ranks.Leads && total.device_type != TorchSharp.DeviceType.CPU)
        {
            total.copy_(here);
        }

        return total;
    }

    /// <summary>The losses of all shares, at every rank.</summary>
    /// <param name="own">Those of this rank's shares. They are disposed of.</param>
    /// <param name="ranked">Who has which shares.</param>
    private Tensor Everywhere(Tensor[] own, RankedSum ranked)
    {
        var (first, losses) = (ranked.Terms(_ranks.Rank).First, new double[_ranks.Size == 1 ? 0 : ranked.Order.Terms]);
        var known = own.Length == 0 ? empty(0, float64) : stack(own);
        foreach (var loss in own)
        {
            loss.Dispose();
        }

        if (_ranks.Size == 1)
        {
            return known; // the device may not have computed them yet
        }

        if (own.Length > 0)
        {
            known.cpu().data<double>().CopyTo(losses.AsSpan(first, own.Length));
        }

        _ranks.Complete(losses, ranked.Terms);
        return tensor(losses).to(_network.Device);
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
    /// tree and one per thread. A value that another rank needs is sent there while the shares are still computed.
    /// </summary>
    /// <param name="ranked">The order, and which rank computes what.</param>
    /// <param name="ranks">The ranks.</param>
    /// <param name="free">Receives the gradients that were added to others, or sent.</param>
    private sealed class RunningSum(RankedSum ranked, RankGroup ranks, ConcurrentBag<Tensor> free)
    {
        private readonly Dictionary<int, Tensor> _waiting = [];
        private readonly Dictionary<int, TaskCompletionSource<Tensor>> _leaving = ranked.MessagesOf(ranks.Rank)
            .Filter(message => message.From == ranks.Rank)
            .ToDictionary(message => message.Value, _ => new TaskCompletionSource<Tensor>(TaskCreationOptions.RunContinuationsAsynchronously));

        private Tensor? _total;

        /// <summary>The sum, after all gradients were added, at the rank that has it.</summary>
        public Tensor Total => _total ?? throw new InvalidOperationException("a share's gradient is missing");

        /// <summary>Adds the gradient of a share, or a value from another rank, on the caller's thread. It belongs to this object from here on.</summary>
        public void Add(int value, Tensor gradient)
        {
            while (ranked.Order.Next(value).Case is (int next, int partner))
            {
                if (_leaving.TryGetValue(value, out var leaves))
                {
                    leaves.SetResult(gradient);
                    return;
                }

                Tensor? other;
                lock (_waiting)
                {
                    if (!_waiting.Remove(partner, out other))
                    {
                        _waiting.Add(value, gradient);
                        Monitor.PulseAll(_waiting);
                        return;
                    }
                }

                gradient.Add(other, 1);
                free.Add(other);
                value = next;
            }

            _total = gradient;
        }

        /// <summary>Begins to send and receive what this rank has to, in the order of the sum.</summary>
        /// <param name="gradient">Makes room for a value.</param>
        public Task Exchange(Func<Tensor> gradient)
        {
            var messages = ranked.MessagesOf(ranks.Rank);
            return messages.IsEmpty ? Task.CompletedTask : Task.Factory.StartNew(
                () =>
                {
                    using var own = NewDisposeScope(); // the thread has none yet
                    foreach (var message in messages)
                    {
                        if (message.From == ranks.Rank)
                        {
                            var leaves = _leaving[message.Value].Task.GetAwaiter().GetResult();
                            using var here = leaves.OnProcessor();
                            ranks.Messages.Send(message.To, here.bytes);
                            free.Add(leaves);
                        }
                        else
                        {
                            AwaitPartner(message.Value);
                            var arrived = gradient();
                            using var here = arrived.OnProcessor();
                            ranks.Messages.Receive(message.From, here.bytes);
                            if (arrived.device_type != TorchSharp.DeviceType.CPU)
                            {
                                arrived.copy_(here);
                            }

                            Add(message.Value, arrived);
                        }
                    }
                },
                default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        /// <summary>Waits until the number is there to which a value will be added. Looking for messages takes time from the threads that compute.</summary>
        private void AwaitPartner(int value)
        {
            var partner = ranked.Order.Next(value).Map(next => next.Partner);
            lock (_waiting)
            {
                while (partner.Exists(known => !_waiting.ContainsKey(known)))
                {
                    Monitor.Wait(_waiting);
                }
            }
        }
    }
}
