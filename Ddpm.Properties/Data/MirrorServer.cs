using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ddpm.Properties.Data;

/// <summary>A mirror stand-in's answer to one request.</summary>
internal abstract record MirrorAnswer
{
    /// <summary>200 with this body.</summary>
    public sealed record Body(byte[] Bytes) : MirrorAnswer;

    /// <summary>200 announcing a longer body than is sent before the connection closes.</summary>
    public sealed record Truncated(byte[] Bytes, int Announced) : MirrorAnswer;

    /// <summary>404.</summary>
    public sealed record Missing : MirrorAnswer;

    /// <summary>The connection is taken, and nothing ever said.</summary>
    public sealed record Silence : MirrorAnswer;

    /// <summary>200 with a body that never ends.</summary>
    public sealed record Endless : MirrorAnswer;
}

/// <summary>A mirror on the loopback interface. Its answer is a function of the file's name, and it remembers all requests.</summary>
internal sealed class MirrorServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly Task _accepting;

    public MirrorServer(Func<string, MirrorAnswer> answer)
    {
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/data/");
        _accepting = Accept(answer);
    }

    public Uri Address { get; }

    /// <summary>The names of the files asked for, in order.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    public void Dispose()
    {
        _closing.Cancel();
        _listener.Stop();
        _accepting.GetAwaiter().GetResult();
        _closing.Dispose();
    }

    private async Task Accept(Func<string, MirrorAnswer> answer)
    {
        var conversations = new List<Task>();
        try
        {
            while (true)
            {
                conversations.Add(Converse(await _listener.AcceptTcpClientAsync(_closing.Token), answer));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(conversations);
        }
    }

    private async Task Converse(TcpClient connection, Func<string, MirrorAnswer> answer)
    {
        using (connection)
        {
            try
            {
                var stream = connection.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                if (await reader.ReadLineAsync(_closing.Token) is not { } request)
                {
                    return; // connected, and hung up before it asked
                }

                while (await reader.ReadLineAsync(_closing.Token) is { Length: > 0 })
                {
                    // The headers do not matter.
                }
                var name = request.Split(' ')[1].Split('/')[^1];
                _asked.Enqueue(name);
                await Reply(stream, answer(name));
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The client hung up, or the test is over.
            }
        }
    }

    private async Task Reply(NetworkStream stream, MirrorAnswer answer)
    {
        ValueTask Head(string status, string length) =>
            stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\n{length}Connection: close\r\n\r\n"), _closing.Token);

        switch (answer)
        {
            case MirrorAnswer.Body body:
                await Head("200 OK", $"Content-Length: {body.Bytes.Length}\r\n");
                await stream.WriteAsync(body.Bytes, _closing.Token);
                break;
            case MirrorAnswer.Truncated body:
                await Head("200 OK", $"Content-Length: {body.Announced}\r\n");
                await stream.WriteAsync(body.Bytes, _closing.Token);
                break;
            case MirrorAnswer.Missing:
                await Head("404 Not Found", "Content-Length: 0\r\n");
                break;
            case MirrorAnswer.Silence:
                await Task.Delay(Timeout.Infinite, _closing.Token);
                break;
            case MirrorAnswer.Endless:
                await Head("200 OK", "");
                while (true)
                {
                    await stream.WriteAsync(new byte[1 << 14], _closing.Token);
                }
        }
    }
}
