using System.Text.Json.Nodes;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;

namespace Ddpm.Properties.KnownAnswers;

/// <summary>The original network, and what PyTorch says of it (unet.json beside this file).</summary>
internal static class OriginalUNet
{
    public static JsonNode Expected { get; } = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "KnownAnswers", "unet.json")))!;

    public static UNetConfig Config { get; } = UNetConfig.Tutorial(ImageSize.Square(28), 1, 1000, residual: false).Valid();
}
