using System.Net;
using Ddpm.Host.Files;
using Ddpm.Pure.Data;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>Downloads the files of a data set from its mirrors into the cache.</summary>
internal static class MirrorDownload
{
    private const int Chunk = 1 << 16;

    /// <summary>
    /// Fetches whatever the cache lacks of the four files. Mirrors are tried in turn, each for the files still lacking; a mirror that
    /// cannot be reached is asked once. Only what proved to be the published content reaches the cache.
    /// </summary>
    /// <returns>The addresses that files came from; or, where a file could not be had from any of them, why from each.</returns>
    public static async Task<Fin<Seq<Uri>>> Fetch(
        DataSetDescription description,
        string cache,
        DataSetEnvironment environment,
        Action<DownloadProgress> report,
        CancellationToken stop)
    {
        var lacking = toSeq(description.Files).Filter(file => new IdxFolder(cache).ReadPublished(file).IsFail).Strict();
        var used = Seq<Uri>();
        var faults = Seq<string>();
        using var client = new HttpClient(environment.CreateHttpHandler()) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("ddpm/0.1");
        foreach (var mirror in description.Mirrors)
        {
            foreach (var file in lacking)
            {
                var address = new Uri(mirror, file.GzipName);
                var answer = await Ask(client, address, file, environment.SilenceTimeout, report, stop).ConfigureAwait(false);
                if (stop.IsCancellationRequested)
                {
                    return Errors.Cancelled;
                }

                if (answer is Answer.Unreachable unreachable)
                {
                    faults = faults.Add($"{mirror}: {unreachable.Reason}");
                    break;
                }
                if (answer is Answer.Unusable unusable)
                {
                    faults = faults.Add($"{address}: {unusable.Reason}");
                }

                if (answer is Answer.Good good)
                {
                    var written = AtomicFile.Write(Path.Combine(cache, file.GzipName), good.Bytes, stop);
                    if (written.IsFail)
                    {
                        return written.Map(_ => used);
                    }

                    lacking = lacking.Filter(other => other != file).Strict();
                    used = used.Contains(mirror) ? used : used.Add(mirror);
                }
            }
        }
        return lacking.IsEmpty ? used : Error.New(string.Join("; ", faults));
    }

    private abstract record Answer
    {
        public sealed record Good(ReadOnlyMemory<byte> Bytes) : Answer;

        /// <summary>The server answered, but not with this file: the next one may still be there.</summary>
        public sealed record Unusable(string Reason) : Answer;

        /// <summary>There is no talking to this server at all.</summary>
        public sealed record Unreachable(string Reason) : Answer;
    }

    private static async Task<Answer> Ask(
        HttpClient client,
        Uri address,
        PublishedFile file,
        TimeSpan silence,
        Action<DownloadProgress> report,
        CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(silence);
        try
        {
            using var response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, patience.Token)
                .ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return new Answer.Unusable($"the server answered {(int)response.StatusCode} {response.ReasonPhrase}");
            }

            var total = Optional(response.Content.Headers.ContentLength);
            var body = new MemoryStream();
            var buffer = new byte[Chunk];
            using var stream = await response.Content.ReadAsStreamAsync(patience.Token).ConfigureAwait(false);
            for (int read; ;)
            {
                patience.CancelAfter(silence);
                read = await stream.ReadAsync(buffer, patience.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                // gzip never makes a file longer by more than a few bytes in a block.
                if (body.Length + read > file.Length + Chunk)
                {
                    return new Answer.Unusable($"the server sends more bytes than the uncompressed file has, {file.Length}");
                }

                body.Write(buffer, 0, read);
                report(new DownloadProgress(address.Host, file.GzipName, body.Length, total));
            }
            var bytes = new ReadOnlyMemory<byte>(body.GetBuffer(), 0, (int)body.Length);
            return IdxFile.Decode(bytes, file.Length)
                .Bind(found => file.Check(found.Array.Shape, found.ContentSha256, found.GzipMd5))
                .Match<Answer>(Succ: _ => new Answer.Good(bytes), Fail: fault => new Answer.Unusable(fault.Message));
        }
        catch (HttpRequestException e)
        {
            return new Answer.Unreachable(e.Message);
        }
        catch (IOException e)
        {
            return new Answer.Unusable($"the connection broke off ({e.Message})");
        }
        catch (OperationCanceledException)
        {
            return new Answer.Unreachable("no answer in time");
        }
    }
}
