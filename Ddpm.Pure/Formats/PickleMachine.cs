using System.Buffers.Binary;
using System.Text;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;

namespace Ddpm.Pure.Formats;

/// <summary>
/// The stack machine of pickles, limited to the instructions that write data: numbers, texts, bytes, tuples, lists, dictionaries, and the objects that a
/// <see cref="PickleVocabulary"/> knows. It never calls anything. Its work is proportional to the pickle's length: recalling a value takes constant time. A
/// method that fails records its error and returns false, which ends the program.
/// </summary>
/// <param name="pickle">The pickle's bytes. Values are views of them.</param>
/// <param name="vocabulary">The names that the pickle may use.</param>
internal sealed class PickleMachine(ReadOnlyMemory<byte> pickle, PickleVocabulary vocabulary)
{
    /// <summary>The error of an instruction that meets a value of the wrong type.</summary>
    public static Error Damaged { get; } = Error.New("its pickle is damaged: an instruction meets a value of the wrong type");

    private readonly List<PickleValue> _stack = [];
    private readonly Dictionary<long, PickleValue> _memo = [];
    private int _at;
    private string? _fault;
    private PickleValue? _result;

    /// <summary>The number of bytes read.</summary>
    public int At => _at;

    public Fin<PickleValue> Run()
    {
        while (_result is null && Step())
        {
        }

        return _result is null ? Error.New(_fault ?? "") : _result;
    }

    private bool Step()
    {
        var at = _at;
        if (!Byte(out var code))
        {
            return false;
        }

        switch ((char)code)
        {
            case '\x80': // protocol
                return Byte(out var protocol) && (protocol is >= 2 and <= 5 || Unknown(at, code));
            case '\x95': // frame
                return Take(8, out _);
            case '}':
                return Push(new PickleValue.Dictionary([]));
            case ']':
                return Push(new PickleValue.Listing([]));
            case ')':
                return Push(new PickleValue.Tuple(Arr<PickleValue>.Empty));
            case '(':
                return Push(new PickleValue.Mark());
            case 'N': // None
                return Push(new PickleValue.Unread());
            case '\x88' or '\x89': // true, false
                return Push(new PickleValue.Truth(code == 0x88));
            case 'G': // a real number
                return Take(8, out _) && Push(new PickleValue.Unread());
            case 'X':
                return Take(4, out var longLength) && PushText(BinaryPrimitives.ReadUInt32LittleEndian(longLength));
            case '\x8c':
                return Byte(out var shortLength) && PushText(shortLength);
            case 'B' or 'T': // bytes, and Python 2's strings
                return Take(4, out var longBytes) && PushBytes(BinaryPrimitives.ReadUInt32LittleEndian(longBytes));
            case 'C' or 'U':
                return Byte(out var shortBytes) && PushBytes(shortBytes);
            case '\x8e' or '\x96': // bytes and byte arrays with lengths of eight bytes
                return Take(8, out var longestBytes) && PushBytes(BinaryPrimitives.ReadUInt64LittleEndian(longestBytes));
            case 'J':
                return Take(4, out var four) && Push(new PickleValue.Integer(BinaryPrimitives.ReadInt32LittleEndian(four)));
            case 'K':
                return Byte(out var one) && Push(new PickleValue.Integer(one));
            case 'M':
                return Take(2, out var two) && Push(new PickleValue.Integer(BinaryPrimitives.ReadUInt16LittleEndian(two)));
            case '\x8a':
                return Byte(out var size) && Take(size, out var digits) && PushLong(digits);
            case 'q':
                return Byte(out var near) && Remember(near);
            case 'r':
                return Take(4, out var far) && Remember(BinaryPrimitives.ReadUInt32LittleEndian(far));
            case '\x94':
                return Remember(_memo.Count);
            case 'h':
                return Byte(out var nearby) && Recall(nearby);
            case 'j':
                return Take(4, out var faraway) && Recall(BinaryPrimitives.ReadUInt32LittleEndian(faraway));
            case 't':
                return ToMark(out var items) && Push(new PickleValue.Tuple(new Arr<PickleValue>(items)));
            case '\x85' or '\x86' or '\x87': // tuples of one, two and three
                return Pop(code - 0x84, out var some) && Push(new PickleValue.Tuple(new Arr<PickleValue>(some)));
            case 'c':
                return Line(out var module) && Line(out var name) && PushGlobal(module, name);
            case '\x93':
                return Pop(2, out var names)
                    && (names is [PickleValue.Text first, PickleValue.Text second] ? PushGlobal(first.Content, second.Content) : Wrong());
            case 'Q':
                return Pop(1, out var persistent) && Push(vocabulary.Persistent(persistent[0]));
            case 'R':
                return Pop(2, out var call) && (call[1] is PickleValue.Tuple arguments ? Push(vocabulary.Made(call[0], arguments.Items)) : Wrong());
            case 's':
                return Pop(2, out var pair) && Put(pair);
            case 'u':
                return ToMark(out var pairs) && Put(pairs);
            case 'a':
                return Pop(1, out var next) && Append(next);
            case 'e':
                return ToMark(out var more) && Append(more);
            case 'b':
                return Pop(2, out var state) && Push(vocabulary.Built(state[0], state[1]));
            case '.':
                return Pop(1, out var last) && (_result = last[0]) is not null;
            default:
                return Unknown(at, code);
        }
    }

    private bool Refuse(string fault)
    {
        _fault = fault;
        return false;
    }

    private bool Wrong() => Refuse(Damaged.Message);

    private bool Unknown(int at, byte code) =>
        Refuse(Invariant($"byte {at} of its pickle is instruction 0x{code:x2}, which {vocabulary.Content} never needs: the file is refused"));

    private bool Take(ulong count, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (count > (ulong)(pickle.Length - _at))
        {
            return Refuse("its pickle ends too early");
        }

        taken = pickle.Span.Slice(_at, (int)count);
        _at += (int)count;
        return true;
    }

    private bool Byte(out byte value)
    {
        var there = Take(1, out var taken);
        value = there ? taken[0] : (byte)0;
        return there;
    }

    private bool Line(out string line)
    {
        var length = pickle.Span[_at..].IndexOf((byte)'\n');
        line = length < 0 ? "" : Encoding.Latin1.GetString(pickle.Span.Slice(_at, length));
        _at += Math.Max(0, length + 1);
        return length >= 0 || Refuse("its pickle ends too early");
    }

    private bool Push(PickleValue value)
    {
        _stack.Add(value);
        return true;
    }

    private bool Push(Fin<PickleValue> made) => made.Match(Push, fault => Refuse(fault.Message));

    private bool PushBytes(ulong length)
    {
        var from = _at;
        return Take(length, out _) && Push(new PickleValue.Bytes(pickle[from.._at]));
    }

    private bool PushText(uint length) =>
        Take(length, out var bytes)
        && (System.Text.Unicode.Utf8.IsValid(bytes)
            ? Push(new PickleValue.Text(Encoding.UTF8.GetString(bytes)))
            : Refuse("a text in its pickle is not valid Unicode"));

    private bool PushLong(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 8)
        {
            return Refuse("a number in its pickle is too large");
        }

        var number = bytes.Length > 0 && bytes[^1] >= 0x80 ? -1L : 0;
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            number = (number << 8) | bytes[i];
        }

        return Push(new PickleValue.Integer(number));
    }

    /// <summary>Pops values from the stack, in the order in which they were pushed.</summary>
    private bool Pop(int count, out PickleValue[] values)
    {
        var enough = _stack.Count >= count;
        values = enough ? [.. _stack[^count..]] : [];
        _stack.RemoveRange(_stack.Count - values.Length, values.Length);
        return enough || Wrong();
    }

    private bool ToMark(out PickleValue[] items)
    {
        var mark = _stack.FindLastIndex(value => value is PickleValue.Mark);
        items = mark < 0 ? [] : [.. _stack[(mark + 1)..]];
        if (mark < 0)
        {
            return Wrong();
        }

        _stack.RemoveRange(mark, _stack.Count - mark);
        return true;
    }

    private bool Remember(long place)
    {
        if (_stack.Count == 0)
        {
            return Wrong();
        }

        _memo[place] = _stack[^1];
        return true;
    }

    private bool Recall(long place) => _memo.TryGetValue(place, out var value) ? Push(value) : Wrong();

    private bool Put(PickleValue[] items)
    {
        if (_stack is not [.., PickleValue.Dictionary dictionary] || items.Length % 2 != 0)
        {
            return Wrong();
        }

        dictionary.Entries.AddRange(items.Chunk(2).Select(pair => (pair[0], pair[1])));
        return true;
    }

    private bool Append(PickleValue[] items)
    {
        if (_stack is not [.., PickleValue.Listing listing])
        {
            return Wrong();
        }

        listing.Items.AddRange(items);
        return true;
    }

    private bool PushGlobal(string module, string name) => vocabulary.Named(module, name).Match(
        Push,
        () => Refuse($"its pickle names {Quote($"{module}.{name}")}, which {vocabulary.Content} never needs: the file is refused, and none of its code ran"));
}
