using Ddpm.Pure.Images;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>
/// The layers of the tutorial's UNet for a configuration, under the state-dict names of the original PyTorch module. This type decides the layers, their
/// order, names and sizes. Ddpm.Gpu computes them.
/// </summary>
internal sealed record UNetLayers
{
    /// <summary>Builds the layers.</summary>
    public UNetLayers(UNetConfig config, bool residual)
    {
        ImageSize full = config.ImageSize, half = full.Map(side => side / 2), quarter = half.Map(side => side / 2), middle = quarter.Map(side => side / 2);
        var (c1, c2, c3) = (config.Channels[0], config.Channels[1], config.Channels[2]);

        TimeProjection Time(string name, int channels) => new(name, config.EmbeddingDimension, channels);

        Arr<Block> Blocks(string name, ImageSize size, Arr<int> channels, bool lastNormalized = true) =>
            Enumerable.Range(0, channels.Count - 1)
                .Select(i => new Block($"{name}.{i}", size, channels[i], channels[i + 1], lastNormalized || i + 2 < channels.Count, residual))
                .ToArr();

        // A 2×2 kernel makes an odd quarter resolution (7 for 28) even first. On the way up, another one makes it odd again.
        var odd = quarter.Height % 2 == 1; // and the width too, as TutorialUNet checks
        Time1 = Time("te1", config.ImageChannels);
        Stage1 = Blocks("b1", full, Array(config.ImageChannels, c1, c1, c1));
        Down1 = new("down1", c1, c1, 4, 2, 1);
        Time2 = Time("te2", c1);
        Stage2 = Blocks("b2", half, Array(c1, c2, c2, c2));
        Down2 = new("down2", c2, c2, 4, 2, 1);
        Time3 = Time("te3", c2);
        Stage3 = Blocks("b3", quarter, Array(c2, c3, c3, c3));
        Down3 = new("down3", odd
            ? Array<ImageLayer>(new Convolution("down3.0", c3, c3, 2, 1, 0), new Silu("down3.1"), new Convolution("down3.2", c3, c3, 4, 2, 1))
            : Array<ImageLayer>(new Convolution("down3.0", c3, c3, 4, 2, 1)));
        TimeMiddle = Time("te_mid", c3);
        StageMiddle = Blocks("b_mid", middle, Array(c3, c3 / 2, c3 / 2, c3));
        Up1 = new("up1", odd
            ? Array<ImageLayer>(new TransposedConvolution("up1.0", c3, c3, 4, 2, 1), new Silu("up1.1"), new TransposedConvolution("up1.2", c3, c3, 2, 1, 0))
            : Array<ImageLayer>(new TransposedConvolution("up1.0", c3, c3, 4, 2, 1)));
        Time4 = Time("te4", 2 * c3);
        Stage4 = Blocks("b4", quarter, Array(2 * c3, c3, c2, c2));
        Up2 = new("up2", c2, c2, 4, 2, 1);
        Time5 = Time("te5", 2 * c2);
        Stage5 = Blocks("b5", half, Array(2 * c2, c2, c1, c1));
        Up3 = new("up3", c1, c1, 4, 2, 1);
        TimeOut = Time("te_out", 2 * c1);
        StageOut = Blocks("b_out", full, Array(2 * c1, c1, c1, c1), lastNormalized: false);
        Out = new("conv_out", c1, config.OutputChannels, 3, 1, 1);
    }

    /// <summary>The timestep's shift of the image's channels, before the first stage.</summary>
    public TimeProjection Time1 { get; }

    /// <summary>Full resolution, downwards.</summary>
    public Arr<Block> Stage1 { get; }

    /// <summary>From full to half resolution.</summary>
    public Convolution Down1 { get; }

    /// <summary>The shift before the second stage.</summary>
    public TimeProjection Time2 { get; }

    /// <summary>Half resolution, downwards.</summary>
    public Arr<Block> Stage2 { get; }

    /// <summary>From half to quarter resolution.</summary>
    public Convolution Down2 { get; }

    /// <summary>The shift before the third stage.</summary>
    public TimeProjection Time3 { get; }

    /// <summary>Quarter resolution, downwards.</summary>
    public Arr<Block> Stage3 { get; }

    /// <summary>From quarter resolution to the resolution of the middle.</summary>
    public Sequential Down3 { get; }

    /// <summary>The shift before the middle.</summary>
    public TimeProjection TimeMiddle { get; }

    /// <summary>The middle: an eighth of the resolution, rounded down.</summary>
    public Arr<Block> StageMiddle { get; }

    /// <summary>From the resolution of the middle to quarter resolution.</summary>
    public Sequential Up1 { get; }

    /// <summary>The shift before the fourth stage.</summary>
    public TimeProjection Time4 { get; }

    /// <summary>Quarter resolution, upwards.</summary>
    public Arr<Block> Stage4 { get; }

    /// <summary>From quarter to half resolution.</summary>
    public TransposedConvolution Up2 { get; }

    /// <summary>The shift before the fifth stage.</summary>
    public TimeProjection Time5 { get; }

    /// <summary>Half resolution, upwards.</summary>
    public Arr<Block> Stage5 { get; }

    /// <summary>From half to full resolution.</summary>
    public TransposedConvolution Up3 { get; }

    /// <summary>The shift before the last stage.</summary>
    public TimeProjection TimeOut { get; }

    /// <summary>Full resolution, upwards. As in the original, the last block skips its normalisation but keeps the parameters.</summary>
    public Arr<Block> StageOut { get; }

    /// <summary>The last convolution, to the channels of the output.</summary>
    public Convolution Out { get; }

    /// <summary>The network, step by step; its layers come in state-dict order.</summary>
    public Arr<NetworkStep> Steps =>
        Through(Time1) + Through(Stage1) + Keep + Through(Down1)
        + Through(Time2) + Through(Stage2) + Keep + Through(Down2)
        + Through(Time3) + Through(Stage3) + Keep + Through(Down3)
        + Through(TimeMiddle) + Through(StageMiddle)
        + Through(Up1) + Join + Through(Time4) + Through(Stage4)
        + Through(Up2) + Join + Through(Time5) + Through(Stage5)
        + Through(Up3) + Join + Through(TimeOut) + Through(StageOut)
        + Through(Out);

    private static Arr<NetworkStep> Keep => Array<NetworkStep>(new NetworkStep.Keep());

    private static Arr<NetworkStep> Join => Array<NetworkStep>(new NetworkStep.Join());

    private static Arr<NetworkStep> Through(ImageLayer layer) => Array<NetworkStep>(new NetworkStep.Through(layer));

    private static Arr<NetworkStep> Through(Arr<Block> blocks) => blocks.Bind(Through);
}
