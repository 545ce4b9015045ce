using System.Net.WebSockets;
using Ddpm.Gpu.Networks;
using Ddpm.Host.Exchange;
using Ddpm.Host.Processes;
using Ddpm.Host.Progress;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Benchmarks;

/// <summary>
/// `bench --page`: how long an exported page takes for its pictures in Chromium, alone or in turn with onnxruntime-web, which evaluates the network of
/// `export --format onnx` in the same page.
/// </summary>
/// <param name="config">The network, whose weights are those at the start of a training.</param>
/// <param name="rival">The folder in which `npm install onnxruntime-web` was run, if it is measured too.</param>
/// <param name="rounds">How often each is measured.</param>
/// <param name="view">Shows the figures.</param>
/// <param name="pace">How long a measurement takes.</param>
internal sealed class PageBench(TrainingConfig config, Option<string> rival, int rounds, IView view, Pace pace)
{
    private const int Lines = 10, PhoneWidth = 360;
    private const string Main = "ort.wasm.min.mjs";

    private static readonly Arr<int> Counts = Array(1, 16);

    private readonly List<Figure> _figures = [];

    /// <summary>Measures, and tells each figure as it comes.</summary>
    public Fin<Seq<Figure>> Run() =>
        from folder in rival.Map(Distribution).Sequence()
        from files in Files()
        from browser in Browser.Start(PhoneWidth, pace.Stop)
        from figures in Measured(browser, files, folder)
        select figures;

    /// <summary>The folder of the files that npm has installed.</summary>
    private static Fin<string> Distribution(string folder)
    {
        var files = Path.Combine(folder, "node_modules", "onnxruntime-web", "dist");
        return File.Exists(Path.Combine(files, Main))
            ? Fin<string>.Succ(files)
            : Error.New($"--onnxruntime-web {folder}: there is no {Path.Combine(files, Main)}: run `npm install onnxruntime-web` in that folder");
    }

    private static string Pictures(int count) => count == 1 ? "1 picture" : Invariant($"{count} pictures");

    private static string Threads(int count) => count == 1 ? "1 thread" : Invariant($"{count} threads");

    /// <summary>The page and the ONNX file.</summary>
    private Fin<HashMap<string, byte[]>> Files()
    {
        using var network = new UNet(config.Model.Network, ScalarType.Float32, CPU);
        using var theta = network.InitialWeights(0);
        PageModel model = new("bench", network, theta, config.Model, config.Model.UsualSampling, label => $"{label}", "");
        return HtmlPage.Of(model, PageWeights.Float32)
            .Map(page => HashMap(("page.html", page.ToArray()), ("model.onnx", OnnxFile.Of(network, theta, config.Model).ToArray())));
    }

    private Fin<Seq<Figure>> Measured(Browser chromium, HashMap<string, byte[]> files, Option<string> folder)
    {
        using var browser = chromium;
        using var server = new LoopbackServer(path => files.Find(path).IfNone(() => folder
            .Map(parent => Path.Combine(parent, Path.GetFileName(path))).Filter(File.Exists).Map(File.ReadAllBytes).IfNoneUnsafe(() => null)!));
        try
        {
            browser.BypassPolicy(); // else the page would load nothing beside itself
            browser.Open($"{server.Address}page.html");
            browser.Until("page.pool.fast !== null");
            browser.Value(Script());
            var workers = browser.Value($"bench.begin({Lines})")!.GetValue<int>();
            view.Result(Invariant($"{Diagnosis.Processor.Description}; {browser.Version}; {workers} workers; ")
                + Invariant($"the {config.NetworkName} network at {config.Model.Network.ImageSize}, {Lines} evaluations a picture"));
            Counts.Iter(count => Compare(browser, count, folder.IsSome ? Seq(1, workers).Distinct() : []));
            return _figures.ToSeq();
        }
        catch (Exception e) when (e is BrowserException or WebSocketException)
        {
            return Error.New($"bench --page: {e.Message}");
        }
    }

    /// <summary>All in turn: what slows the machine down for a while slows all of them.</summary>
    private void Compare(Browser browser, int count, Seq<int> threads)
    {
        var works = Seq1($"bench.pictures({count})") + threads.Map(number => $"bench.evaluate({number}, {count})");
        foreach (var number in count == Counts[0] ? threads : [])
        {
            var version = browser.Value($"bench.load({number})")!.GetValue<string>();
            var difference = browser.Value($"bench.difference({number})")!.GetValue<double>();
            view.Result(Invariant($"onnxruntime-web {version} with {Threads(number)}: its answer differs from the page's by {difference:E1}"));
        }

        double Timed(string work, TimeSpan window) =>
            browser.Value(Invariant($"bench.time(() => {work}, {window.TotalMilliseconds})"))!.GetValue<double>();

        works.Iter(work => Timed(work, 2 * pace.Window)); // until then, nothing is compiled by the better compiler
        var times = Range(0, rounds).Map(_ => works.Map(work => Timed(work, pace.Window)).Strict()).ToArr();
        Tell($"page-{count}", $"page: {Pictures(count)}", "ms", times.Map(round => round[0]));
        foreach (var (k, number) in threads.Map((k, number) => (k + 1, number)))
        {
            var name = Invariant($"onnxruntime-web-{number}");
            Tell($"{name}-{count}", $"onnxruntime-web, {Threads(number)}: {Pictures(count)}", "ms", times.Map(round => round[k]));
            Tell($"ratio-{name}-{count}", $"page, times onnxruntime-web, {Threads(number)}", "", times.Map(round => round[k] / round[0]));
        }
    }

    private void Tell(string name, string title, string unit, IEnumerable<double> values)
    {
        Figure figure = new(name, title, unit, Spread.Of(values));
        _figures.Add(figure);
        view.Result(FormattableString.Invariant($"{title,-46}{figure.Value}  {unit}"));
    }

    private static string Script()
    {
        using var reader = new StreamReader(typeof(PageBench).Assembly.GetManifestResourceStream("Ddpm.Host.Benchmarks.page.js")!);
        return reader.ReadToEnd();
    }
}
