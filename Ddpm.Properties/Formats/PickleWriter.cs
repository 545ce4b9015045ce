using System.Buffers.Binary;
using System.Text;
using Ddpm.Pure.Formats;

namespace Ddpm.Properties.Formats;

/// <summary>
/// Writes dictionaries of tensors as pickles, in all the ways in which the pickle protocols 2 to 5 let numbers, texts, tuples, names and entries be written
/// (the documentation of Python's pickletools). Which way is taken where is drawn.
/// </summary>
/// <param name="seed">Of what is drawn.</param>
internal sealed class PickleWriter(int seed)
{
    private readonly System.Random _random = new(seed);
    private readonly List<byte> _bytes = [];
    private readonly Dictionary<(string Module, string Name), int> _remembered = [];
    private int _memo = 1;

    public static readonly (string Name, SafetensorsType Type)[] Storages =
    [
        ("FloatStorage", SafetensorsType.F32), ("DoubleStorage", SafetensorsType.F64), ("HalfStorage", SafetensorsType.F16),
        ("BFloat16Storage", SafetensorsType.BF16),
        ("LongStorage", SafetensorsType.I64), ("IntStorage", SafetensorsType.I32), ("ShortStorage", SafetensorsType.I16), ("CharStorage", SafetensorsType.I8),
        ("ByteStorage", SafetensorsType.U8), ("BoolStorage", SafetensorsType.Bool),
    ];

    public static byte[] Write(int seed, IReadOnlyList<(string Name, TorchView View)> tensors)
    {
        var writer = new PickleWriter(seed);
        writer.Program(tensors);
        return [.. writer._bytes];
    }

    private void Program(IReadOnlyList<(string Name, TorchView View)> tensors)
    {
        Put(0x80, (byte)_random.Next(2, 6));
        if (Either())
        {
            Put(0x95, 1, 2, 3, 4, 5, 6, 7, 8); // the length of a frame, which nobody needs
        }

        Dictionary();
        var (together, state) = (Either(), Either());
        if (together)
        {
            Put('(');
        }

        foreach (var (name, view) in tensors)
        {
            Text(name);
            Tensor(view);
            if (!together)
            {
                Put('s');
            }
        }

        if (together)
        {
            Put('u');
        }

        if (state)
        {
            Dictionary();
            Text("_metadata");
            Unread();
            Put('s', 'b');
        }

        Put('.');
    }

    private void Dictionary()
    {
        if (Either())
        {
            Put('}');
        }
        else
        {
            Global("collections", "OrderedDict");
            Put(')', 'R');
        }
    }

    private void Tensor(TorchView view)
    {
        var parameter = Either();
        if (parameter)
        {
            Global("torch._utils", "_rebuild_parameter");
            Put('(');
        }

        Global("torch._utils", "_rebuild_tensor_v2");
        Put('(');
        Tuple(
        [
            () => Text("storage"),
            () => Global("torch", Storages.First(storage => storage.Type == view.Type).Name),
            () => Text(view.Storage),
            Device,
            () => Integer(view.Count),
        ]);
        Put('Q');
        Integer(view.Offset);
        Tuple([.. view.Shape.Select(extent => (Action)(() => Integer(extent)))]);
        Tuple([.. view.Strides.Select(stride => (Action)(() => Integer(stride)))]);
        Unread();
        Listing();
        Put('t', 'R');
        if (parameter)
        {
            Unread();
            Dictionary();
            Put('t', 'R');
        }
    }

    private void Listing()
    {
        Put(']');
        if (Either())
        {
            Integer(7);
            Put('a');
        }
        else
        {
            Put('(');
            Integer(7);
            Integer(8);
            Put('e');
        }
    }

    /// <summary>Where the storage was when it was saved; a GPU is as good as any.</summary>
    private void Device()
    {
        if (Either())
        {
            Text("cuda:0");
        }
        else
        {
            Unread();
        }
    }

    private void Unread()
    {
        switch (_random.Next(5))
        {
            case 0:
                Put('N');
                break;
            case 1:
                Put(0x88);
                break;
            case 2:
                Put(0x89);
                break;
            case 3:
                Put('G', 1, 2, 3, 4, 5, 6, 7, 8);
                break;
            default:
                Text("cpu");
                break;
        }
    }

    private void Tuple(Action[] items)
    {
        var marked = items.Length > 3 || Either();
        if (marked && items.Length > 0)
        {
            Put('(');
        }

        foreach (var item in items)
        {
            item();
        }

        Put(items.Length == 0 ? (byte)')' : marked ? (byte)'t' : (byte)(0x84 + items.Length));
    }

    private void Global(string module, string name)
    {
        if (_remembered.TryGetValue((module, name), out var place))
        {
            if (place < 256 && Either())
            {
                Put('h', (byte)place);
            }
            else
            {
                Put('j');
                Little(place, 4);
            }

            return;
        }

        if (Either())
        {
            Put('c');
            _bytes.AddRange(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
        }
        else
        {
            Text(module);
            Text(name);
            Put(0x93);
        }

        switch (_random.Next(4))
        {
            case 0:
                _remembered.Add((module, name), _memo);
                Put('q', (byte)_memo++);
                break;
            case 1:
                _remembered.Add((module, name), 1000 * _memo);
                Put('r');
                Little(1000 * _memo++, 4);
                break;
            default:
                break;
        }
    }

    private void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length < 256 && Either())
        {
            Put(0x8c, (byte)bytes.Length);
        }
        else
        {
            Put('X');
            Little(bytes.Length, 4);
        }

        _bytes.AddRange(bytes);
    }

    private void Integer(long number)
    {
        var way = _random.Next(4);
        if (way == 0 && number is >= 0 and < 256)
        {
            Put('K', (byte)number);
        }
        else if (way <= 1 && number is >= 0 and < 65536)
        {
            Put('M');
            Little(number, 2);
        }
        else if (way <= 2 && number is >= int.MinValue and <= int.MaxValue)
        {
            Put('J');
            Little(number, 4);
        }
        else
        {
            // As few bytes as hold it with its sign: none for 0.
            var count = number == 0
                ? 0
                : Enumerable.Range(1, 8).First(bytes => bytes == 8 || number >= -(1L << (8 * bytes - 1)) && number < 1L << (8 * bytes - 1));
            Put(0x8a, (byte)count);
            Little(number, count);
        }
    }

    private void Little(long number, int count)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        _bytes.AddRange(bytes[..count]);
    }

    private void Put(params ReadOnlySpan<int> bytes)
    {
        foreach (var value in bytes)
        {
            _bytes.Add((byte)value);
        }
    }

    private bool Either() => _random.Next(2) == 0;
}
