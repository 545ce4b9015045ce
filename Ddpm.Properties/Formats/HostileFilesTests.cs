using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Host.Data;
using Ddpm.Host.Runs;
using Ddpm.Properties.Data;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Random;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using Xunit;
using Xunit.Abstractions;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Formats;

/// <summary>
/// Files that somebody damaged on purpose. Every reader answers every input with a whole value or with one line, and makes no more room than the
/// input justifies. The environment variable DDPM_HOSTILE_INPUTS says how many inputs each reader gets; unless it is set, 2000.
/// </summary>
public sealed class HostileFilesTests(ITestOutputHelper output)
{
    private static readonly int Inputs = EnvironmentCount.Of("DDPM_HOSTILE_INPUTS") ?? 2000;

    private static readonly CheckpointHeader Header = new(new TrainingOptions { Limit = 5, ClipNorm = 0.5 }, ImageSize.Square(28), 1, new(7, 1.5, 3, 1, 0.25));

    private static readonly RunReceipt Receipt = new(
        Header.Options, new("fashion-mnist", "somewhere", new string('a', 64), 60000, ImageSize.Square(28), 1),
        new("1.0", "0.1", "2.1", ".NET", "Linux", "cpu", 2),
        RunFolder.CheckpointName(7), RunFolder.CheckpointName(3), Header.Progress, false, new(), new string('b', 64));

    private static readonly JsonSerializerOptions Kebab = new() { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower };

    [Fact]
    public void Idx_files_are_read_whole_or_refused() => Attack(
        [Images(3, 2, 2), Images(5), Images(0, 3, 3)], file => file.Length,
        file => Idx.Read(file).Map(array => Idx.Write(array).Span.SequenceEqual(file.Span)));

    [Fact]
    public void Compressed_idx_files_are_read_whole_or_refused() => Attack(
        [DataSetWorld.Compressed(Images(3, 2, 2)), DataSetWorld.Compressed(Images(50, 4, 4)), DataSetWorld.Compressed(Images(40_000))],
        file => 1040L * file.Length,
        file => IdxFile.Decode(file, System.Array.MaxLength).Map(read =>
            read.ContentSha256 == Convert.ToHexStringLower(SHA256.HashData(Idx.Write(read.Array).Span))));

    [Fact]
    public void Npy_files_are_read_whole_or_refused() => Attack(
        [.. NpyType.All.Select(type => Npy.Write(NpyArray.Of(type, Array<long>(2, 3), new byte[6 * type.ItemBytes]).Valid()).ToArray())],
        file => 2 * file.Length,
        file => Npy.Read(file).Map(array => Npy.Read(Npy.Write(array)) == array));

    [Fact]
    public void Safetensors_files_are_read_whole_or_refused() => Attack(
        [Weights(HashMap<string, string>()), Weights(HashMap(("a", "b"), ("c", "\"")))], file => 40 * file.Length,
        file => Safetensors.Read(file).Map(read => Safetensors.Read(Safetensors.Write(read)) == read));

    [Fact]
    public void Torch_files_are_read_whole_or_refused() => Attack(
        [.. ((string[])["module.pt", "types.pt", "legacy.pt"]).Select(name => File.ReadAllBytes(Fixtures.Torch(name)))], file => 60 * file.Length,
        file => TorchFile.Read(file).Map(read => read.Tensors.ForAll(tensor => tensor.Data.Length <= file.Length)));

    /// <summary>The configuration in a checkpoint's metadata; without its checksum, which would refuse nearly all.</summary>
    [Fact]
    public void Checkpoints_are_read_whole_or_refused() => Attack(
        [JsonSerializer.SerializeToUtf8Bytes(Header, Kebab)],
        file => 1000L * file.Length + Schedules(file),
        file => Safetensors.Read(Weights(HashMap(("ddpm", Encoding.UTF8.GetString(file.Span)))))
            .Bind(read => One(SafetensorsFile.Of(read.Tensors, read.Metadata.AddOrUpdate("checksum", Safetensors.Checksum(read)))))
            .Bind(Checkpoint.Header)
            .Bind(header => One(header.Config).Map(config => config.Options == header.Options)));

    [Fact]
    public void Receipts_are_read_whole_or_refused() => Attack(
        [Receipt.ToJson()], file => 100 * file.Length + Schedules(file),
        file => RunReceipt.FromJson(file.Span).Bind(receipt =>
            from recording in One(receipt.Recorded.Checked())
            from config in One(TrainingConfig.Of(receipt.Options, ImageSize.Square(28), 1))
            select RunReceipt.FromJson(receipt.ToJson()) == FinSucc(receipt)));

    private static Fin<T> One<T>(Validation<Error, T> made) => made.Match(Succ: FinSucc, Fail: faults => FinFail<T>(faults.Head));

    /// <summary>The memory of a schedule grows with its steps, at most ten thousand.</summary>
    private static long Schedules(ReadOnlyMemory<byte> file) => 1000 * Regex.Matches(Encoding.Latin1.GetString(file.Span), "steps\"\\s*:\\s*([0-9]+)")
        .Select(match => long.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out var steps) ? Math.Min(steps, TrainingConfig.MostSteps) : 0)
        .DefaultIfEmpty().Max();

    [Fact]
    public void A_header_that_promises_more_than_gzip_can_hold_makes_no_room_for_it()
    {
        var file = DataSetWorld.Compressed([0, 0, 8, 1, 0x7f, 0, 0, 0, 1, 2, 3]);
        var (read, allocated) = Decoding.Allocated(() => IdxFile.Decode(file, System.Array.MaxLength));
        Assert.Contains("more than", read.Message(), StringComparison.Ordinal);
        Assert.InRange(allocated, 0, Decoding.Allowance);
    }

    [Fact]
    public void A_bomb_is_left_after_the_bytes_that_its_header_says()
    {
        var bomb = DataSetWorld.Compressed([.. Images(2, 2), .. new byte[50_000_000]]);
        var (read, allocated) = Decoding.Allocated(() => IdxFile.Decode(bomb, System.Array.MaxLength));
        Assert.Contains("more than the 16 bytes that its header announces", read.Message(), StringComparison.Ordinal);
        Assert.InRange(allocated, 0, Decoding.Allowance + bomb.Length);
    }

    /// <summary>Gives a reader a number of damaged files, on all cores.</summary>
    /// <param name="valid">The valid files to damage.</param>
    /// <param name="room">How many bytes a file justifies.</param>
    /// <param name="read">The reader: returns whether its result is intact, or its error.</param>
    private void Attack(byte[][] valid, Func<ReadOnlyMemory<byte>, long> room, Func<ReadOnlyMemory<byte>, Fin<bool>> read)
    {
        foreach (var file in valid)
        {
            Assert.True(read(file).Valid());
        }

        var (accepted, refused) = (0, 0);
        Parallel.For(0, Inputs, number =>
        {
            var file = Damage(valid, new RandomStream(1, StreamName.Shuffling).At(number, 0));
            try
            {
                var (answer, allocated) = Decoding.Allocated(() => read(file));
                answer.Match(
                    Succ: whole =>
                    {
                        Assert.True(whole);
                        Interlocked.Increment(ref accepted);
                    },
                    Fail: fault =>
                    {
                        Assert.InRange(fault.Message.Length, 10, 2000);
                        Assert.DoesNotContain(fault.Message, char.IsControl);
                        Interlocked.Increment(ref refused);
                    });
                Assert.InRange(allocated, 0, room(file) + Decoding.Allowance);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"input {number}, in Base64: {Convert.ToBase64String(file)}", e);
            }
        });

        output.WriteLine($"{Inputs} inputs: {refused} refused, {accepted} read as something whole");
        Assert.True(Inputs < 100 || (refused > 0 && accepted > 0));
    }

    private static readonly byte[] Telling =
        [0, 1, 2, 3, 8, 0x1f, 0x7f, 0x80, 0xff, (byte)'"', (byte)'{', (byte)'}', (byte)'[', (byte)'9', (byte)'-', (byte)'e', (byte)',', (byte)'\\'];

    private static readonly string[] Words =
        [
            "null", "true", "-1", "0", "1e999", "9223372036854775807", "18446744073709551616", "NaN", "\"\"", "[]", "{}", "\\ud800", "1000000",
            "__metadata__", "dtype",
        ];

    /// <summary>One to six changes: bits, telling bytes, words, pieces doubled, cut out, moved or brought from another file, an end cut off or grown.</summary>
    private static byte[] Damage(byte[][] valid, Draws draws)
    {
        var drawn = 0;
        int Below(int limit) => limit <= 1 ? 0 : draws.Below(drawn++, limit);
        var file = new List<byte>(valid[Below(valid.Length)]);
        for (var changes = 1 + Below(6); changes > 0; changes--)
        {
            var at = Below(file.Count + 1);
            var length = Below(Math.Min(16, file.Count - at) + 1);
            switch (Below(9))
            {
                case 0 when at < file.Count:
                    file[at] ^= (byte)(1 << Below(8));
                    break;
                case 1 when at < file.Count:
                    file[at] = Telling[Below(Telling.Length)];
                    break;
                case 2:
                    file.Insert(at, Telling[Below(Telling.Length)]);
                    break;
                case 3:
                    file.InsertRange(at, Encoding.ASCII.GetBytes(Words[Below(Words.Length)]));
                    break;
                case 4:
                    file.RemoveRange(at, length);
                    break;
                case 5:
                    file.InsertRange(at, file.GetRange(at, length));
                    break;
                case 6:
                    var other = valid[Below(valid.Length)];
                    file.InsertRange(at, other.Skip(Below(other.Length)).Take(16));
                    break;
                case 7 when Below(4) == 0:
                    file.RemoveRange(at, file.Count - at);
                    break;
                case 8 when at < file.Count:
                    // A number among letters, as in a header of text.
                    var digit = file.FindIndex(at, symbol => symbol is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                    {
                        file[digit] = (byte)('0' + Below(10));
                    }

                    break;
                default:
                    break;
            }
        }

        return [.. file];
    }

    private static byte[] Images(params int[] shape)
    {
        var count = shape.Aggregate(1, (product, size) => product * size);
        var draws = new RandomStream(4, StreamName.Shuffling).At(count, shape.Length);
        var data = Enumerable.Range(0, count).Select(place => (byte)draws.Word(place)).ToArray();
        return Idx.Write(IdxArray.Of(shape.ToArr(), data).Valid()).ToArray();
    }

    private static byte[] Weights(HashMap<string, string> metadata) => Safetensors.Write(SafetensorsFile.Of(
        [
            SafetensorsTensor.Of("a.weight", SafetensorsType.F32, Array<long>(2, 3), new byte[24]).Valid(),
            SafetensorsTensor.Of("b", SafetensorsType.F64, Arr<long>.Empty, new byte[8]).Valid(),
        ],
        metadata).Valid()).ToArray();
}
