using System.Buffers.Binary;
using System.Text;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>A tensor of a pickled state dict: a view of a storage.</summary>
/// <param name="Storage">The storage's key.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Count">The number of elements in the storage.</param>
/// <param name="Offset">The tensor's first element in the storage.</param>
/// <param name="Shape">The extents.</param>
/// <param name="Strides">The distance between neighbours along each extent, in elements.</param>
public sealed record TorchView(string Storage, SafetensorsType Type, long Count, long Offset, Arr<long> Shape, Arr<long> Strides);

/// <summary>
/// Reads a pickled state dict and nothing else. A pickle is a program for a stack machine, and it can call any function it names. This machine knows only the
/// instructions that `torch.save` writes for a dictionary of tensors, and the names of the ordered dictionary, the tensor, the parameter and the storages. It
/// refuses any other name, and it never calls anything. Its work is proportional to the pickle's length: recalling a value takes constant time.
/// </summary>
public static class TorchPickle
{
    /// <summary>The longest storage key. PyTorch's keys are numbers, and every tensor looks one up.</summary>
    private const int LongestKey = 1000;

    private const int OldProtocol = 1001, MostBeforeMagic = 16;

    /// <summary>The magic number of PyTorch before 1.6, after the pickle's protocol: a number of ten bytes, and the end of the first pickle.</summary>
    private static ReadOnlySpan<byte> OldMagic => [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    private static readonly Map<string, SafetensorsType> Storages = Map(
        ("FloatStorage", SafetensorsType.F32), ("DoubleStorage", SafetensorsType.F64),
        ("HalfStorage", SafetensorsType.F16), ("BFloat16Storage", SafetensorsType.BF16),
        ("LongStorage", SafetensorsType.I64), ("IntStorage", SafetensorsType.I32), ("ShortStorage", SafetensorsType.I16), ("CharStorage", SafetensorsType.I8),
        ("ByteStorage", SafetensorsType.U8), ("BoolStorage", SafetensorsType.Bool));

    /// <summary>A value on the stack.</summary>
    private abstract record Value
    {
        public sealed record Text(string Content) : Value;

        public sealed record Integer(long Number) : Value;

        public sealed record Truth(bool IsTrue) : Value;

        /// <summary>None or a real number. A state dict may hold them beside tensors, and nobody reads them.</summary>
        public sealed record Unread : Value;

        public sealed record Tuple(Arr<Value> Items) : Value;

        public sealed record Listing(List<Value> Items) : Value;

        public sealed record Dictionary(List<(Value Key, Value Item)> Entries) : Value;

        public sealed record Ordered : Value;

        public sealed record RebuildTensor : Value;

        public sealed record RebuildParameter : Value;

        public sealed record StorageOf(SafetensorsType Type) : Value;

        public sealed record Storage(string Key, SafetensorsType Type, long Count) : Value;

        public sealed record Tensor(TorchView View) : Value;

        public sealed record Mark : Value;
    }

    /// <summary>The tensors by name, in file order.</summary>
    /// <param name="pickle">The content of data.pkl.</param>
    public static Fin<Seq<(string Name, TorchView View)>> Read(ReadOnlyMemory<byte> pickle) => new Machine(pickle).Run().Bind(Tensors);

    /// <summary>Whether a file is from PyTorch before 1.6: pickles, then the storages.</summary>
    public static bool IsOld(ReadOnlySpan<byte> file) => file[..Math.Min(file.Length, MostBeforeMagic + OldMagic.Length)].IndexOf(OldMagic) >= 0;

    /// <summary>Reads the pickles of a file from PyTorch before 1.6: the protocol, the machine, the dictionary and the order of the storages.</summary>
    /// <param name="file">A file for which <see cref="IsOld"/> holds.</param>
    /// <returns>The tensors by name, the keys of the storages in order, and the start of the storages; or the fault of the file.</returns>
    public static Fin<(Seq<(string Name, TorchView View)> Tensors, Seq<string> Storages, int End)> ReadOld(ReadOnlyMemory<byte> file)
    {
        var at = file.Span.IndexOf(OldMagic) + OldMagic.Length;
        Fin<Value> Next()
        {
            var machine = new Machine(file[at..]);
            var value = machine.Run();
            at += machine.At;
            return value;
        }

        return from protocol in Next().Bind(KnownProtocol)
               from machine in Next().Bind(LittleEndian)
               from tensors in Next().Bind(Tensors)
               from storages in Next().Bind(StorageKeys)
               select (tensors, storages, at);
    }

    private static Fin<Value> KnownProtocol(Value protocol) =>
        protocol is Value.Integer { Number: OldProtocol } ? protocol : Error.New("it is of no version of PyTorch's own format that is known");

    private static Fin<Value> LittleEndian(Value machine) =>
        machine is Value.Dictionary dictionary
        && dictionary.Entries.Exists(entry => entry is (Value.Text { Content: "little_endian" }, Value.Truth { IsTrue: true }))
            ? machine
            : Error.New("its numbers are not little-endian");

    private static Fin<Seq<string>> StorageKeys(Value order) =>
        order is Value.Listing listing && listing.Items.TrueForAll(key => key is Value.Text)
            ? toSeq(listing.Items.Select(key => ((Value.Text)key).Content).ToArray())
            : Error.New("it does not say in which order its storages follow");

    private static Fin<Seq<(string Name, TorchView View)>> Tensors(Value value)
    {
        if (value is not Value.Dictionary dictionary)
        {
            return Error.New("it holds no dictionary of tensors: save model.state_dict(), and nothing round it");
        }

        var (names, tensors) = (new System.Collections.Generic.HashSet<string>(), new List<(string Name, TorchView View)>());
        foreach (var entry in dictionary.Entries)
        {
            if (entry is not (Value.Text name, _))
            {
                return Error.New("a name of its dictionary is no text");
            }

            if (entry.Item is not Value.Tensor tensor)
            {
                return Error.New($"{Quote(name.Content)} is no tensor: save model.state_dict(), and nothing beside or round it");
            }

            if (!names.Add(name.Content))
            {
                return Error.New($"tensor {Quote(name.Content)} is there more than once: names must differ");
            }

            tensors.Add((name.Content, tensor.View));
        }

        return toSeq(tensors.ToArray());
    }

    /// <summary>The stack machine. A method that fails records its error and returns false, which ends the program.</summary>
    private sealed class Machine(ReadOnlyMemory<byte> pickle)
    {
        private readonly List<Value> _stack = [];
        private readonly Dictionary<long, Value> _memo = [];
        private int _at;
        private string? _fault;
        private Value? _result;

        /// <summary>The number of bytes read.</summary>
        public int At => _at;

        public Fin<Value> Run()
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
                    return Push(new Value.Dictionary([]));
                case ']':
                    return Push(new Value.Listing([]));
                case ')':
                    return Push(new Value.Tuple(Arr<Value>.Empty));
                case '(':
                    return Push(new Value.Mark());
                case 'N': // None
                    return Push(new Value.Unread());
                case '\x88' or '\x89': // true, false
                    return Push(new Value.Truth(code == 0x88));
                case 'G': // a real number
                    return Take(8, out _) && Push(new Value.Unread());
                case 'X':
                    return Take(4, out var longLength) && PushText(BinaryPrimitives.ReadUInt32LittleEndian(longLength));
                case '\x8c':
                    return Byte(out var shortLength) && PushText(shortLength);
                case 'J':
                    return Take(4, out var four) && Push(new Value.Integer(BinaryPrimitives.ReadInt32LittleEndian(four)));
                case 'K':
                    return Byte(out var one) && Push(new Value.Integer(one));
                case 'M':
                    return Take(2, out var two) && Push(new Value.Integer(BinaryPrimitives.ReadUInt16LittleEndian(two)));
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
                    return ToMark(out var items) && Push(new Value.Tuple(new Arr<Value>(items)));
                case '\x85' or '\x86' or '\x87': // tuples of one, two and three
                    return Pop(code - 0x84, out var some) && Push(new Value.Tuple(new Arr<Value>(some)));
                case 'c':
                    return Line(out var module) && Line(out var name) && PushGlobal(module, name);
                case '\x93':
                    return Pop(2, out var names) && (names is [Value.Text first, Value.Text second] ? PushGlobal(first.Content, second.Content) : Wrong());
                case 'Q':
                    return Pop(1, out var persistent) && PushStorage(persistent[0]);
                case 'R':
                    return Pop(2, out var call) && (call[1] is Value.Tuple arguments ? PushMade(call[0], arguments.Items) : Wrong());
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

        private bool Wrong() => Refuse("its pickle is damaged: an instruction meets what it cannot be meant for");

        private bool Unknown(int at, byte code) =>
            Refuse(Invariant($"byte {at} of its pickle asks for instruction 0x{code:x2}, which no dictionary of tensors needs: it is refused"));

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

        private bool Push(Value value)
        {
            _stack.Add(value);
            return true;
        }

        private bool PushText(uint length) =>
            Take(length, out var bytes)
            && (System.Text.Unicode.Utf8.IsValid(bytes)
                ? Push(new Value.Text(Encoding.UTF8.GetString(bytes)))
                : Refuse("a text of its pickle is no Unicode"));

        private bool PushLong(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length > 8)
            {
                return Refuse("a number of its pickle is too large");
            }

            var number = bytes.Length > 0 && bytes[^1] >= 0x80 ? -1L : 0;
            for (var i = bytes.Length - 1; i >= 0; i--)
            {
                number = (number << 8) | bytes[i];
            }

            return Push(new Value.Integer(number));
        }

        /// <summary>Pops values from the stack, in the order in which they were pushed.</summary>
        private bool Pop(int count, out Value[] values)
        {
            var enough = _stack.Count >= count;
            values = enough ? [.. _stack[^count..]] : [];
            _stack.RemoveRange(_stack.Count - values.Length, values.Length);
            return enough || Wrong();
        }

        private bool ToMark(out Value[] items)
        {
            var mark = _stack.FindLastIndex(value => value is Value.Mark);
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

        private bool Put(Value[] items)
        {
            if (_stack is not [.., Value.Dictionary dictionary] || items.Length % 2 != 0)
            {
                return Wrong();
            }

            dictionary.Entries.AddRange(items.Chunk(2).Select(pair => (pair[0], pair[1])));
            return true;
        }

        private bool Append(Value[] items)
        {
            if (_stack is not [.., Value.Listing listing])
            {
                return Wrong();
            }

            listing.Items.AddRange(items);
            return true;
        }

        private bool PushGlobal(string module, string name) => (module, name) switch
        {
            ("collections", "OrderedDict") => Push(new Value.Ordered()),
            ("torch._utils", "_rebuild_tensor_v2") => Push(new Value.RebuildTensor()),
            ("torch._utils", "_rebuild_parameter") => Push(new Value.RebuildParameter()),
            ("torch", _) when Storages.Find(name).Case is SafetensorsType type => Push(new Value.StorageOf(type)),
            _ => Refuse($"its pickle names {Quote($"{module}.{name}")}, which no dictionary of tensors needs: it is refused, and nothing of it was called"),
        };

        /// <summary>
        /// ('storage', type, key, device, count), and before PyTorch 1.6 also None, or a view of another storage, which is refused. The device does not matter.
        /// </summary>
        private bool PushStorage(Value value) => value is Value.Tuple { Items: var items }
            && (items.Count == 5 || (items.Count == 6 && items[5] is Value.Unread))
            && (items[0], items[1], items[2], items[4]) is (Value.Text { Content: "storage" }, Value.StorageOf of, Value.Text key, Value.Integer count)
            && key.Content.Length <= LongestKey && count.Number >= 0
                ? Push(new Value.Storage(key.Content, of.Type, count.Number))
                : Refuse("its pickle speaks of something beside it that is no storage");

        private bool PushMade(Value made, Arr<Value> arguments) => (made, arguments.Count) switch
        {
            (Value.Ordered, 0) => Push(new Value.Dictionary([])),
            (Value.RebuildTensor, >= 4) when arguments[2] is Value.Tuple { Items.Count: > ArrayExtent.MaxRank and var rank } =>
                Refuse(Invariant($"its pickle gives a tensor {rank} extents, and {ArrayExtent.MaxRank} are read at most")),
            (Value.RebuildParameter, >= 1) when arguments[0] is Value.Tensor tensor => Push(tensor),
            (Value.RebuildTensor, >= 4) when (arguments[0], arguments[1], Numbers(arguments[2]).Case, Numbers(arguments[3]).Case)
                is (Value.Storage storage, Value.Integer offset, Arr<long> shape, Arr<long> strides) =>
                Push(new Value.Tensor(new(storage.Key, storage.Type, storage.Count, offset.Number, shape, strides))),
            _ => Wrong(),
        };

        private static Option<Arr<long>> Numbers(Value value) =>
            value is Value.Tuple { Items: { Count: <= ArrayExtent.MaxRank } items } && items.ForAll(item => item is Value.Integer)
            ? items.Map(item => ((Value.Integer)item).Number)
            : Option<Arr<long>>.None;
    }
}
