using System.Buffers.Binary;
using System.Text;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>
/// The stack machine of pickles, limited to the instructions that `torch.save` writes. A method that fails records its error and returns false, which ends the
/// program.
/// </summary>
internal sealed class PickleMachine(ReadOnlyMemory<byte> pickle)
{
    /// <summary>The longest storage key. PyTorch's keys are numbers, and every tensor looks one up.</summary>
    private const int LongestKey = 1000;

    private static readonly ChoiceTable<SafetensorsType> Storages = ChoiceTable.Of(
        ("FloatStorage", SafetensorsType.F32), ("DoubleStorage", SafetensorsType.F64),
        ("HalfStorage", SafetensorsType.F16), ("BFloat16Storage", SafetensorsType.BF16),
        ("LongStorage", SafetensorsType.I64), ("IntStorage", SafetensorsType.I32), ("ShortStorage", SafetensorsType.I16), ("CharStorage", SafetensorsType.I8),
        ("ByteStorage", SafetensorsType.U8), ("BoolStorage", SafetensorsType.Bool));

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
                return Pop(1, out var persistent) && PushStorage(persistent[0]);
            case 'R':
                return Pop(2, out var call) && (call[1] is PickleValue.Tuple arguments ? PushMade(call[0], arguments.Items) : Wrong());
            case 's':
                return Pop(2, out var pair) && Put(pair);
            case 'u':
                return ToMark(out var pairs) && Put(pairs);
            case 'a':
                return Pop(1, out var next) && Append(next);
            case 'e':
                return ToMark(out var more) && Append(more);
            case 'b': // the state of an ordered dictionary: its metadata
                return Pop(1, out _);
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

    private bool Wrong() => Refuse("its pickle is damaged: an instruction meets a value of the wrong type");

    private bool Unknown(int at, byte code) =>
        Refuse(Invariant($"byte {at} of its pickle is instruction 0x{code:x2}, which a dictionary of tensors never needs: the file is refused"));

    private bool Take(uint count, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (count > pickle.Length - _at)
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

    private bool PushGlobal(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => Push(new PickleValue.Ordered()),
        ("torch._utils", "_rebuild_tensor_v2") => Push(new PickleValue.RebuildTensor()),
        ("torch._utils", "_rebuild_parameter") => Push(new PickleValue.RebuildParameter()),
        ("torch", _) when Storages.Find(name).Case is SafetensorsType type => Push(new PickleValue.StorageOf(type)),
        _ => Refuse($"its pickle names {Quote($"{module}.{name}")}, which a dictionary of tensors never needs: the file is refused, and none of its code ran"),
    };

    /// <summary>
    /// ('storage', type, key, device, count), and before PyTorch 1.6 also None, or a view of another storage, which is refused. The device does not matter.
    /// </summary>
    private bool PushStorage(PickleValue value) => value is PickleValue.Tuple { Items: var items }
        && (items.Count == 5 || (items.Count == 6 && items[5] is PickleValue.Unread))
        && (items[0], items[1], items[2], items[4])
            is (PickleValue.Text { Content: "storage" }, PickleValue.StorageOf of, PickleValue.Text key, PickleValue.Integer count)
        && key.Content.Length <= LongestKey && count.Number >= 0
            ? Push(new PickleValue.Storage(key.Content, of.Type, count.Number))
            : Refuse("its pickle refers to an outside object that is not a storage");

    private bool PushMade(PickleValue made, Arr<PickleValue> arguments) => (made, arguments.Count) switch
    {
        (PickleValue.Ordered, 0) => Push(new PickleValue.Dictionary([])),
        (PickleValue.RebuildTensor, >= 4) when arguments[2] is PickleValue.Tuple { Items.Count: > ArrayExtent.MaxRank and var rank } =>
            Refuse(Invariant($"its pickle gives a tensor {rank} dimensions, but at most {ArrayExtent.MaxRank} are supported")),
        (PickleValue.RebuildParameter, >= 1) when arguments[0] is PickleValue.Tensor tensor => Push(tensor),
        (PickleValue.RebuildTensor, >= 4) when (arguments[0], arguments[1], Numbers(arguments[2]).Case, Numbers(arguments[3]).Case)
            is (PickleValue.Storage storage, PickleValue.Integer offset, Arr<long> shape, Arr<long> strides) =>
            Push(new PickleValue.Tensor(new(storage.Key, storage.Type, storage.Count, offset.Number, shape, strides))),
        _ => Wrong(),
    };

    private static Option<Arr<long>> Numbers(PickleValue value) =>
        value is PickleValue.Tuple { Items: { Count: <= ArrayExtent.MaxRank } items } && items.ForAll(item => item is PickleValue.Integer)
        ? items.Map(item => ((PickleValue.Integer)item).Number)
        : Option<Arr<long>>.None;
}
