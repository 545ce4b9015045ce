using System.Buffers.Binary;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Formats.Pictures;

/// <summary>
/// The frame of a JPEG, and its data so far. It reads the scans only to check that each block has its codes. In progressive files, the lengths of later codes
/// depend on which coefficients earlier scans made nonzero. The frame keeps one bit for each coefficient, and nothing else.
/// </summary>
internal sealed class JpegFrame
{
    private sealed class Component
    {
        public required int Id { get; init; }
        public required int Across { get; init; } // blocks in a unit of all components
        public required int Down { get; init; }
        public required int Columns { get; init; } // blocks that have pixels
        public required int Rows { get; init; }
        public required int Stride { get; init; } // with the padding blocks of the last units
        public required ulong[] NonZero { get; init; }
        public int[] LowestBits { get; } = [.. Enumerable.Repeat(int.MaxValue, Coefficients)]; // the lowest bit read so far, of each coefficient
        public JpegCode? Dc { get; set; }
        public JpegCode? Ac { get; set; }
    }

    /// <summary>The coefficients of a scan, and their bits.</summary>
    private readonly record struct Part(int First, int Last, bool Refines, int Low);

    private const int Coefficients = 64;

    private readonly bool _progressive;
    private readonly Component[] _components;
    private readonly int _unitsAcross, _unitsDown;

    private JpegFrame(int width, int height, bool progressive, Component[] components, int unitsAcross, int unitsDown) =>
        (Width, Height, _progressive, _components, _unitsAcross, _unitsDown) = (width, height, progressive, components, unitsAcross, unitsDown);

    public int Width { get; }

    public int Height { get; }

    /// <summary>Whether every bit of every coefficient was read. A progressive file that was cut short decodes, but is blurred.</summary>
    public bool IsComplete => _components.All(component => component.LowestBits.All(bit => bit == 0));

    public static Fin<JpegFrame> Begin(byte marker, ReadOnlySpan<byte> data)
    {
        if (marker > 0xc2)
        {
            return Error.New("a lossless, hierarchical or arithmetically coded JPEG is not supported");
        }

        if (data.Length < 6 || data.Length < 6 + (3 * data[5]))
        {
            return EncodedPicture.CutShort("it ends inside its header");
        }

        int height = BinaryPrimitives.ReadUInt16BigEndian(data[1..]), width = BinaryPrimitives.ReadUInt16BigEndian(data[3..]), count = data[5];
        if (data[0] != 8 || count is not (1 or 3 or 4))
        {
            return Error.New($"a JPEG of {count} components with {data[0]} bits is not supported");
        }

        if (EncodedPicture.FaultOf(width, height).Case is Error fault)
        {
            return fault;
        }

        var (most, tall) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            var (across, down) = (data[7 + (3 * i)] >> 4, data[7 + (3 * i)] & 15);
            if (across is < 1 or > 4 || down is < 1 or > 4)
            {
                return Error.New($"a JPEG cannot sample its colours {across}×{down}");
            }

            (most, tall) = (Math.Max(most, across), Math.Max(tall, down));
        }

        var progressive = marker == 0xc2;
        var (unitsAcross, unitsDown) = (Parts(width, 8 * most), Parts(height, 8 * tall));
        var components = new Component[count];
        for (var i = 0; i < count; i++)
        {
            var (across, down) = (data[7 + (3 * i)] >> 4, data[7 + (3 * i)] & 15);
            components[i] = new Component
            {
                Id = data[6 + (3 * i)],
                Across = across,
                Down = down,
                Columns = Parts(Parts(width * across, most), 8),
                Rows = Parts(Parts(height * down, tall), 8),
                Stride = unitsAcross * across,
                NonZero = new ulong[progressive ? unitsAcross * across * unitsDown * down : 0],
            };
        }
        return new JpegFrame(width, height, progressive, components, unitsAcross, unitsDown);
    }

    private static int Parts(int length, int part) => (length + part - 1) / part;

    /// <summary>Reads a scan.</summary>
    /// <param name="header">The scan header: its components and coefficients.</param>
    /// <param name="codes">The entropy-coded data, including restarts.</param>
    /// <param name="tables">The decoding tables.</param>
    /// <returns>Nothing, or the fault.</returns>
    public Fin<Unit> Scan(ReadOnlySpan<byte> header, ReadOnlySpan<byte> codes, JpegTables tables)
    {
        int count = header.Length > 0 ? header[0] : 0;
        if (count is < 1 or > 4 || header.Length < 4 + (2 * count))
        {
            return EncodedPicture.CutShort("a scan's header ends too early");
        }

        int first = header[1 + (2 * count)], last = header[2 + (2 * count)], bits = header[3 + (2 * count)];
        var part = _progressive ? new Part(first, last, bits >> 4 > 0, bits & 15) : new Part(0, Coefficients - 1, Refines: false, Low: 0);
        if (part.Last >= Coefficients || part.First > part.Last || (_progressive && (part.First == 0 ? part.Last != 0 : count != 1)))
        {
            return Error.New($"a scan brings coefficients {first} to {last} of {count} components, which is not allowed");
        }

        var members = new Component[count];
        for (var i = 0; i < count; i++)
        {
            int id = header[1 + (2 * i)], codesOf = header[2 + (2 * i)];
            if (_components.FirstOrDefault(component => component.Id == id) is not { } member || members.Contains(member)
                || codesOf >> 4 > 3 || (codesOf & 15) > 3)
            {
                return Error.New("a scan names a component that the frame lacks");
            }
            (member.Dc, member.Ac, members[i]) = (tables[0, codesOf >> 4], tables[1, codesOf & 15], member);
            if ((part.First == 0 && !part.Refines && member.Dc is null) || (part.Last > 0 && member.Ac is null))
            {
                return Error.New("a scan uses a table that the file does not define");
            }

            member.LowestBits.AsSpan(part.First, part.Last - part.First + 1).Fill(part.Low);
        }

        var next = new JpegBits(codes);
        var alone = count == 1;
        var (columns, rows) = alone ? (members[0].Columns, members[0].Rows) : (_unitsAcross, _unitsDown);
        var (left, run) = (tables.RestartInterval, 0);
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                if (tables.RestartInterval > 0 && left-- == 0)
                {
                    if (!next.Restart())
                    {
                        return Missing(row, rows);
                    }

                    (left, run) = (tables.RestartInterval - 1, 0);
                }
                foreach (var member in members)
                {
                    var (across, down) = alone ? (1, 1) : (member.Across, member.Down);
                    for (var y = 0; y < down; y++)
                    {
                        for (var x = 0; x < across; x++)
                        {
                            if (!Block(ref next, member, (((row * down) + y) * member.Stride) + (column * across) + x, part, ref run))
                            {
                                return Missing(row, rows);
                            }
                        }
                    }
                }
            }
        }
        return Prelude.unit;
    }

    private static Error Missing(int row, int rows) =>
        EncodedPicture.CutShort(Invariant($"its data end or are not valid {100L * row / rows} % from the top"));

    /// <summary>Reads the codes of one block. Returns whether they were complete.</summary>
    private bool Block(ref JpegBits bits, Component member, int block, Part part, ref int run) =>
        (part.First > 0 || Dc(ref bits, member, part.Refines))
        && (part.Last == 0 || (
            !_progressive ? Ac(ref bits, member)
            : part.Refines ? AcRefined(ref bits, member, block, part, ref run)
            : AcFirst(ref bits, member, block, part, ref run)))
        && !bits.IsExhausted;

    private static bool Dc(ref JpegBits bits, Component member, bool refines)
    {
        if (refines)
        {
            bits.Skip(1);
            return true;
        }
        var length = member.Dc!.Next(ref bits);
        if (length is < 0 or > 15)
        {
            return false;
        }

        bits.Skip(length);
        return true;
    }

    private static bool Ac(ref JpegBits bits, Component member)
    {
        for (var k = 1; k < 64; k++)
        {
            var symbol = member.Ac!.Next(ref bits);
            if (symbol < 0)
            {
                return false;
            }

            var (zeros, length) = (symbol >> 4, symbol & 15);
            if (length == 0 && zeros != 15)
            {
                return true;
            }

            k += zeros;
            bits.Skip(length);
        }
        return true;
    }

    private static bool AcFirst(ref JpegBits bits, Component member, int block, Part part, ref int run)
    {
        if (run > 0)
        {
            run--;
            return true;
        }
        for (var k = part.First; k <= part.Last; k++)
        {
            var symbol = member.Ac!.Next(ref bits);
            if (symbol < 0)
            {
                return false;
            }

            var (zeros, length) = (symbol >> 4, symbol & 15);
            if (length == 0 && zeros != 15)
            {
                run = (1 << zeros) - 1 + bits.Take(zeros);
                return true;
            }
            k += zeros;
            if (length == 0)
            {
                continue;
            }

            if (k > part.Last)
            {
                return false;
            }

            bits.Skip(length);
            member.NonZero[block] |= 1ul << k;
        }
        return true;
    }

    /// <summary>
    /// One more bit of each coefficient (G.1.2.3): each nonzero coefficient has one correction bit, and new nonzero coefficients come between them.
    /// </summary>
    private static bool AcRefined(ref JpegBits bits, Component member, int block, Part part, ref int run)
    {
        var k = part.First;
        ref var nonZero = ref member.NonZero[block];
        for (; run == 0 && k <= part.Last; k++)
        {
            var symbol = member.Ac!.Next(ref bits);
            if (symbol < 0)
            {
                return false;
            }

            var (zeros, length) = (symbol >> 4, symbol & 15);
            if (length == 0 && zeros != 15)
            {
                run = (1 << zeros) + bits.Take(zeros);
                break;
            }
            if (length > 1)
            {
                return false;
            }

            bits.Skip(length);
            for (; k <= part.Last; k++)
            {
                if ((nonZero >> k & 1) != 0)
                {
                    bits.Skip(1);
                }
                else if (--zeros < 0)
                {
                    break;
                }
            }
            if (length == 1)
            {
                if (k > part.Last)
                {
                    return false;
                }

                nonZero |= 1ul << k;
            }
        }
        if (run > 0)
        {
            for (; k <= part.Last; k++)
            {
                if ((nonZero >> k & 1) != 0)
                {
                    bits.Skip(1);
                }
            }

            run--;
        }
        return true;
    }
}
