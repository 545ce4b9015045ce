using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;

namespace Ddpm.Pure.Formats;

/// <summary>
/// The names that Python writes for arrays of unsigned bytes: NumPy's ndarray and dtype, the functions that rebuild an array (protocols 2 to 4, and 5), and
/// _codecs.encode, with which Python 3 writes bytes in protocol 2.
/// </summary>
internal sealed record NumpyVocabulary : PickleVocabulary
{
    private const int LongestText = 1000;

    private const string NdArray = "numpy.ndarray", Type = "numpy.dtype", Reconstruct = "_reconstruct", FromBuffer = "_frombuffer", Encode = "_codecs.encode";

    /// <inheritdoc/>
    public override string Content => "a dictionary of images";

    /// <inheritdoc/>
    public override Option<PickleValue> Named(string module, string name) => (module, name) switch
    {
        ("numpy", "ndarray" or "dtype") or ("_codecs", "encode") => new PickleValue.Function($"{module}.{name}"),
        ("numpy.core.multiarray" or "numpy._core.multiarray", Reconstruct) or ("numpy.core.numeric" or "numpy._core.numeric", FromBuffer) =>
            new PickleValue.Function(name),
        _ => Option<PickleValue>.None,
    };

    /// <inheritdoc/>
    public override Fin<PickleValue> Made(PickleValue function, Arr<PickleValue> arguments) =>
        ((function as PickleValue.Function)?.Name, arguments.Count) switch
        {
            (Type, >= 1) when Text(arguments[0]).Case is string type => type is "u1" or "|u1"
                ? new PickleValue.ByteType()
                : Error.New($"its pickle has an array of type {Quote(type)}, but only unsigned bytes (u1) are read"),
            (Reconstruct, 3) when arguments[0] is PickleValue.Function { Name: NdArray } => new PickleValue.EmptyArray(),
            (FromBuffer, 4) when arguments[1] is PickleValue.ByteType => Filled(arguments[2], Text(arguments[3]) == "F", arguments[0]),
            (Encode, 2) when arguments[0] is PickleValue.Text text && Text(arguments[1]).Case is "latin1" or "latin-1" => new PickleValue.Latin1(text.Content),
            _ => PickleMachine.Damaged,
        };

    /// <summary>The state of an array: version 1, shape, type, whether it is in Fortran order, elements. That of a type repeats what its name says.</summary>
    public override Fin<PickleValue> Built(PickleValue made, PickleValue state) => (made, state) switch
    {
        (PickleValue.ByteType type, PickleValue.Tuple) => type,
        (PickleValue.EmptyArray, PickleValue.Tuple { Items: { Count: 5 } items })
            when (items[0], items[2], items[3]) is (PickleValue.Integer { Number: 1 }, PickleValue.ByteType, PickleValue.Truth fortran) =>
            Filled(items[1], fortran.IsTrue, items[4]),
        _ => PickleMachine.Damaged,
    };

    /// <inheritdoc/>
    public override Fin<PickleValue> Persistent(PickleValue id) => Error.New("its pickle refers to an object outside of the file: the file is refused");

    /// <summary>A text, or a string of Python 2; none for anything else, and for texts longer than any name.</summary>
    public static Option<string> Text(PickleValue value) => value switch
    {
        PickleValue.Text text => text.Content,
        PickleValue.Latin1 text => text.Content,
        PickleValue.Bytes { Content.Length: <= LongestText } bytes => System.Text.Encoding.Latin1.GetString(bytes.Content.Span),
        _ => Option<string>.None,
    };

    /// <summary>The elements of an array.</summary>
    public static Fin<ReadOnlyMemory<byte>> Elements(PickleValue.ByteArray array) => array.Content switch
    {
        PickleValue.Bytes bytes => bytes.Content,
        PickleValue.Latin1 text when text.Content.All(symbol => symbol <= byte.MaxValue) =>
            (ReadOnlyMemory<byte>)System.Text.Encoding.Latin1.GetBytes(text.Content),
        _ => PickleMachine.Damaged,
    };

    private static Fin<PickleValue> Filled(PickleValue shape, bool fortran, PickleValue content)
    {
        if (shape is not PickleValue.Tuple { Items: { Count: <= ArrayExtent.MaxRank } items } || !items.ForAll(item => item is PickleValue.Integer))
        {
            return PickleMachine.Damaged;
        }

        var extents = items.Map(item => ((PickleValue.Integer)item).Number);
        var length = content switch
        {
            PickleValue.Bytes bytes => bytes.Content.Length,
            PickleValue.Latin1 text => text.Content.Length,
            _ => -1,
        };
        if (length < 0)
        {
            return PickleMachine.Damaged;
        }

        return fortran ? Error.New("its pickle has an array in Fortran order: save it again after numpy.ascontiguousarray(array)")
            : ArrayExtent.Fault(extents, "u1", 1, length).Case is string fault ? Error.New($"an array in its pickle is damaged: {fault}")
            : new PickleValue.ByteArray(extents, content);
    }
}
