using System.ComponentModel;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Host.Processes;

/// <summary>What a browser or a script in it complains of.</summary>
internal sealed class BrowserException(string message) : Exception(message);

/// <summary>A page in Chromium without a window, driven by the DevTools protocol. Errors in its console are kept.</summary>
internal sealed class Browser : IDisposable
{
    private const string Listening = "DevTools listening on ";

    private readonly string _profile = Directory.CreateTempSubdirectory("ddpm-chromium-").FullName;
    private readonly Process _browser;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationToken _stop;
    private string _session = "";
    private int _commands;

    private Browser(string program, CancellationToken stop)
    {
        _stop = stop;

        // In containers, and for root, Chromium's sandbox does not work. The browser opens nothing but pages of this program.
        string[] options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0", $"--user-data-dir={_profile}"];
        _browser = Process.Start(new ProcessStartInfo(program, [.. options, "about:blank"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
    }

    /// <summary>The names under which Chromium is looked for.</summary>
    public static IReadOnlyList<string> Names { get; } = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    /// <summary>What the console and the log have said of errors, and exceptions.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>The browser's name and version.</summary>
    public string Version => Send("Browser.getVersion", [])["product"]!.GetValue<string>();

    /// <summary>Starts the first Chromium that is found, with an empty page of a width in pixels; or says how to get one.</summary>
    /// <param name="width">The width. Pages narrower than 600 pixels are those of a phone.</param>
    /// <param name="stop">Ends the work.</param>
    public static Fin<Browser> Start(int width, CancellationToken stop)
    {
        foreach (var name in Names)
        {
            Browser browser;
            try
            {
                browser = new(name, stop);
            }
            catch (Win32Exception)
            {
                continue; // there is none of that name
            }

            try
            {
                browser.Connect(width);
                return browser;
            }
            catch (BrowserException e)
            {
                browser.Dispose();
                return Error.New($"{name}: {e.Message}");
            }
        }

        return Error.New($"no Chromium was found: install it so that one of {string.Join(", ", Names)} starts (Debian: apt-get install chromium)");
    }

    /// <summary>Lets pages load and run what their content-security policy forbids.</summary>
    public void BypassPolicy() => Send("Page.setBypassCSP", new() { ["enabled"] = true });

    /// <summary>Runs a script in each page before its own scripts.</summary>
    public void Before(string script) => Send("Page.addScriptToEvaluateOnNewDocument", new() { ["source"] = script });

    /// <summary>Opens an address.</summary>
    public void Open(string address)
    {
        Send("Page.navigate", new() { ["url"] = "about:blank" }); // an address that differs in its fragment alone would not be loaded anew
        Send("Page.navigate", new() { ["url"] = address });
    }

    /// <summary>The value of a JavaScript expression; the value of a promise, once it has one.</summary>
    public JsonNode? Value(string expression)
    {
        var answer = Send("Runtime.evaluate", new() { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true });
        return answer["exceptionDetails"] is { } fault
            ? throw new BrowserException((fault["exception"]?["description"] ?? fault["text"])!.GetValue<string>())
            : answer["result"]!["value"]?.DeepClone();
    }

    /// <summary>Waits until an expression is true, for at most two minutes.</summary>
    public void Until(string expression) => Value($$"""
        new Promise((done, fail) => {
            const end = performance.now() + 120000;
            const look = () => {
                let is = false;
                try { is = {{expression}}; } catch { }
                if (is) done();
                else if (performance.now() > end) fail(new Error({{JsonSerializer.Serialize($"waited in vain for {expression}")}}));
                else setTimeout(look, 20);
            };
            look();
        })
        """);

    /// <summary>Presses a key, such as n, Enter or ArrowLeft.</summary>
    public void Press(string key)
    {
        var text = key == "Enter" ? "\r" : key.Length == 1 ? key : "";
        var code = key == "Enter" ? 13 : 0;
        Send("Input.dispatchKeyEvent", new() { ["type"] = "keyDown", ["key"] = key, ["text"] = text, ["windowsVirtualKeyCode"] = code });
        Send("Input.dispatchKeyEvent", new() { ["type"] = "keyUp", ["key"] = key });
    }

    /// <summary>Drags the mouse over an element, between two places given as fractions of its size.</summary>
    public void Drag(string selector, (double X, double Y) from, (double X, double Y) to)
    {
        Value($"document.querySelector('{selector}').scrollIntoView({{ block: 'center' }})");
        var rectangle = Value($"(b => [b.x, b.y, b.width, b.height])(document.querySelector('{selector}').getBoundingClientRect())");
        double[] box = [.. rectangle!.AsArray().Select(number => number!.GetValue<double>())];
        void Mouse(string type, (double X, double Y) at) => Send("Input.dispatchMouseEvent", new()
        {
            ["type"] = type,
            ["x"] = box[0] + at.X * box[2],
            ["y"] = box[1] + at.Y * box[3],
            ["button"] = "left",
            ["buttons"] = 1,
            ["clickCount"] = 1,
        });
        Mouse("mousePressed", from);
        for (var k = 1; k <= 8; k++)
        {
            Mouse("mouseMoved", (from.X + (to.X - from.X) * k / 8, from.Y + (to.Y - from.Y) * k / 8));
        }

        Mouse("mouseReleased", to);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _browser.Kill(entireProcessTree: true);
        _browser.WaitForExit();
        _browser.Dispose();
        try
        {
            Directory.Delete(_profile, recursive: true);
        }
        catch (IOException)
        {
            // A child that has not ended yet still writes; the folder is a temporary one.
        }
    }

    private void Connect(int width)
    {
        string? line;
        while ((line = _browser.StandardError.ReadLine()) is not null && !line.StartsWith(Listening, StringComparison.Ordinal))
        {
        }

        _ = _browser.StandardError.ReadToEndAsync();
        _ = _browser.StandardOutput.ReadToEndAsync();
        _socket.ConnectAsync(new Uri((line ?? throw new BrowserException("it ends at once"))[Listening.Length..]), _stop).GetAwaiter().GetResult();
        var target = Send("Target.createTarget", new() { ["url"] = "about:blank" })["targetId"]!.GetValue<string>();
        _session = Send("Target.attachToTarget", new() { ["targetId"] = target, ["flatten"] = true })["sessionId"]!.GetValue<string>();
        foreach (var domain in (string[])["Page", "Runtime", "Log"])
        {
            Send($"{domain}.enable", []);
        }

        // Pictures then appear at once, so that nothing has to wait for an animation.
        JsonObject still = new() { ["name"] = "prefers-reduced-motion", ["value"] = "reduce" };
        Send("Emulation.setEmulatedMedia", new() { ["features"] = new JsonArray(still) });
        Send("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = width < 600 });
    }

    private JsonObject Send(string method, JsonObject parameters)
    {
        var id = ++_commands;
        JsonObject command = new() { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (!string.IsNullOrEmpty(_session))
        {
            command["sessionId"] = _session;
        }

        _socket.SendAsync(Encoding.UTF8.GetBytes(command.ToJsonString()), WebSocketMessageType.Text, true, _stop).GetAwaiter().GetResult();
        while (true)
        {
            var message = Receive();
            if (message["id"]?.GetValue<int>() == id)
            {
                return message["result"]?.AsObject() ?? throw new BrowserException($"{method}: {message.ToJsonString()}");
            }

            Note(message);
        }
    }

    private JsonObject Receive()
    {
        var (text, buffer) = (new MemoryStream(), new byte[1 << 16]);
        WebSocketReceiveResult part;
        do
        {
            part = _socket.ReceiveAsync(buffer, _stop).GetAwaiter().GetResult();
            text.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonSerializer.Deserialize<JsonObject>(text.ToArray())!;
    }

    private void Note(JsonObject message)
    {
        var (method, content) = (message["method"]?.GetValue<string>(), message["params"]);
        if (method == "Runtime.exceptionThrown"
            || (method == "Runtime.consoleAPICalled" && content!["type"]!.GetValue<string>() is "error" or "assert" or "warning")
            || (method == "Log.entryAdded" && content!["entry"]!["level"]!.GetValue<string>() == "error"))
        {
            Errors.Add(content!.ToJsonString());
        }
    }
}
