using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Ddpm.Pure.Reference;
using Ddpm.Pure.Sampling;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Reference;

/// <summary>The files of the reference, and what verification says of others.</summary>
[Properties(Arbitrary = [typeof(Entries), typeof(Generators)])]
public sealed class ReferenceLaws
{
    /// <summary>
    /// Every file, and every word that the manifest says of it, is what ports were checked against: a change of the reference is made on purpose, and
    /// with it this hash.
    /// </summary>
    [Fact]
    public void The_reference_of_this_version_has_these_bits() => Assert.Equal(
        "b86e1d7d4420222f7c7a774ac8c45f639b3319b454e27ee8c2ba5cc8f7744eb8",
        ReferenceManifest.Sha256(ReferenceManifest.Of(ReferenceFiles.All.Map(entry => (entry, ReferenceManifest.Sha256(entry.Content().ToBytes()))))));

    [Fact]
    public void Every_path_is_unique_and_plain_and_sorted_into_folders() => Assert.All(
        ReferenceFiles.All.GroupBy(entry => entry.Path),
        group => Assert.True(group.Count() == 1 && group.Key.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.' or '/'), group.Key));

    [Fact]
    public void Every_entry_says_what_it_is() => Assert.All(
        ReferenceFiles.All, entry => Assert.All((string[])[entry.Meaning, entry.Formula, entry.Source], text => Assert.False(string.IsNullOrWhiteSpace(text))));

    [Law]
    public bool Made_twice_a_file_is_the_same_bytes_and_exact(ReferenceEntry entry) =>
        entry.Content().ToBytes() is var bytes && bytes.Span.SequenceEqual(entry.Content().ToBytes().Span) && entry.Verify(bytes) is Verdict.Exact;

    /// <summary>A flipped bit leaves a file that is right only where no number changed: in the spaces of a header, or as 0 and −0.</summary>
    [Law]
    public bool A_flipped_bit_of_data_is_noticed(ReferenceEntry entry, Place place, byte bit)
    {
        var file = entry.Content().ToBytes().ToArray();
        var start = entry.Content() is Content.Table ? 128 : 0;
        var at = start + place.In(file.Length - start);
        file[at] ^= (byte)(1 << (bit % 8));
        return entry.Verify(file) switch
        {
            Verdict.Exact => entry.Content() is Content.Table ? IsZeroButForItsSign(file, at) : IsSameJson(entry, file),
            Verdict.Near => entry.Tolerance != Tolerance.Exact,
            _ => true,
        };
    }

    [Law]
    public bool A_file_that_is_cut_short_is_never_right(ReferenceEntry entry, Place place)
    {
        var file = entry.Content().ToBytes();
        // The last byte of a JSON file is the end of its line.
        return !entry.Verify(file[..place.In(file.Length - 1)]).IsRight;
    }

    [Law]
    public bool Whatever_a_file_holds_it_gets_a_verdict(ReferenceEntry entry, byte[] bytes, string text) =>
        !entry.Verify(bytes ?? []).IsRight && !entry.Verify(Encoding.UTF8.GetBytes(text ?? "")).IsRight && !entry.Verify(Encoding.UTF8.GetBytes($"{{\"{text}\\ud800\": \"\\ud800\"}}")).IsRight;

    [Fact]
    public void An_ulp_is_wrong_where_exact_is_promised_and_measured_where_it_is_not()
    {
        var numbers = new[] { 1.0, -2.5, 0.1 };
        ReferenceEntry Entry(Tolerance tolerance) => new("x.npy", "m", "f", "s", tolerance, () => Content.Of(new Arr<long>([3L]), numbers));
        var file = Entry(Tolerance.Exact).Content().ToBytes().ToArray();
        BinaryPrimitives.WriteDoubleLittleEndian(file.AsSpan(file.Length - 16), Math.BitDecrement(Math.BitDecrement(-2.5)));
        Assert.Equal(new Verdict.Wrong("[1]", "-2.5", "-2.500000000000001"), Entry(Tolerance.Exact).Verify(file));
        Assert.Equal(new Verdict.Near(2, "[1]"), Entry(new(1e-15, 0)).Verify(file));
        Assert.IsType<Verdict.Wrong>(Entry(new(1e-17, 1e-17)).Verify(file));

        ReferenceEntry Json(Tolerance tolerance) => ReferenceEntry.Json("x.json", "m", "f", "s", tolerance, () => Datum.Named(("a", Datum.Of(numbers)), ("t", Datum.Of("u"))));
        var json = """{"t": "u", "a": [1.0, -2.5, 0.10000000000000002]}"""u8.ToArray();
        Assert.Equal(new Verdict.Wrong("a[2]", "0.1", "0.10000000000000002"), Json(Tolerance.Exact).Verify(json));
        Assert.Equal(new Verdict.Near(1, "a[2]"), Json(new(0, 1e-15)).Verify(json));
        Assert.Equal("within tolerance, at most 1 ulp, at a[2]", Json(new(0, 1e-15)).Verify(json).ToString());
    }

    [Theory]
    [InlineData("""{"a": [1, "Infinity"], "n": 3, "t": "u", "b": true}""", "exact")]
    [InlineData("""{"a": [1, 1e999], "n": 3.0, "t": "u", "b": true}""", "exact")]
    [InlineData("""{"a": [1, "-Infinity"], "n": 3, "t": "u", "b": true}""", "WRONG at a[1]: expected Infinity, got '\"-Infinity\"'")]
    [InlineData("""{"a": [1], "n": 3, "t": "u", "b": true}""", "WRONG at a: expected 2 elements, got 1")]
    [InlineData("""{"a": [1, "Infinity"], "n": 4, "t": "u", "b": true}""", "WRONG at n: expected 3, got '4'")]
    [InlineData("""{"a": [1, "Infinity"], "n": 3, "t": "v", "b": true}""", "WRONG at t: expected 'u', got '\"v\"'")]
    [InlineData("""{"a": [1, "Infinity"], "n": 3, "t": "u", "b": false}""", "WRONG at b: expected true, got 'false'")]
    [InlineData("""{"a": [1, "Infinity"], "n": 3, "t": "u"}""", "WRONG at b: expected true, got nothing")]
    [InlineData("""{"a": [1, "Infinity"], "n": 3, "t": "u", "b": true, "c": 1}""", "WRONG at 'c': expected nothing, got '1'")]
    [InlineData("""[1]""", "WRONG at the top: expected named values, got '[1]'")]
    [InlineData("""{"a": [1, """, "UNREADABLE: no JSON on line 1 at byte 11")]
    public void A_verdict_says_where_and_what(string json, string says)
    {
        var entry = ReferenceEntry.Json("x.json", "m", "f", "s", new(1e-3, 0), () => Datum.Named(
            ("a", Datum.Of([1, double.PositiveInfinity])), ("n", Datum.Of(3)), ("t", Datum.Of("u")), ("b", Datum.Of(true))));
        Assert.Equal(says, entry.Verify(Encoding.UTF8.GetBytes(json)).ToString());
    }

    [Fact]
    public void Another_type_or_shape_is_wrong()
    {
        var entry = new ReferenceEntry("x.npy", "m", "f", "s", new(1, 1), () => Content.Of(Prelude.Array(2L, 1L), [1.0, 2.0]));
        Assert.Equal(new Verdict.Wrong("the shape", "[2, 1]", "[1, 2]"), entry.Verify(Content.Of(Prelude.Array(1L, 2L), [1.0, 2.0]).ToBytes()));
        Assert.Equal(new Verdict.Wrong("the type", "<f8", "<f4"), entry.Verify(Content.Of(Prelude.Array(2L, 1L), [1f, 2f]).ToBytes()));
    }

    [Fact]
    public void The_manifest_names_every_file_with_its_hash()
    {
        var files = ReferenceFiles.All.Map(entry => (entry, ReferenceManifest.Sha256(entry.Content().ToBytes())));
        var manifest = ReferenceManifest.Of(files);
        Assert.True(ReferenceManifest.IsOne(manifest));
        Assert.False(ReferenceManifest.IsOne("""{"format": "\ud800"}"""u8.ToArray()));
        using var json = JsonDocument.Parse(manifest);
        Assert.Equal(
            files.Map(file => (file.Item1.Path, file.Item2)),
            json.RootElement.GetProperty("files").EnumerateArray().Select(file => (file.GetProperty("path").GetString()!, file.GetProperty("sha256").GetString()!)));
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", ReferenceManifest.Sha256("abc"u8.ToArray()));
    }

    /// <summary>Every sampler that a user can name runs in most scenarios, and none to a number that is not finite.</summary>
    [Fact]
    public void Every_sampler_has_plans_whose_trajectories_are_finite() => Assert.All(SamplerCase.All, sampler =>
    {
        var plans = sampler.Plans();
        Assert.True(plans.Count >= 5, sampler.Name);
        Assert.All(plans, made => Assert.All(made.Scenario.Run(made.Plan), x => Assert.All(x, value => Assert.True(double.IsFinite(value), $"{sampler.Name} in {made.Scenario.Name}"))));
    });

    [Fact]
    public void Every_named_sampler_is_there() => Assert.Superset(SamplingOptions.Samplers.Keys.ToHashSet(), SamplerCase.All.Map(sampler => sampler.Name).ToHashSet());

    /// <summary>A plan's table holds a row for each line, as wide as the others but for spaces at the end.</summary>
    [Fact]
    public void A_plan_is_a_table_of_its_lines()
    {
        var plan = SamplingOptions.Samplers["dpmpp-2m"](new()).Bind(sampler => sampler.Compile(Scenario.All[0].Setting)).Valid();
        var table = PlanTable.Of(plan);
        Assert.Equal(plan.Lines.Count + 4, table.Count);
        Assert.All(plan.Lines.Map((i, line) => (table[i + 4], line)), row => Assert.Contains(FormattableString.Invariant($"{row.line.Timestep}"), row.Item1, StringComparison.Ordinal));
        Assert.Equal(PlanJson.Text(plan), Encoding.UTF8.GetString(new Content.Json(PlanJson.Of(plan)).ToBytes().Span));
    }

    /// <summary>The executor of scenarios is the scalar one, pixel by pixel.</summary>
    [Fact]
    public void A_trajectory_ends_where_the_scalar_interpreter_ends()
    {
        var scenario = Scenario.All[1];
        var plan = new Sampler.UniPc(3).Compile(scenario.Setting).Valid();
        var (denoiser, initial) = (scenario.Denoiser(), scenario.InitialNoise());
        var end = scenario.Run(plan)[^1];
        Assert.All(initial.Map((i, noise) => (i, noise)), pixel => Assert.True(Closeness.Near(
            Sampling.ScalarInterpreter.Run(plan, (x, t) => denoiser[t].Of(x, 1), pixel.noise, _ => 0), end[pixel.i], 1e-12)));
    }

    private static bool IsZeroButForItsSign(byte[] file, int at) => file[at] is 0 or 0x80;

    /// <summary>Space for space, another spelling of a number (E for e) or a digit beyond double precision: the text differs, what is read does not.</summary>
    private static bool IsSameJson(ReferenceEntry entry, byte[] file)
    {
        using var expected = JsonDocument.Parse(entry.Content().ToBytes());
        using var got = JsonDocument.Parse(file);
        return IsSame(expected.RootElement, got.RootElement);
    }

    private static bool IsSame(JsonElement expected, JsonElement got) => expected.ValueKind == got.ValueKind && expected.ValueKind switch
    {
        JsonValueKind.Number => expected.GetDouble().Equals(got.GetDouble()) || (expected.GetDouble() == 0 && got.GetDouble() == 0),
        JsonValueKind.Array => expected.EnumerateArray().Zip(got.EnumerateArray(), IsSame).All(same => same),
        JsonValueKind.Object => expected.EnumerateObject().Zip(got.EnumerateObject(), (a, b) => a.Name == b.Name && IsSame(a.Value, b.Value)).All(same => same),
        _ => expected.GetRawText() == got.GetRawText(),
    };

    public static class Entries
    {
        /// <summary>The small ones, so that two hundred cases are soon computed.</summary>
        private static readonly Arr<ReferenceEntry> Small = ReferenceFiles.All.Filter(entry => !entry.Path.Contains("1000", StringComparison.Ordinal) && !entry.Path.StartsWith("timesteps", StringComparison.Ordinal));

        public static Arbitrary<ReferenceEntry> Any() => Gen.Elements<ReferenceEntry>([.. Small]).ToArbitrary();
    }
}
