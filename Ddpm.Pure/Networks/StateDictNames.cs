using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>
/// Where a network's tensors stand in a file, by names alone. Whatever wraps a network in PyTorch puts a prefix before all of its names (`module.`
/// DataParallel, `_orig_mod.` torch.compile, `ema_model.` an average); every network of this program has one name by which its prefix is found.
/// </summary>
public sealed record StateDictNames
{
    /// <summary>The name of a normalisation that every network of the tutorial begins with.</summary>
    public const string TutorialLandmark = "b1.0.ln.weight";

    /// <summary>The name of a convolution that every modern network has.</summary>
    public const string ModernLandmark = "down1.block.conv1.weight";

    // The names of networks have fewer parts.
    private const int MostParts = 8;

    private static readonly LanguageExt.HashSet<string> Optimiser =
        HashSet("adam", "optimizer", "optim", "opt", "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer");

    private static readonly LanguageExt.HashSet<string> Counters = HashSet("num_batches_tracked", "step", "initted", "n_averaged", "num_updates", "decay");

    private StateDictNames(string prefix, LanguageExt.HashSet<string> others) => (Prefix, Others) = (prefix, others);

    /// <summary>What stands before the names of the weights to take: of several networks' the average's.</summary>
    public string Prefix { get; }

    /// <summary>What stands before the names of the others, which the average is of.</summary>
    public LanguageExt.HashSet<string> Others { get; }

    /// <summary>Finds the network's tensors.</summary>
    /// <param name="names">All names of the file.</param>
    /// <returns>Where they stand; or that there are none, or those of several networks of which none is an average.</returns>
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

    /// <summary>The name of a network's tensor in the file, if it is there. What is frozen has no average, and stands with the weights.</summary>
    /// <param name="name">Its own name.</param>
    /// <param name="isThere">Whether the file has a name.</param>
    public Option<string> Find(string name, Func<string, bool> isThere) => isThere(Prefix + name) ? Prefix + name
        : name == UNetConfig.EmbeddingName ? toSeq(Others.Map(other => other + name).Where(isThere).Order(StringComparer.Ordinal).ToArray()).HeadOrNone()
        : None;

    /// <summary>
    /// Whether a tensor that the network has no place for is known to be of no use in sampling: the state of an optimiser, a counter, the weights beside their
    /// average.
    /// </summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="isOwn">Whether a name is one of the network's own.</param>
    public bool IsBeside(string name, Func<string, bool> isOwn) =>
        IsOptimiser(name) || Counters.Contains(name[(name.LastIndexOf('.') + 1)..])
        || IsOfOther(name, isOwn);

    private static bool IsOptimiser(string name) => name.Split('.').Any(Optimiser.Contains);

    private static bool IsAverage(string prefix) => prefix.Split('.').Any(part =>
        part == "ema" || part.StartsWith("ema_", StringComparison.Ordinal) || part.EndsWith("_ema", StringComparison.Ordinal));

    private static Option<string> PrefixOf(string name) => Seq(TutorialLandmark, ModernLandmark)
        .Filter(landmark => name.EndsWith(landmark, StringComparison.Ordinal))
        .Map(landmark => name[..^landmark.Length])
        .Filter(prefix => prefix.Length == 0 || prefix[^1] == '.')
        .HeadOrNone();

    /// <summary>Whether a network's own name stands behind another network's prefix: it begins behind one of the last dots, or with the whole.</summary>
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
