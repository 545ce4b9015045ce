using System.Text.Json.Nodes;
using Ddpm.Host.Processes;
using Ddpm.Pure.Formats;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>An exported page in a real browser, opened as a file and from a server.</summary>
public sealed class BrowserTests : IDisposable
{
    private const string Finished = "document.getElementById('wall')?.ariaBusy === 'false' && page.selected !== undefined && page.chain.steps";

    private const string Levels = "(c => { const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height); "
        + "return Array.from({ length: c.width * c.height }, (_, i) => data[4 * i]); })";

    private readonly DdpmProcess _ddpm = new();
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromMinutes(3));

    public void Dispose()
    {
        _patience.Dispose();
        _ddpm.Dispose();
    }

    [ChromiumFact]
    public void In_a_browser_a_page_makes_the_pictures_of_the_program_and_its_controls_do_what_they_say()
    {
        _ddpm.Done("import", "--pretrained", "fashion-mnist-by-class", "--run", "given");
        var page = _ddpm.Path("page.html");
        _ddpm.Done("export", "--run", "given", "--format", "html", "--to", page);
        _ddpm.Done(
            "sample", "--run", "given", "--seed", "3", "--count", "4", "--sampler", "sa-solver-2", "--sampling-steps", "5", "--spacing", "karras",
            "--guidance-scale", "2");
        var expected = Npy.Read(File.ReadAllBytes(_ddpm.Path("runs", "given", "samples.npy"))).Valid().Data.ToArray();
        const string Choices = "#seed=3&count=4&sampler=sa-solver-2&steps=5&class=all&scale=2";
        using var server = new LoopbackServer(_ => File.ReadAllBytes(page));
        using var browser = Start(width: 1100);

        // The pictures of the program, from both places.
        foreach (var address in (string[])[new Uri(page).AbsoluteUri, $"{server.Address}page.html"])
        {
            browser.Open(address + Choices);
            browser.Until(Finished);
            var made = Wall(browser).SelectMany(picture => picture).ToArray();
            Assert.Equal(expected.Length, made.Length);
            var differences = made.Zip(expected, (one, other) => Math.Abs(one - other)).ToArray();
            Assert.InRange(differences.Max(), 0, 1);
            Assert.InRange(differences.Count(difference => difference > 0), 0, differences.Length / 1000);
            Assert.True(browser.Value("page.pool.fast")!.GetValue<bool>());
        }

        Assert.StartsWith("o = 2·network(x, t = 0, class) − network(x, t = 0)", Text(browser, "executing"), StringComparison.Ordinal);
        Assert.Contains("--seed 3 --count 4 --guidance-scale 2", Text(browser, "command"), StringComparison.Ordinal);

        // The scrubber: x after the last line is the picture, and x before the first is noise. The line is shown.
        browser.Value("document.querySelectorAll('#wall button')[2].click()");
        browser.Until("document.getElementById('chain-title').textContent.includes('picture 2 (pullover)') && page.chain.steps.length === 6");
        browser.Value("page.chain.slider.value = 5; page.chain.slider.dispatchEvent(new Event('input'))");
        Assert.Equal(Wall(browser)[2], Numbers(browser.Value($"{Levels}(page.chain.noisy)")));
        Assert.StartsWith("line 5      o = 2·network(x, t = ", Text(browser, "plan-line"), StringComparison.Ordinal);
        browser.Value("page.chain.slider.value = 0; page.chain.slider.dispatchEvent(new Event('input'))");
        Assert.Equal("start       x = noise", Text(browser, "plan-line"));

        // A part is erased: only its pixels change.
        browser.Value("document.getElementById('use-selected').click(); document.getElementById('erase').click(); page.studio.brush.value = 3");
        browser.Drag("#easel canvas", (0.2, 0.5), (0.8, 0.5));
        browser.Until("page.studio.kept.includes(0) && document.getElementById('studio-told').textContent.startsWith('Filled in')");
        var (original, kept) = (Wall(browser)[2], Numbers(browser.Value("[...page.studio.kept]")));
        Assert.InRange(kept.Count(pixel => pixel == 0), 50, 400);
        foreach (var filled in browser.Value($"page.studio.results.map({Levels})")!.AsArray().Select(Numbers))
        {
            Assert.All(Enumerable.Range(0, kept.Length).Where(i => kept[i] == 1), i => Assert.Equal(original[i], filled[i]));
            Assert.Contains(Enumerable.Range(0, kept.Length), i => kept[i] == 0 && original[i] != filled[i]);
        }

        // Between two pictures: the first is the picture of its number.
        browser.Until("page.morph.canvases.every(c => new Set(" + Levels + "(c)).size > 4)");
        Assert.NotEqual(Numbers(browser.Value($"{Levels}(page.morph.canvases[0])")), Numbers(browser.Value($"{Levels}(page.morph.canvases[11])")));

        // A new seed by the keyboard, and its link gives the same pictures.
        var before = Wall(browser);
        browser.Value("document.activeElement.blur(); page.selected = undefined; page.chain.steps = null");
        browser.Press("n");
        browser.Until(Finished);
        var link = browser.Value("location.href")!.GetValue<string>();
        Assert.DoesNotContain("seed=3&", link, StringComparison.Ordinal);
        var after = Wall(browser);
        Assert.NotEqual(before, after);
        browser.Open(link);
        browser.Until(Finished);
        Assert.Equal(after, Wall(browser));

        // A class, a sampler, and a GIF of them.
        browser.Value("""
            page.selected = undefined; page.chain.steps = null;
            page.input('class').value = '7'; page.input('sampler').value = 'ddim'; page.input('sampler').dispatchEvent(new Event('change'))
            """);
        browser.Until(Finished);
        var captions = browser.Value("[...document.querySelectorAll('#wall span')].map(s => s.textContent).join(' ')")!.GetValue<string>();
        Assert.Equal("sneaker sneaker sneaker sneaker", captions);
        Assert.Contains("--sampler ddim --sampling-steps 5", Text(browser, "command"), StringComparison.Ordinal);
        using (var animation = Gif(browser, "page.wall.gif()"))
        {
            Assert.Equal(6, animation.Frames.Count);
            Assert.Equal((118, 118), (animation.Width, animation.Height));
        }

        // A GIF of noise, whose codes fill the table more than once. The greys are in the palette.
        const string Noise = "(() => { const canvas = Object.assign(document.createElement('canvas'), { width: 128, height: 128 });"
            + "paint(canvas, Uint8Array.from({ length: 128 * 128 }, (_, i) => Math.round(255 * ((Math.imul(i, 0x9e3779b1) >>> 9) % 40) / 39)));"
            + "return gif([{ canvas, delay: 5 }]); })()";
        using (var noise = Gif(browser, Noise))
        {
            var pixels = new L8[128 * 128];
            noise.CopyPixelDataTo(pixels);
            Assert.Equal(
                Enumerable.Range(0, pixels.Length).Select(i => (int)Math.Round(255 * ((unchecked((uint)i * 0x9e3779b1) >> 9) % 40) / 39.0)),
                pixels.Select(pixel => (int)pixel.PackedValue));
        }

        // A report has the same page in a frame.
        const string Hostile = "<img src=x onerror=\"injected = 1\"><!--'&amp;{{core}}\u2028";
        Directory.Move(_ddpm.Path("runs", "given"), _ddpm.Path("runs", Hostile));
        _ddpm.Done("report", "--run", Hostile, "--live", "--to", "report.html");
        browser.Open(new Uri(_ddpm.Path("report.html")).AbsoluteUri);
        browser.Until("document.querySelector('iframe').contentDocument.getElementById('wall').ariaBusy === 'false'");
        Assert.Equal(Hostile, browser.Value("document.querySelector('h1').textContent")!.GetValue<string>());
        Assert.Equal(Hostile, browser.Value("document.querySelector('iframe').contentDocument.getElementById('name').textContent")!.GetValue<string>());
        const string Injected = "`${typeof injected} ${typeof document.querySelector('iframe').contentWindow.injected}`";
        Assert.Equal("undefined undefined", browser.Value(Injected)!.GetValue<string>());

        Assert.Empty(browser.Errors);
    }

    [ChromiumFact]
    public void On_a_phone_a_page_needs_no_scrolling_to_the_side_and_hostile_names_stay_text_and_nothing_but_JavaScript_is_needed()
    {
        const string Hostile = "</script><img src=x onerror=\"injected = 1\"><script>injected = 1</script>'&amp;";
        File.WriteAllBytes(_ddpm.Path("page.html"), PageTests.SmallPage(classes: 2, Hostile));
        using var browser = Start(width: 360);
        browser.Open(new Uri(_ddpm.Path("page.html")).AbsoluteUri);
        browser.Until(Finished);
        Assert.Equal(360, browser.Value("document.documentElement.scrollWidth")!.GetValue<int>());
        Assert.Equal(Hostile, Text(browser, "name"));
        Assert.Equal(Hostile, browser.Value("document.querySelector('#wall span').textContent")!.GetValue<string>());
        Assert.Equal(0, browser.Value("document.images.length")!.GetValue<int>());
        Assert.Equal("undefined", browser.Value("typeof injected")!.GetValue<string>());

        // Without workers and WebAssembly, the page itself makes the same pictures.
        var made = Wall(browser);
        Assert.True(browser.Value("page.pool.fast")!.GetValue<bool>());
        browser.Before("delete globalThis.Worker; delete globalThis.WebAssembly");
        browser.Open(new Uri(_ddpm.Path("page.html")).AbsoluteUri);
        browser.Until(Finished);
        Assert.False(browser.Value("page.pool.fast")!.GetValue<bool>());
        Assert.Equal(made, Wall(browser));
        Assert.Empty(browser.Errors);
    }

    [ChromiumFact]
    public void What_a_page_does_not_have_is_refused_in_one_line_and_a_keyboard_is_enough_to_draw()
    {
        File.WriteAllBytes(_ddpm.Path("page.html"), PageTests.SmallPage(classes: 2, "small"));
        var address = new Uri(_ddpm.Path("page.html")).AbsoluteUri;
        using var browser = Start(width: 1100);
        foreach (var (asked, refused) in ((string, string)[])
        [
            ("seed=abc", "seed must be a whole number from 0 to 18446744073709551615, got “abc”"),
            ("seed=-1&count=100000", "got “-1”; count must be one of 4, 9, 16, 25, 36, 64, got “100000”"),
            ("seed=18446744073709551616", "got “18446744073709551616”"),
            ("class=shoe&sampler=euler&scale=99", "class must be one of all, 0, 1, none, got “shoe”; sampler must be one of "),
            ("scale=0.7", "scale must be a multiple of 0.5 from 0 to 6, got “0.7”"),
            ("sampler=ddim&steps=7", "steps must be one of 5, 10, got “7”"),
        ])
        {
            browser.Open($"{address}#{asked}");
            browser.Until("page.wall.pictures.length > 0");
            Assert.Contains(refused, Text(browser, "refused"), StringComparison.Ordinal);
            Assert.StartsWith("#seed=1&count=16&", browser.Value("location.hash")!.GetValue<string>(), StringComparison.Ordinal);
        }

        // Enter takes a seed.
        browser.Open($"{address}#seed=8&count=4&sampler=ddim&steps=5&class=1&scale=1.5");
        browser.Until(Finished);
        Assert.Equal("", Text(browser, "refused"));
        Assert.StartsWith("o = 1.5·network(x, t = 1, class) − 0.5·network(x, t = 1)", Text(browser, "executing"), StringComparison.Ordinal);
        browser.Open($"{address}#count=4&sampler=ddim&steps=5&class=1&scale=1");
        browser.Until(Finished);
        Assert.Equal("o = network(x, t = 1, class)", Text(browser, "executing"));
        browser.Open($"{address}#count=4&sampler=ddim&steps=5&class=none&scale=2");
        browser.Until(Finished);
        Assert.Equal("o = network(x, t = 1)", Text(browser, "executing"));
        browser.Open($"{address}#seed=8&count=4&sampler=ddim&steps=5&class=1&scale=1.5");
        browser.Until(Finished);
        browser.Value("page.input('seed').focus(); page.input('seed').select()");
        browser.Press("4");
        browser.Press("x");
        browser.Press("Enter");
        Assert.Contains("got “4x”", Text(browser, "refused"), StringComparison.Ordinal);
        Assert.Equal("8", browser.Value("page.input('seed').value")!.GetValue<string>());
        browser.Value("page.input('seed').select()");
        browser.Press("5");
        browser.Press("Enter");
        Assert.Equal("#seed=5&count=4&sampler=ddim&steps=5&class=1&scale=1.5", browser.Value("location.hash")!.GetValue<string>());
        browser.Until(Finished);

        // Without a pointer: two steps to the left, one up, and a dot.
        browser.Value("page.pool.stop('studio'); document.getElementById('clear').click(); page.studio.canvas.focus()");
        foreach (var key in (string[])["ArrowLeft", "ArrowLeft", "ArrowUp", " "])
        {
            browser.Press(key);
        }

        browser.Until("document.getElementById('studio-told').textContent.startsWith('Finished')");
        var drawn = Numbers(browser.Value("[...page.studio.values].map(value => Math.round(9 * value))"));
        Assert.Equal(drawn.Max(), drawn[5 * 12 + 4]);
        Assert.InRange(drawn.Count(value => value > -9), 1, 12);
        Assert.Empty(browser.Errors);
    }

    private Browser Start(int width) => Browser.Start(width, _patience.Token).ThrowIfFail();

    /// <summary>The first line of an element's text.</summary>
    private static string Text(Browser browser, string id) =>
        browser.Value($"document.getElementById('{id}').textContent")!.GetValue<string>().Split('\n')[0];

    private static Image<L8> Gif(Browser browser, string gif) => Image.Load<L8>(Convert.FromBase64String(
        browser.Value($"{gif}.arrayBuffer().then(b => btoa([...new Uint8Array(b)].map(c => String.fromCharCode(c)).join('')))")!.GetValue<string>()));

    private static int[] Numbers(JsonNode? numbers) => [.. numbers!.AsArray().Select(number => number!.GetValue<int>())];

    private static int[][] Wall(Browser browser) =>
        [.. browser.Value($"[...document.querySelectorAll('#wall canvas')].map({Levels})")!.AsArray().Select(Numbers)];
}
