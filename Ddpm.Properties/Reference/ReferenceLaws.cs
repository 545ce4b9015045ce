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
    [Fact]
    public void Every_path_is_unique_and_plain() => Assert.All(
        ReferenceFiles.All.GroupBy(entry => entry.Path),
        group => Assert.True(
            group.Count() == 1 && group.Key.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.' or '/'), group.Key));

    [Fact]
    public void Every_entry_says_what_it_is() => Assert.All(
        ReferenceFiles.All, entry => Assert.All((string[])[entry.Meaning, entry.Formula, entry.Source], text => Assert.False(string.IsNullOrWhiteSpace(text))));

    [Law]
    public bool Made_twice_a_file_is_the_same_bytes_and_exact(ReferenceEntry entry) =>
        entry.Content().ToBytes() is var bytes && bytes.Span.SequenceEqual(entry.Content().ToBytes().Span) && entry.Verify(bytes) is Verdict.Exact;

    /// <summary>It leaves a file that is exact only where no number changed: 0 as −0, or JSON spelled in another way.</summary>
    [Law]
    public bool A_flipped_bit_of_data_is_noticed(ReferenceEntry entry, Place place, byte bit)
    {
        var file = entry.Content().ToBytes().ToArray();
        var start = entry.Content() is Content.Table(var array) ? file.Length - array.Data.Length : 0;
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
        !entry.Verify(bytes ?? []).IsRight
        && !entry.Verify(Encoding.UTF8.GetBytes(text ?? "")).IsRight
        && !entry.Verify(Encoding.UTF8.GetBytes($"{{\"{text}\\ud800\": \"\\ud800\"}}")).IsRight;

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
            json.RootElement.GetProperty("files")
                .EnumerateArray()
                .Select(file => (file.GetProperty("path").GetString()!, file.GetProperty("sha256").GetString()!)));
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", ReferenceManifest.Sha256("abc"u8.ToArray()));
    }

    [Fact]
    public void Files_are_chosen_by_how_their_paths_begin()
    {
        Assert.Equal(ReferenceFiles.All, ReferenceFiles.Below(Arr<string>.Empty));
        Assert.Equal(
            ReferenceFiles.All.Map(entry => entry.Path).Filter(path => path.StartsWith("random/", StringComparison.Ordinal) || path == "metrics.json"),
            ReferenceFiles.Below(Prelude.Array("random/", "metrics")).Map(entry => entry.Path));
        Assert.True(ReferenceManifest.IsOne("""{"format": "ddpm-reference-9"}"""u8.ToArray()));
        Assert.False(ReferenceManifest.IsOne("""{"format": "something else"}"""u8.ToArray()));
    }

    /// <summary>Every sampler that a user can name runs in most scenarios, and none to a number that is not finite.</summary>
    [Fact]
    public void Every_sampler_has_plans_whose_trajectories_are_finite() => Assert.All(SamplerCase.All, sampler =>
    {
        var plans = sampler.Plans();
        Assert.True(plans.Count >= 5, sampler.Name);
        Assert.All(
            plans,
            made => Assert.All(
                made.Scenario.Run(made.Plan), x => Assert.All(x, value => Assert.True(double.IsFinite(value), $"{sampler.Name} in {made.Scenario.Name}"))));
    });

    [Fact]
    public void Every_named_sampler_is_there() =>
        Assert.Superset(Sampler.All.Keys.ToHashSet(), SamplerCase.All.Map(sampler => sampler.Name).ToHashSet());

    [Fact]
    public void The_text_of_a_plan_is_a_file_of_the_reference()
    {
        var plan = new SamplingOptions { Sampler = "dpmpp-2m" }.Chosen(1000).Valid().Compile(Scenario.All[0].Setting).Valid();
        Assert.Equal(PlanJson.Text(plan), Encoding.UTF8.GetString(new Content.Json(PlanJson.Of(plan)).ToBytes().Span));
    }

    /// <summary>The executor of scenarios is the scalar one, pixel by pixel.</summary>
    [Fact]
    public void A_trajectory_ends_where_the_scalar_interpreter_ends()
    {
        var scenario = Scenario.All[1];
        var plan = new UniPc(3).Compile(scenario.Setting).Valid();
        var (denoiser, initial) = (scenario.Denoiser(), scenario.InitialNoise());
        var end = scenario.Run(plan)[^1];
        Assert.All(initial.Map((i, noise) => (i, noise)), pixel => Assert.True(Closeness.Near(
            Sampling.ScalarInterpreter.Run(plan, (x, t) => denoiser[t].Of(x, 1), pixel.noise, _ => 0), end[pixel.i], 64 * Closeness.Epsilon)));
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
        private static readonly Arr<ReferenceEntry> Small = ReferenceFiles.All.Filter(entry =>
            !entry.Path.Contains("1000", StringComparison.Ordinal) && !entry.Path.StartsWith("timesteps", StringComparison.Ordinal));

        public static Arbitrary<ReferenceEntry> Any() => Gen.Elements<ReferenceEntry>([.. Small]).ToArbitrary();
    }
}
