using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>
/// Finds a network's tensors in a file by name. A PyTorch wrapper puts a prefix before all names of a network (DataParallel `module.`, torch.compile
/// `_orig_mod.`, an average of the weights `ema_model.`). Every network of this program has one landmark name, and that name reveals the prefix.
/// </summary>
internal sealed record StateDictNames
{
    /// <summary>The first normalisation of every tutorial network.</summary>
    public const string TutorialLandmark = "b1.0.ln.weight";

    /// <summary>A convolution of every modern network.</summary>
    public const string ModernLandmark = "down1.block.conv1.weight";

    // No name of a network has more parts.
    private const int MostParts = 8;

    private static readonly LanguageExt.HashSet<string> Optimiser =
        HashSet("adam", "optimizer", "optim", "opt", "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer", "importance");

    private static readonly LanguageExt.HashSet<string> Counters =
        HashSet("num_batches_tracked", "step", "initted", "n_averaged", "num_updates", "decay");

    private StateDictNames(string prefix, LanguageExt.HashSet<string> others) => (Prefix, Others) = (prefix, others);

    /// <summary>The prefix of the weights to take. Where a file holds both weights and an average, the prefix of the average.</summary>
    public string Prefix { get; }

    /// <summary>The prefixes of the networks that were averaged.</summary>
    public LanguageExt.HashSet<string> Others { get; }

    /// <summary>Finds the network's tensors.</summary>
    /// <param name="names">All names of the file.</param>
    /// <returns>The names; or an error if the file has no network, or several networks and no average.</returns>
    public static Fin<StateDictNames> Of(IEnumerable<string> names)
    {
        var prefixes = toSeq(names.Where(name => !IsOptimiser(name)).SelectMany(name => PrefixOf(name).AsEnumerable()).Distinct().ToArray());
        var averages = prefixes.Filter(IsAverage).Strict();
        var candidates = averages.IsEmpty ? prefixes : averages;
        return candidates.Count switch
        {
            0 => Error.New($"it has neither {TutorialLandmark} nor {ModernLandmark}, so its weights are of no network of this program"),
            1 => new StateDictNames(candidates[0], toHashSet(prefixes.Filter(prefix => prefix != candidates[0]))),
            2 => Error.New($"it holds the weights of 2 networks, {Quote(candidates[0])} and {Quote(candidates[1])}: save one of them alone"),
            var count => Error.New(Invariant(
                $"it holds the weights of {count} networks, {Quote(candidates[0])} and {Quote(candidates[1])} among them: save one of them alone")),
        };
    }

    /// <summary>
    /// The name of a network's tensor in the file, if the file has it. The frozen embedding has no average, so it may stand with the plain weights.
    /// </summary>
    /// <param name="name">The network's own name for the tensor.</param>
    /// <param name="isThere">Whether the file has a name.</param>
    public Option<string> Find(string name, Func<string, bool> isThere)
    {
        if (isThere(Prefix + name))
        {
            return Prefix + name;
        }

        return name == UNetConfig.EmbeddingName
            ? toSeq(Others.Map(other => other + name).Where(isThere).Order(StringComparer.Ordinal).ToArray()).HeadOrNone()
            : None;
    }

    /// <summary>
    /// Whether sampling certainly does not need a tensor outside of the network: the state of an optimiser, a counter, plain weights beside their average, or
    /// the map of the augmentation.
    /// </summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="isOwn">Whether a name is one of the network's own.</param>
    public bool IsBeside(string name, Func<string, bool> isOwn) =>
        IsOptimiser(name) || Counters.Contains(name[(name.LastIndexOf('.') + 1)..])
        || IsOfOther(name, isOwn)
        || Others.Add(Prefix).Exists(prefix =>
            name.StartsWith(prefix, StringComparison.Ordinal) && EmbeddingConditions.IsOfAugmentation(name[prefix.Length..]));

    private static bool IsOptimiser(string name) => name.Split('.').Any(Optimiser.Contains);

    private static bool IsAverage(string prefix) => prefix.Split('.').Any(part =>
        part == "ema" || part.StartsWith("ema_", StringComparison.Ordinal) || part.EndsWith("_ema", StringComparison.Ordinal));

    private static Option<string> PrefixOf(string name) => Seq(TutorialLandmark, ModernLandmark)
        .Filter(landmark => name.EndsWith(landmark, StringComparison.Ordinal))
        .Map(landmark => name[..^landmark.Length])
        .Filter(prefix => prefix.Length == 0 || prefix[^1] == '.')
        .HeadOrNone();

    /// <summary>Whether a name is the prefix of an averaged network followed by one of the network's own names.</summary>
    private bool IsOfOther(string name, Func<string, bool> isOwn)
    {
        var at = name.Length;
        for (var part = 0; part < MostParts && at > 0; part++)
        {
            at = name.LastIndexOf('.', at - 1);
            if (Others.Contains(name[..(at + 1)]) && isOwn(name[(at + 1)..]))
            {
                return true;
            }
        }

        return false;
    }
}
