using System.Buffers.Binary;
using System.Text;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Formats.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>A tensor of a pickled state dict: a view of a storage.</summary>
/// <param name="Storage">The storage's key.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Count">How many elements the storage has.</param>
/// <param name="Offset">Where in it the tensor begins, in elements.</param>
/// <param name="Shape">The extents.</param>
/// <param name="Strides">From one element to the next along each of them.</param>
public sealed record TorchView(string Storage, SafetensorsType Type, long Count, long Offset, Arr<long> Shape, Arr<long> Strides);

/// <summary>
/// Reads a pickled state dict and nothing else. A pickle is a program for a machine with a stack, which can call whatever it names; this machine knows the few
/// instructions that `torch.save` writes for a dictionary of tensors, and thirteen names: the ordered dictionary, the tensor, the parameter and ten storages. Any other is refused,
/// and nothing is ever called.
/// </summary>
public static class TorchPickle
{
    private static readonly Map<string, SafetensorsType> Storages = Map(
        ("FloatStorage", SafetensorsType.F32), ("DoubleStorage", SafetensorsType.F64), ("HalfStorage", SafetensorsType.F16), ("BFloat16Storage", SafetensorsType.BF16),
        ("LongStorage", SafetensorsType.I64), ("IntStorage", SafetensorsType.I32), ("ShortStorage", SafetensorsType.I16), ("CharStorage", SafetensorsType.I8),
        ("ByteStorage", SafetensorsType.U8), ("BoolStorage", SafetensorsType.Bool));

    /// <summary>What can lie on the stack.</summary>
    private abstract record Value
    {
        public sealed record Text(string Content) : Value;

        public sealed record Integer(long Number) : Value;

        /// <summary>None, a truth, a real number: what a state dict says beside tensors, and nobody reads.</summary>
        public sealed record Unread : Value;

        public sealed record Tuple(Arr<Value> Items) : Value;

        public sealed record Listing : Value;

        public sealed record Dictionary(List<(Value Key, Value Item)> Entries) : Value;

        public sealed record Ordered : Value;

        public sealed record RebuildTensor : Value;

        public sealed record RebuildParameter : Value;

        public sealed record StorageOf(SafetensorsType Type) : Value;

        public sealed record Storage(string Key, SafetensorsType Type, long Count) : Value;

        public sealed record Tensor(TorchView View) : Value;

        public sealed record Mark : Value;
    }

    /// <summary>The tensors by name, in their order.</summary>
    /// <param name="pickle">The bytes of data.pkl.</param>
    public static Fin<Seq<(string Name, TorchView View)>> Read(ReadOnlyMemory<byte> pickle)
    {
        try
        {
            return Tensors(new Machine(pickle).Run());
        }
        catch (Refusal refusal)
        {
            return Error.New(refusal.Message);
        }
    }

    private static Seq<(string, TorchView)> Tensors(Value value)
    {
        if (value is not Value.Dictionary dictionary)
        {
            throw new Refusal("it holds no dictionary of tensors: save model.state_dict(), and nothing round it");
        }

        return toSeq(dictionary.Entries.Select(entry => (entry.Key, entry.Item) switch
        {
            (Value.Text name, Value.Tensor tensor) => (name.Content, tensor.View),
            (Value.Text name, _) => throw new Refusal($"{Quote(name.Content)} is no tensor: save model.state_dict(), and nothing beside or round it"),
            _ => throw new Refusal("a name of its dictionary is no text"),
        }).ToArray());
    }

    private sealed class Refusal(string message) : Exception(message);

    private sealed class Machine(ReadOnlyMemory<byte> pickle)
    {
        private readonly List<Value> _stack = [];
        private readonly Dictionary<long, Value> _memo = [];
        private int _at;

        public Value Run()
        {
            while (true)
            {
                var (at, code) = (_at, Byte());
                switch ((char)code)
                {
                    case '\x80' when Byte() is 2 or 3 or 4: // protocol
                        break;
                    case '\x95': // frame
                        Take(8);
                        break;
                    case '}':
                        _stack.Add(new Value.Dictionary([]));
                        break;
                    case ']':
                        _stack.Add(new Value.Listing());
                        break;
                    case ')':
                        _stack.Add(new Value.Tuple([]));
                        break;
                    case '(':
                        _stack.Add(new Value.Mark());
                        break;
                    case 'N' or '\x88' or '\x89': // None, true, false
                        _stack.Add(new Value.Unread());
                        break;
                    case 'G': // a real number
                        Take(8);
                        _stack.Add(new Value.Unread());
                        break;
                    case 'X':
                        _stack.Add(Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))));
                        break;
                    case '\x8c':
                        _stack.Add(Text(Byte()));
                        break;
                    case 'J':
                        _stack.Add(new Value.Integer(BinaryPrimitives.ReadInt32LittleEndian(Take(4))));
                        break;
                    case 'K':
                        _stack.Add(new Value.Integer(Byte()));
                        break;
                    case 'M':
                        _stack.Add(new Value.Integer(BinaryPrimitives.ReadUInt16LittleEndian(Take(2))));
                        break;
                    case '\x8a':
                        _stack.Add(Long(Take(Byte())));
                        break;
                    case 'q':
                        _memo[Byte()] = Top();
                        break;
                    case 'r':
                        _memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Top();
                        break;
                    case '\x94':
                        _memo[_memo.Count] = Top();
                        break;
                    case 'h':
                        _stack.Add(Remembered(Byte()));
                        break;
                    case 'j':
                        _stack.Add(Remembered(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))));
                        break;
                    case 't':
                        var items = ToMark();
                        _stack.Add(new Value.Tuple(new Arr<Value>(items)));
                        break;
                    case '\x85' or '\x86' or '\x87': // tuples of one, two and three
                        var some = Enumerable.Range(0, code - 0x84).Select(_ => Pop()).Reverse().ToArray();
                        _stack.Add(new Value.Tuple(new Arr<Value>(some)));
                        break;
                    case 'c':
                        _stack.Add(Global(Line(), Line()));
                        break;
                    case '\x93':
                        var (name, module) = (Pop(), Pop());
                        _stack.Add(Global(((module as Value.Text) ?? throw Wrong()).Content, ((name as Value.Text) ?? throw Wrong()).Content));
                        break;
                    case 'Q':
                        _stack.Add(Storage(Pop()));
                        break;
                    case 'R':
                        var (arguments, made) = (Pop(), Pop());
                        _stack.Add(Made(made, (arguments as Value.Tuple ?? throw Wrong()).Items));
                        break;
                    case 's':
                        var (item, key) = (Pop(), Pop());
                        Put([key, item]);
                        break;
                    case 'u':
                        Put(ToMark());
                        break;
                    case 'a':
                        Pop();
                        break;
                    case 'e':
                        ToMark();
                        break;
                    case 'b': // the state of an ordered dictionary: its metadata
                        Pop();
                        break;
                    case '.':
                        return Pop();
                    default:
                        throw new Refusal(Invariant($"byte {at} of its pickle asks for instruction 0x{code:x2}, which no dictionary of tensors needs: it is refused"));
                }
            }
        }

        private static Refusal Wrong() => new("its pickle is damaged: an instruction meets what it cannot be meant for");

        private byte Byte() => Take(1)[0];

        private ReadOnlySpan<byte> Take(uint count)
        {
            if (count > pickle.Length - _at)
            {
                throw new Refusal("its pickle ends too early");
            }

            var taken = pickle.Span.Slice(_at, (int)count);
            _at += (int)count;
            return taken;
        }

        private string Line()
        {
            var length = pickle.Span[_at..].IndexOf((byte)'\n');
            if (length < 0)
            {
                throw new Refusal("its pickle ends too early");
            }

            var line = Encoding.Latin1.GetString(Take((uint)length));
            Take(1);
            return line;
        }

        private Value.Text Text(uint length)
        {
            var bytes = Take(length);
            return System.Text.Unicode.Utf8.IsValid(bytes) ? new(Encoding.UTF8.GetString(bytes)) : throw new Refusal("a text of its pickle is no Unicode");
        }

        private static Value.Integer Long(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length > 8)
            {
                throw new Refusal("a number of its pickle is too large");
            }

            var number = bytes.Length > 0 && bytes[^1] >= 0x80 ? -1L : 0;
            for (var i = bytes.Length - 1; i >= 0; i--)
            {
                number = (number << 8) | bytes[i];
            }

            return new(number);
        }

        private Value Top() => _stack.Count > 0 ? _stack[^1] : throw Wrong();

        private Value Pop()
        {
            var top = Top();
            _stack.RemoveAt(_stack.Count - 1);
            return top;
        }

        private Value Remembered(long place) => _memo.TryGetValue(place, out var value) ? value : throw Wrong();

        private Value[] ToMark()
        {
            var mark = _stack.FindLastIndex(value => value is Value.Mark);
            if (mark < 0)
            {
                throw Wrong();
            }

            Value[] items = [.. _stack.Skip(mark + 1)];
            _stack.RemoveRange(mark, _stack.Count - mark);
            return items;
        }

        private void Put(Value[] items)
        {
            if (Top() is not Value.Dictionary dictionary || items.Length % 2 != 0)
            {
                throw Wrong();
            }

            dictionary.Entries.AddRange(items.Chunk(2).Select(pair => (pair[0], pair[1])));
        }

        private static Value Global(string module, string name) => (module, name) switch
        {
            ("collections", "OrderedDict") => new Value.Ordered(),
            ("torch._utils", "_rebuild_tensor_v2") => new Value.RebuildTensor(),
            ("torch._utils", "_rebuild_parameter") => new Value.RebuildParameter(),
            ("torch", _) when Storages.Find(name).Case is SafetensorsType type => new Value.StorageOf(type),
            _ => throw new Refusal($"its pickle names {Quote($"{module}.{name}")}, which no dictionary of tensors needs: it is refused, and nothing of it was called"),
        };

        /// <summary>('storage', type, key, device, count): the device where it was does not matter.</summary>
        private static Value.Storage Storage(Value value) => value is Value.Tuple { Items: var items } && items.Count == 5
            && (items[0], items[1], items[2], items[4]) is (Value.Text { Content: "storage" }, Value.StorageOf of, Value.Text key, Value.Integer count) && count.Number >= 0
                ? new Value.Storage(key.Content, of.Type, count.Number)
                : throw new Refusal("its pickle speaks of something beside it that is no storage");

        private static Value Made(Value made, Arr<Value> arguments) => (made, arguments.Count) switch
        {
            (Value.Ordered, 0) => new Value.Dictionary([]),
            (Value.RebuildParameter, >= 1) when arguments[0] is Value.Tensor tensor => tensor,
            (Value.RebuildTensor, >= 4) when (arguments[0], arguments[1]) is (Value.Storage storage, Value.Integer offset) =>
                new Value.Tensor(new(storage.Key, storage.Type, storage.Count, offset.Number, Numbers(arguments[2]), Numbers(arguments[3]))),
            _ => throw Wrong(),
        };

        private static Arr<long> Numbers(Value value) =>
            (value as Value.Tuple ?? throw Wrong()).Items.Map(item => (item as Value.Integer ?? throw Wrong()).Number);
    }
}
