using Ddpm.Properties.Attacks;
using Ddpm.Pure.Networks;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Networks;

public sealed class StateDictNamesLaws
{
    private static readonly string[] Own = [.. SampleWeights.Network.Parameters.Map(parameter => parameter.Name), UNetConfig.EmbeddingName];

    /// <summary>Any text that ends in a dot may stand before the names.</summary>
    [Law]
    public bool Whatever_stands_before_all_names_is_found(string? text)
    {
        var prefix = string.IsNullOrEmpty(text) ? "" : $"x{text.Replace('.', '_')}.";
        var names = StateDictNames.Of(Own.Select(name => prefix + name)).Valid();
        return names.Prefix == prefix && names.Others.IsEmpty && Own.All(name => names.Find(name, _ => true) == Some(prefix + name));
    }

    [Theory]
    [InlineData("adam.exp_avg.b1.0.ln.weight", true)]
    [InlineData("optimizer.state.0.step", true)]
    [InlineData("model.b1.0.bn.num_batches_tracked", true)]
    [InlineData("online.b1.0.ln.weight", true)]
    [InlineData("online.b1.0.ln.gain", false)]
    [InlineData("other.b1.0.ln.weight", false)]
    [InlineData("betas", false)]
    [InlineData("", false)]
    [InlineData("........................", false)]
    public void What_sampling_does_not_need_is_told_from_what_is_unknown(string name, bool beside)
    {
        var names = StateDictNames.Of([.. Own.Select(own => "online." + own), .. Own.Select(own => "ema." + own)]).Valid();
        Assert.Equal("ema.", names.Prefix);
        Assert.Equal(beside, names.IsBeside(name, Own.Contains));
    }

    /// <summary>The table of timesteps is frozen, so no average of it is kept.</summary>
    [Fact]
    public void The_table_of_timesteps_stands_with_the_weights()
    {
        string[] there = [.. Own, .. Own.Where(name => name != UNetConfig.EmbeddingName).Select(name => "ema." + name)];
        var names = StateDictNames.Of(there).Valid();
        Assert.Equal(Some(UNetConfig.EmbeddingName), names.Find(UNetConfig.EmbeddingName, there.Contains));
        Assert.Equal(None, names.Find("b1.0.ln.gain", there.Contains));
    }
}
