using System.Runtime.InteropServices;
using Ddpm.Gpu.Networks;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Checkpoints;

/// <summary>Weights that training starts from, in place of random ones.</summary>
/// <param name="File">The embedding and the weights, in float32 under their state-dict names.</param>
/// <param name="Classes">The number of classes of their network.</param>
public sealed record StartingWeights(SafetensorsFile File, int Classes)
{
    /// <summary>The weights of a checkpoint that samples are made with.</summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="classes">The number of classes in its header.</param>
    public static StartingWeights Of(SafetensorsFile file, int classes) => new(Checkpoint.ForSampling(file), classes);

    /// <summary>The checksum (<see cref="Safetensors.Checksum"/>) of the weights and the embedding.</summary>
    public string Sha256 => Safetensors.Checksum(File);

    /// <summary>Says what becomes of classes that differ; none if they are the same.</summary>
    /// <param name="config">The network to train.</param>
    public Option<string> Remark(UNetConfig config) => config.Classes == Classes ? None
        : config.Classes == 0 ? Some(Invariant($"the class embedding of the weights ({Classes} classes) is left out"))
        : Some(Invariant($"the class embedding starts anew: the weights have {Classes} classes, this run has {config.Classes}"));

    /// <summary>The network with the weights' own timestep embedding, and θ.</summary>
    /// <param name="config">
    /// The network. A class embedding for another number of classes starts anew. So does the map of the augmentation, if the weights have none; if this network
    /// has none, theirs is left out, which changes no sample.
    /// </param>
    /// <param name="seed">The seed of parameters that start anew.</param>
    /// <param name="device">Where the network computes.</param>
    /// <returns>The network and θ, which the caller owns; or the tensors that are missing or have another shape.</returns>
    public Fin<(UNet Network, Tensor Theta)> Start(UNetConfig config, ulong seed, Device device)
    {
        bool IsKept(string name) => (name != UNetConfig.ClassEmbeddingName || config.Classes == Classes)
            && (!EmbeddingConditions.IsOfAugmentation(name) || (config.KnowsAugmentation && File.Tensors.Exists(tensor => tensor.Name == name)));
        var stored = File.Tensors.Filter(tensor => IsKept(tensor.Name)).ToDictionary(tensor => tensor.Name);
        var parameters = config.Parameters.Filter(parameter => IsKept(parameter.Name));
        var wanted = config.Embedding.IsNone || stored.ContainsKey(UNetConfig.EmbeddingName) ? parameters.Add(Checkpoint.TableOf(config)) : parameters;
        var unknown = toSeq(stored.Keys.Except(wanted.Map(parameter => parameter.Name)).ToArray());
        var faults = Seq(
            StoredWeights.Complete(stored, "", wanted).Match(_ => None, fault => Some(fault.Message)),
            unknown.IsEmpty ? None : Some($"this network has no tensors named {unknown.Map(Quote).Listed(", ")}")).Somes();
        if (!faults.IsEmpty)
        {
            return Error.New(string.Join("; ", faults));
        }

        var network = Checkpoint.WithTable(File, config, device);
        return (network, network.Layout.Assemble(Fill, network.Type, network.Device));

        void Fill(Parameter parameter, int k, Span<double> destination)
        {
            if (stored.TryGetValue(parameter.Name, out var tensor))
            {
                StoredWeights.Widen(MemoryMarshal.Cast<byte, float>(tensor.Data.Span), destination);
            }
            else
            {
                WeightInitialization.Fill(parameter, k, seed, destination);
            }
        }
    }
}
