using Ddpm.Properties.Formats;
using Xunit;
using static Ddpm.Properties.Attacks.SamplePictures;

namespace Ddpm.Properties.Attacks;

/// <summary>JPEG files with too many scans or too little data.</summary>
public sealed class JpegAttacks
{
    /// <summary>Each scan of a progressive JPEG costs time for every block, and may be a few bytes long.</summary>
    [Fact]
    public void A_jpeg_of_a_thousand_scans_is_refused()
    {
        var jpeg = Of("jpeg progressive");
        var first = jpeg.AsSpan().IndexOf((byte[])[0xff, 0xda]);
        var end = first + jpeg.AsSpan(first).IndexOf((byte[])[0xff, 0xc4]); // the tables of the next one
        byte[] Times(int times) => [.. jpeg[..first], .. Enumerable.Repeat(jpeg[first..end], times).SelectMany(scan => scan), .. jpeg[end..]];
        Assert.True(Read(Times(2)).IsSucc);
        Assert.Contains("more than 64 scans", Read(Times(1000)).Message(), StringComparison.Ordinal);
    }

    /// <summary>A decoder warns of it at most, and paints the rest grey.</summary>
    [Fact]
    public void A_jpeg_whose_data_end_before_its_end_is_refused()
    {
        foreach (var name in All.Select(sample => sample.Name).Where(name => name.StartsWith("jpeg", StringComparison.Ordinal)))
        {
            var file = Of(name);
            var start = file.AsSpan().IndexOf((byte[])[0xff, 0xda]) + 14;
            for (var tenth = 1; tenth < 10; tenth++)
            {
                _ = Read([.. file[..(start + ((file.Length - start) * tenth / 10))], 0xff, 0xd9]).Message();
            }
        }
    }
}
