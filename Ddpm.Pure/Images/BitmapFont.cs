using System.Collections.Frozen;

namespace Ddpm.Pure.Images;

/// <summary>
/// A proportional bitmap font: capitals have 5×7 pixels, with two more rows below the baseline. It draws labels without an installed font. It has
/// letters, digits, space and .,:;!?'-+=%/()_; any other character becomes a hollow box.
/// </summary>
internal static class BitmapFont
{
    private const int Baseline = 7;
    private const int Spacing = 1;

    /// <summary>Rows of a line of text at scale 1: seven above the baseline and two below.</summary>
    public const int LineHeight = Baseline + 2;

    private static readonly PixelMask Box = new(["#####", "#...#", "#...#", "#...#", "#...#", "#...#", "#####"]);

    private static readonly FrozenDictionary<char, PixelMask> Glyphs = Sheets().SelectMany(Cut).ToFrozenDictionary();

    /// <summary>Whether the font has a glyph for a character.</summary>
    public static bool Has(char character) => Glyphs.ContainsKey(character);

    /// <summary>Whether the font has a glyph for every character of a text.</summary>
    public static bool CanDraw(string text) => text.All(Has);

    /// <summary>Width of a line of text in pixels at scale 1; 0 for an empty text.</summary>
    public static int Width(string text) => Math.Max(0, text.Sum(character => Glyph(character).Width + Spacing) - Spacing);

    /// <summary>
    /// One line of text as a grey picture, <see cref="Width"/>×<see cref="LineHeight"/> pixels (at least one wide) times the scale.
    /// </summary>
    /// <param name="text">The text. A line break is a character like any other.</param>
    /// <param name="scale">The side of a font pixel in the picture, in pixels, at least 1.</param>
    /// <param name="ink">Grey level of the letters.</param>
    /// <param name="paper">Grey level of the rest.</param>
    public static PixelImage Draw(string text, int scale, byte ink = 0, byte paper = 255)
    {
        var width = Math.Max(1, Width(text));
        var line = new byte[width * LineHeight];
        line.AsSpan().Fill(paper);
        var left = 0;
        foreach (var character in text)
        {
            var glyph = Glyph(character);
            for (var y = 0; y < glyph.Height; y++)
            {
                for (var x = 0; x < glyph.Width; x++)
                {
                    if (glyph[x, y])
                    {
                        line[y * width + left + x] = ink;
                    }
                }
            }

            left += glyph.Width + Spacing;
        }
        return PixelImage.Create(width, LineHeight, channels: 1, line).Enlarge(scale);
    }

    private static PixelMask Glyph(char character) => Glyphs.GetValueOrDefault(character, Box);

    private static IEnumerable<KeyValuePair<char, PixelMask>> Cut((string Characters, string Rows) sheet)
    {
        var rows = sheet.Rows.Split('\n').Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        return sheet.Characters.Select((character, i) => KeyValuePair.Create(character, new PixelMask([.. rows.Select(row => row[i])])));
    }

    private readonly record struct PixelMask(string[] Rows)
    {
        public int Width => Rows[0].Length;

        public int Height => Rows.Length;

        public bool this[int x, int y] => Rows[y][x] == '#';
    }

    // Each line of a sheet is one row of pixels of all its glyphs.
    private static IEnumerable<(string Characters, string Rows)> Sheets() =>
    [
        ("ABCDEFGHIJKLM",
        """
        .###. ####. .###. ####. ##### ##### .###. #...# ### ..### #...# #.... #...#
        #...# #...# #...# #...# #.... #.... #...# #...# .#. ...#. #..#. #.... ##.##
        #...# #...# #.... #...# #.... #.... #.... #...# .#. ...#. #.#.. #.... #.#.#
        ##### ####. #.... #...# ####. ####. #.### ##### .#. ...#. ##... #.... #.#.#
        #...# #...# #.... #...# #.... #.... #...# #...# .#. ...#. #.#.. #.... #...#
        #...# #...# #...# #...# #.... #.... #...# #...# .#. #..#. #..#. #.... #...#
        #...# ####. .###. ####. ##### #.... .###. #...# ### .##.. #...# ##### #...#
        """),
        ("NOPQRSTUVWXYZ",
        """
        #...# .###. ####. .###. ####. .###. ##### #...# #...# #...# #...# #...# #####
        #...# #...# #...# #...# #...# #...# ..#.. #...# #...# #...# #...# #...# ....#
        ##..# #...# #...# #...# #...# #.... ..#.. #...# #...# #...# .#.#. .#.#. ...#.
        #.#.# #...# ####. #...# ####. .###. ..#.. #...# #...# #.#.# ..#.. ..#.. ..#..
        #..## #...# #.... #.#.# #.#.. ....# ..#.. #...# .#.#. #.#.# .#.#. ..#.. .#...
        #...# #...# #.... #..#. #..#. #...# ..#.. #...# .#.#. ##.## #...# ..#.. #....
        #...# .###. #.... .##.# #...# .###. ..#.. .###. ..#.. #...# #...# ..#.. #####
        """),
        ("abcdefghijklm",
        """
        ..... #.... ..... ....# ..... ..## ..... #.... # ..# #... #. .....
        ..... #.... ..... ....# ..... .#.. ..... #.... . ... #... #. .....
        .###. #.##. .###. .##.# .###. .#.. .#### #.##. # ..# #..# #. ####.
        ....# ##..# #.... #..## #...# #### #...# ##..# # ..# #.#. #. #.#.#
        .#### #...# #.... #...# ##### .#.. #...# #...# # ..# ##.. #. #.#.#
        #...# #...# #...# #...# #.... .#.. #...# #...# # ..# #.#. #. #.#.#
        .#### ####. .###. .#### .###. .#.. .#### #...# # ..# #..# .# #.#.#
        ..... ..... ..... ..... ..... .... ....# ..... . #.# .... .. .....
        ..... ..... ..... ..... ..... .... .###. ..... . .#. .... .. .....
        """),
        ("nopqrstuvwxyz",
        """
        ..... ..... ..... ..... .... ..... .#.. ..... ..... ..... ..... ..... .....
        ..... ..... ..... ..... .... ..... .#.. ..... ..... ..... ..... ..... .....
        #.##. .###. ####. .#### #.## .#### #### #...# #...# #...# #...# #...# #####
        ##..# #...# #...# #...# ##.. #.... .#.. #...# #...# #.#.# .#.#. #...# ...#.
        #...# #...# #...# #...# #... .###. .#.. #...# #...# #.#.# ..#.. #...# ..#..
        #...# #...# #...# #...# #... ....# .#.. #..## .#.#. #.#.# .#.#. #...# .#...
        #...# .###. ####. .#### #... ####. ..## .##.# ..#.. .#.#. #...# .#### #####
        ..... ..... #.... ....# .... ..... .... ..... ..... ..... ..... ....# .....
        ..... ..... #.... ....# .... ..... .... ..... ..... ..... ..... .###. .....
        """),
        ("0123456789",
        """
        .##. ..#.. .###. .###. ...#. ##### ..##. ##### .###. .###.
        #..# .##.. #...# #...# ..##. #.... .#... ....# #...# #...#
        #..# ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...#
        #..# ..#.. ...#. ..##. #..#. ....# ####. ...#. .###. .####
        #..# ..#.. ..#.. ....# ##### ....# #...# ..#.. #...# ....#
        #..# ..#.. .#... #...# ...#. #...# #...# ..#.. #...# ...#.
        .##. .###. ##### .###. ...#. .###. .###. ..#.. .###. .##..
        """),
        (".,:;!?'-+=%/()_",
        """
        .. .. .. .. # .###. # .... ..... ..... .#....# ....# ..# #.. .....
        .. .. .. .. # #...# # .... ..#.. ..... #.#..#. ....# .#. .#. .....
        .. .. ## ## # ....# . .... ..#.. ##### .#..#.. ...#. #.. ..# .....
        .. .. ## ## # ...#. . #### ##### ..... ...#... ..#.. #.. ..# .....
        .. .. .. .. # ..#.. . .... ..#.. ##### ..#..#. .#... #.. ..# .....
        ## ## ## ## . ..... . .... ..#.. ..... .#..#.# #.... .#. .#. .....
        ## ## ## ## # ..#.. . .... ..... ..... #....#. #.... ..# #.. #####
        .. .# .. .# . ..... . .... ..... ..... ....... ..... ... ... .....
        .. #. .. #. . ..... . .... ..... ..... ....... ..... ... ... .....
        """),
        (" ", "..."),
    ];
}
