using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Xunit;
using static Ddpm.Properties.KnownAnswers.OriginalUNet;

namespace Ddpm.Properties.KnownAnswers;

/// <summary>The original network's names, shapes and embedding as PyTorch has them (unet.json beside this file).</summary>
public sealed class UNetLayersKnownAnswers
{
    [Fact]
    public void Names_and_shapes_are_the_state_dict_s_in_order()
    {
        var ours = Config.Parameters.Map(parameter => (parameter.Name, string.Join(",", parameter.Shape)))
            .Insert(0, (UNetConfig.EmbeddingName, "1000,100"));
        var theirs = Expected["state_dict_order"]!.AsArray().Select(entry => (entry![0]!.GetValue<string>(), string.Join(",", entry[1]!.AsArray())));
        Assert.Equal(theirs, ours);
        Assert.Equal(606_852, Config.Parameters.Sum(parameter => parameter.Count) + 100_000);
    }

    [Fact]
    public void The_standard_network_adds_the_shortcuts_and_nothing_else()
    {
        var standard = UNetConfig.Tutorial(ImageSize.Square(28), 1, 1000, residual: true).Valid().Parameters;
        Assert.Equal(614_892, standard.Sum(parameter => parameter.Count) + 100_000);
        Assert.Equal(Config.Parameters, standard.Filter(parameter => !parameter.Name.Contains("shortcut", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_embedding_has_the_original_s_entries()
    {
        foreach (var entry in Expected["embedding"]!.AsArray())
        {
            Closeness.Known(
                entry!["value"]!.GetValue<double>(),
                new SinusoidalEmbedding.Tutorial().At(entry["t"]!.GetValue<int>(), entry["i"]!.GetValue<int>(), 100),
                1e-9);
        }
    }
}
