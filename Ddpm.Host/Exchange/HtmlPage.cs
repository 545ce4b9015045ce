using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ddpm.Gpu.Networks;
using Ddpm.Host.Faults;
using Ddpm.Host.Runs;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Exchange;

/// <summary>How a page stores weights.</summary>
internal enum PageWeights
{
    /// <summary>As they are.</summary>
    Float32,

    /// <summary>In half the space, rounded to 11 bits.</summary>
    Float16,
}

/// <summary>What a page shows.</summary>
/// <param name="Name">The run's name.</param>
/// <param name="Network">The network.</param>
/// <param name="Theta">Its weights.</param>
/// <param name="Model">What it was trained for.</param>
/// <param name="Usual">The default way to sample it.</param>
/// <param name="ClassName">What a class is called.</param>
/// <param name="Sha256">The checksum of the weights.</param>
internal sealed record PageModel(
    string Name, UNet Network, Tensor Theta, DiffusionModel Model, SamplingOptions Usual, Func<int, string> ClassName, string Sha256)
{
    /// <summary>A run's model.</summary>
    public static PageModel Of(RunFolder folder, TrainedModel model) => new(
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder.Path))), model.Network, model.Theta, model.Model, model.UsualSampling,
        model.Receipt.Data.ClassName, model.WeightsSha256);
}

/// <summary>
/// A trained model as one HTML page that makes pictures by itself: a template, a style, two scripts, a description of the model in JSON and its weights in
/// base64. The first script is the port of this program; the page's workers and Node run it too. The second one is the page.
/// </summary>
internal static partial class HtmlPage
{
    /// <summary>The largest weights of a page, in bytes of float32.</summary>
    public const int MostBytes = 64 << 20;

    /// <summary>The most that all values between the layers of a network may take, in bytes. The page reuses much of it.</summary>
    private const long MostValueBytes = 1L << 29;

    /// <summary>The files of the port, in order.</summary>
    private static readonly Arr<string> Core = Array("philox", "normals", "plan", "assembler", "kernels", "network", "model", "worker");

    /// <summary>The files of the page, in order.</summary>
    private static readonly Arr<string> View = Array("pool", "picture", "gif", "wall", "chain", "studio", "morph", "page");

    /// <summary>The page of a model, or why there is none.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weights">How weights are stored.</param>
    public static Fin<ReadOnlyMemory<byte>> Of(PageModel model, PageWeights weights)
    {
        var (bytes, values) = (4 * model.Network.Layout.Count, 4 * PageNetwork.NumbersOf(model.Network.Config));
        Fin<Unit> Fits(string what, long size, long most) => Outcomes.Require(
            size <= most,
            Invariant($"{what} have {size / 1e6:F0} MB in float32, and a page holds at most {most >> 20} MiB: use --format onnx instead"));
        return from small in Fits("the weights", bytes, MostBytes)
               from narrow in Fits("the values between the layers", values, MostValueBytes)
               select (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(Page(model, weights));
    }

    private static string Page(PageModel model, PageWeights weights)
    {
        var (description, data) = Description(model, weights);
        string core = Script(Core), view = Script(View), style = Resource("page.css");
        var policy = $"default-src 'none'; script-src '{Hash(core)}' '{Hash(view)}' 'wasm-unsafe-eval'; style-src '{Hash(style)}'; "
            + "img-src data: blob:; worker-src blob:; base-uri 'none'; form-action 'none'";
        var parts = Map(
            ("policy", policy),
            ("title", WebUtility.HtmlEncode(model.Name)),
            ("style", style),
            ("core", core),
            ("view", view),
            ("model", description.ToJsonString()), // it escapes < > & and quotes
            ("weights", data));
        return Place().Replace(Resource("page.html"), match => parts[match.Groups[1].Value]); // in one pass, so that a name cannot name a place
    }

    /// <summary>What the page knows of the model, and its weights in base64.</summary>
    private static (JsonObject Description, string Weights) Description(PageModel model, PageWeights weights)
    {
        var config = model.Network.Config;
        var plans = PagePlan.Of(model.Model, model.Usual);
        var timesteps = plans.Bind(plan => plan.Plan.Lines.Map(line => line.Timestep)).Distinct().OrderBy(t => t).ToArr();
        var (network, names) = PageNetwork.Of(config);
        var (tensors, data) = Tensors(model.Network, model.Theta, timesteps, names, weights);
        return (
            new()
            {
                ["name"] = model.Name,
                ["network"] = network,
                ["tensors"] = tensors,
                ["timesteps"] = new JsonArray([.. timesteps.Map(t => (JsonNode)t)]),
                ["image"] = new JsonArray(config.ImageChannels, config.ImageSize.Height, config.ImageSize.Width),
                ["learns-variance"] = config.LearnsVariance,
                ["stretch"] = model.Model.Preset.StretchPixels,
                ["classes"] = new JsonArray([.. Range(0, config.Classes).Map(label => (JsonNode)model.ClassName(label))]),
                ["weights"] = weights == PageWeights.Float16 ? "float16" : "float32",
                ["sha256"] = model.Sha256,
                ["plans"] = new JsonArray([.. plans.Map(plan => (JsonNode)plan.ToJson())]),
            },
            Convert.ToBase64String(data));
    }

    /// <summary>
    /// The tensors, one after another, little-endian, each at a multiple of 4 bytes: the rows of the timestep embedding that plans visit, always in float32,
    /// and the parameters that the network reads.
    /// </summary>
    private static (JsonObject Named, byte[] Data) Tensors(UNet network, Tensor theta, Arr<int> timesteps, IReadOnlySet<string> names, PageWeights weights)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        var data = new MemoryStream();
        var named = new JsonObject();

        void Add(string name, Tensor values, bool half)
        {
            var numbers = values.contiguous().to(float32).cpu().data<float>().ToArray();
            var bytes = new byte[(numbers.Length * (half ? 2 : 4) + 3) / 4 * 4];
            for (var i = 0; i < numbers.Length; i++)
            {
                if (half)
                {
                    BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(2 * i), (Half)numbers[i]);
                }
                else
                {
                    BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), numbers[i]);
                }
            }

            named.Add(name, new JsonObject
            {
                ["type"] = half ? "float16" : "float32",
                ["shape"] = new JsonArray([.. values.shape.Select(extent => (JsonNode)extent)]),
                ["at"] = data.Position,
            });
            data.Write(bytes);
        }

        Add("timesteps", network.TimeEmbedding[tensor(timesteps.Map(t => (long)t).ToArray())], half: false);
        var parameters = network.Layout.View(theta);
        network.Layout.Parameters.Filter(parameter => names.Contains(parameter.Name))
            .Iter(parameter => Add(parameter.Name, parameters[parameter.Name], weights == PageWeights.Float16));
        return (named, data.ToArray());
    }

    private static string Script(Arr<string> files) => "'use strict';\n" + string.Concat(files.Map(file => "\n" + Resource(file + ".js")));

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Place();

    private static string Hash(string content) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}";

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(HtmlPage).Assembly.GetManifestResourceStream($"Ddpm.Host.Page.{name}")!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
