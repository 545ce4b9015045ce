using System.Buffers.Binary;
using System.Text;
using Ddpm.Pure.Reference;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Reference;

/// <summary>The verdicts of verification for differing numbers of every type, to the letter.</summary>
public sealed class ComparisonLaws
{
    private static readonly Tolerance Wide = new(0.5, 0);

    [Theory]
    [InlineData(1.0, 1.0000000000000002, 1)]
    [InlineData(-1.0, -1.0000000000000004, 2)]
    [InlineData(0.0, double.Epsilon, 1)]
    [InlineData(-double.Epsilon, double.Epsilon, 2)]
    [InlineData(-0.0, 0.0, 0)]
    [InlineData(double.NaN, 1.0, long.MaxValue)]
    [InlineData(1.0, double.NaN, long.MaxValue)]
    [InlineData(double.NaN, -1.0, long.MaxValue)]
    [InlineData(double.NegativeInfinity, double.PositiveInfinity, long.MaxValue)]
    public void Ulps_count_the_numbers_between(double a, double b, long ulps) => Assert.Equal((ulps, ulps), (Comparison.Ulps(a, b), Comparison.Ulps(b, a)));

    /// <summary>A NaN of either sign: by its bits one lies above all numbers, one below.</summary>
    [Fact]
    public void No_number_is_near_what_is_none() => Assert.All(
        from nan in (double[])[BitConverter.UInt64BitsToDouble(0x7ff8000000000000), BitConverter.UInt64BitsToDouble(0xfff8000000000000)]
        from x in (double[])[-1, 1]
        select (nan, x),
        pair => Assert.Equal((long.MaxValue, long.MaxValue), (Comparison.Ulps(pair.nan, pair.x), Comparison.Ulps(pair.x, pair.nan))));

    [Theory]
    [InlineData(1f, 1.0000001f, 1)]
    [InlineData(-1f, -1.0000002f, 2)]
    [InlineData(-1.4e-45f, 1.4e-45f, 2)]
    [InlineData(0f, 1.4e-45f, 1)]
    public void Singles_are_counted_in_their_own_ulps(float expected, float got, long ulps)
    {
        Assert.Equal(new Verdict.Near(ulps, "[1]"), Verify(new(3, 1), Content.Of(Prelude.Array(2L), [7f, expected]), Content.Of(Prelude.Array(2L), [7f, got])));
        Assert.Equal(new Verdict.Near(ulps, "[1]"), Verify(new(3, 1), Content.Of(Prelude.Array(2L), [7f, got]), Content.Of(Prelude.Array(2L), [7f, expected])));
    }

    [Fact]
    public void A_single_that_is_no_number_is_wrong_in_place_of_one_and_right_in_its_own()
    {
        Content One(float value) => Content.Of(Prelude.Array(1L), [value]);
        Assert.Equal(new Verdict.Wrong("[0]", "1", "NaN"), Verify(Wide, One(1), One(float.NaN)));
        Assert.Equal(new Verdict.Wrong("[0]", "NaN", "1"), Verify(Wide, One(float.NaN), One(1)));
        Assert.Equal(new Verdict.Exact(), Verify(Wide, One(BitConverter.UInt32BitsToSingle(0x7fc00000)), One(BitConverter.UInt32BitsToSingle(0xffc00001))));
    }

    [Fact]
    public void Every_type_is_read_as_what_it_is_and_its_place_is_told_by_axes()
    {
        var shape = Prelude.Array(2L, 3L);
        Assert.Equal(
            new Verdict.Wrong("[1, 0]", "-4", "-40"), Verify(Tolerance.Exact, Content.Of(shape, [1, 2, 3, -4, 5, 6]), Content.Of(shape, [1, 2, 3, -40, 5, 6])));
        Assert.Equal(
            new Verdict.Wrong("[1, 2]", "4000000000", "6"),
            Verify(Tolerance.Exact, Content.Of(shape, [1u, 2, 3, 4, 5, 4_000_000_000]), Content.Of(shape, [1u, 2, 3, 4, 5, 6])));
        Assert.Equal(
            new Verdict.Wrong("[0, 1]", "2", "2.5"),
            Verify(Tolerance.Exact, Content.Of(shape, [1f, 2, 3, 4, 5, 6]), Content.Of(shape, [1f, 2.5f, 3, 4, 5, 6])));
        Assert.Equal(
            new Verdict.Wrong("[0, 2]", "3", "3.25"),
            Verify(Tolerance.Exact, Content.Of(shape, [1.0, 2, 3, 4, 5, 6]), Content.Of(shape, [1.0, 2, 3.25, 4, 5, 6])));
        Assert.Equal(
            new Verdict.Wrong("the shape", "[2, 3]", "[3, 2]"),
            Verify(Tolerance.Exact, Content.Of(shape, [1, 2, 3, 4, 5, 6]), Content.Of(Prelude.Array(3L, 2L), [1, 2, 3, 4, 5, 6])));
    }

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

        ReferenceEntry Json(Tolerance tolerance) =>
            ReferenceEntry.Json("x.json", "m", "f", "s", tolerance, () => Datum.Named(("a", Datum.Of(numbers)), ("t", Datum.Of("u"))));
        var json = """{"t": "u", "a": [1.0, -2.5, 0.10000000000000002]}"""u8.ToArray();
        Assert.Equal(new Verdict.Wrong("a[2]", "0.1", "0.10000000000000002"), Json(Tolerance.Exact).Verify(json));
        Assert.Equal(new Verdict.Near(1, "a[2]"), Json(new(0, 1e-15)).Verify(json));
        Assert.Equal("within tolerance, at most 1 ulp, at a[2]", Json(new(0, 1e-15)).Verify(json).ToString());
    }

    [Theory]
    [InlineData("""{"a": [1, "Infinity"], "n": 3, "t": "u", "b": true}""", "exact")]
    [InlineData("""{"a": [1, 1e999], "n": 3.0, "t": "u", "b": true}""", "exact")]
    [InlineData("""{"a": [1, "-Infinity"], "n": 3, "t": "u", "b": true}""", "WRONG at a[1]: expected Infinity, got '\"-Infinity\"'")]
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
    public void Another_type_is_wrong() => Assert.Equal(
        new Verdict.Wrong("the type", "<f8", "<f4"),
        Verify(new(1, 1), Content.Of(Prelude.Array(2L, 1L), [1.0, 2.0]), Content.Of(Prelude.Array(2L, 1L), [1f, 2f])));

    [Theory]
    [InlineData("""{"a": {"b": [1, 2.5]}, "t": true}""", "WRONG at a.b[1]: expected 2, got 2.5")]
    [InlineData("""{"a": {"b": [1, 2]}, "t": false}""", "WRONG at t: expected true, got 'false'")]
    [InlineData("""{"a": {"b": [1]}, "t": true}""", "WRONG at a.b: expected 2 elements, got 1")]
    [InlineData("""{"a": {"b": [1, 2], "c": null}, "t": true}""", "WRONG at a.'c': expected nothing, got 'null'")]
    [InlineData("""{"a": {}, "t": true}""", "WRONG at a.b: expected a list of 2, got nothing")]
    [InlineData("""{"a": {"b": [1, 2]}, "t": "\ud800"}""", "WRONG at t: expected true, got '\"\\ud800\"'")]
    [InlineData("""{"a": {"b": [1, 2]}, "t": true, "\ud800": 1}""", "UNREADABLE: a text in it is no UTF-16")]
    public void A_place_in_json_is_a_path(string json, string says) => Assert.Equal(
        says,
        ReferenceEntry.Json("x.json", "m", "f", "s", Tolerance.Exact, () => Datum.Named(("a", Datum.Named(("b", Datum.Of([1.0, 2.0])))), ("t", Datum.Of(true))))
            .Verify(Encoding.UTF8.GetBytes(json)).ToString());

    [Fact]
    public void A_truth_that_should_be_false_is_told() => Assert.Equal(
        "WRONG at the top: expected false, got 'true'",
        ReferenceEntry.Json("x.json", "m", "f", "s", Tolerance.Exact, () => Datum.Of(false)).Verify("true"u8.ToArray()).ToString());

    /// <summary>Numbers with a distance that double precision computes exactly.</summary>
    [Fact]
    public void The_bound_itself_is_allowed()
    {
        Assert.True(new Tolerance(0.25, 0.5).Allows(4, 5.5) && !new Tolerance(0.25, 0.5).Allows(4, 5.5000000000000009));
        Assert.False(new Tolerance(1, 1).Allows(double.PositiveInfinity, 1) || new Tolerance(1, 1).Allows(1, double.PositiveInfinity));
        Assert.Equal(("exact", "0.25 of the value + 0.5"), (Tolerance.Exact.ToString(), new Tolerance(0.25, 0.5).ToString()));
    }

    [Fact]
    public void Of_two_errors_the_larger_is_told_and_of_equal_ones_the_first()
    {
        var (one, two, other) = (new Verdict.Near(1, "a"), new Verdict.Near(2, "b"), new Verdict.Near(1, "c"));
        Assert.Equal((two, two, one), (one.Then(two), two.Then(one), one.Then(other)));
        Assert.Equal((one, one), (one.Then(new Verdict.Exact()), new Verdict.Exact().Then(one)));
    }

    [Fact]
    public void A_report_is_a_table_with_its_sums()
    {
        var report = new VerificationReport(
            Prelude.Array<(string, Verdict)>(
                ("a.json", new Verdict.Exact()), ("folder/b.npy", new Verdict.Near(3, "[1]")), ("c", new Verdict.Wrong("[0]", "1", "2")),
                ("d", new Verdict.Missing()), ("e", new Verdict.Unreadable("cut short"))),
            Prelude.Array("f"));
        Assert.Equal(
            (string[])[
                "a.json        exact",
                "folder/b.npy  within tolerance, at most 3 ulp, at [1]",
                "c             WRONG at [0]: expected 1, got 2",
                "d             MISSING",
                "e             UNREADABLE: cut short",
                "'f'           not a file of the reference",
                "5 files: 1 exact, 1 within tolerance, 1 wrong, 1 unreadable, 1 missing",
            ],
            report.ToText());
        Assert.False(report.IsRight);
        Assert.True((report with { Files = report.Files.Take(2).ToArr() }).IsRight);
    }

    private static Verdict Verify(Tolerance tolerance, Content expected, Content got) =>
        new ReferenceEntry("x.npy", "m", "f", "s", tolerance, () => expected).Verify(got.ToBytes());
}
