using System.Net;
using System.Net.Sockets;

namespace Ddpm.Host.Processes;

/// <summary>Serves files to programs of this machine, on a free port of the loopback address. Its pages are isolated, so they may have threads.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<string, byte[]?> _file;

    /// <summary>Starts to serve.</summary>
    /// <param name="file">The content of the file with a path such as page.html; null if there is none.</param>
    public LoopbackServer(Func<string, byte[]?> file)
    {
        _file = file;
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        probe.Stop();
        _listener.Prefixes.Add(Address);
        _listener.Start();
        _listener.BeginGetContext(Answer, null);
    }

    /// <summary>The address, with / at its end.</summary>
    public string Address { get; }

    /// <inheritdoc/>
    public void Dispose() => _listener.Close();

    private void Answer(IAsyncResult result)
    {
        try
        {
            var context = _listener.EndGetContext(result);
            _listener.BeginGetContext(Answer, null);
            var (path, response) = (context.Request.Url!.AbsolutePath[1..], context.Response);
            var content = _file(path);
            response.StatusCode = content is null ? 404 : 200;
            response.ContentType = Path.GetExtension(path) switch
            {
                ".html" => "text/html",
                ".js" or ".mjs" => "text/javascript",
                ".wasm" => "application/wasm",
                _ => "application/octet-stream",
            };
            response.AddHeader("Cross-Origin-Opener-Policy", "same-origin");
            response.AddHeader("Cross-Origin-Embedder-Policy", "require-corp");
            response.OutputStream.Write(content ?? []);
            response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The server or the browser has ended meanwhile.
        }
    }
}
