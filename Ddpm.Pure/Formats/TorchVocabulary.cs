using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Formats;

/// <summary>The names that `torch.save` writes for a dictionary of tensors: the ordered dictionary, the tensor, the parameter and the storages.</summary>
internal sealed record TorchVocabulary : PickleVocabulary
{
    /// <summary>The longest storage key. PyTorch's keys are numbers, and every tensor looks one up.</summary>
    private const int LongestKey = 1000;

    private const string Ordered = "collections.OrderedDict", RebuildTensor = "torch._utils._rebuild_tensor_v2",
        RebuildParameter = "torch._utils._rebuild_parameter";

    private static readonly ChoiceTable<SafetensorsType> Storages = ChoiceTable.Of(
        ("FloatStorage", SafetensorsType.F32), ("DoubleStorage", SafetensorsType.F64),
        ("HalfStorage", SafetensorsType.F16), ("BFloat16Storage", SafetensorsType.BF16),
        ("LongStorage", SafetensorsType.I64), ("IntStorage", SafetensorsType.I32), ("ShortStorage", SafetensorsType.I16), ("CharStorage", SafetensorsType.I8),
        ("ByteStorage", SafetensorsType.U8), ("BoolStorage", SafetensorsType.Bool));

    /// <inheritdoc/>
    public override string Content => "a dictionary of tensors";

    /// <inheritdoc/>
    public override Option<PickleValue> Named(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") or ("torch._utils", "_rebuild_tensor_v2" or "_rebuild_parameter") => new PickleValue.Function($"{module}.{name}"),
        ("torch", _) when Storages.Find(name).Case is SafetensorsType type => new PickleValue.StorageOf(type),
        _ => Option<PickleValue>.None,
    };

    /// <inheritdoc/>
    public override Fin<PickleValue> Made(PickleValue function, Arr<PickleValue> arguments) =>
        ((function as PickleValue.Function)?.Name, arguments.Count) switch
        {
            (Ordered, 0) => new PickleValue.Dictionary([]),
            (RebuildTensor, >= 4) when arguments[2] is PickleValue.Tuple { Items.Count: > ArrayExtent.MaxRank and var rank } =>
                Error.New(Invariant($"its pickle gives a tensor {rank} dimensions, but at most {ArrayExtent.MaxRank} are supported")),
            (RebuildParameter, >= 1) when arguments[0] is PickleValue.Tensor tensor => tensor,
            (RebuildTensor, >= 4) when (arguments[0], arguments[1], Numbers(arguments[2]).Case, Numbers(arguments[3]).Case)
                is (PickleValue.Storage storage, PickleValue.Integer offset, Arr<long> shape, Arr<long> strides) =>
                new PickleValue.Tensor(new(storage.Key, storage.Type, storage.Count, offset.Number, shape, strides)),
            _ => PickleMachine.Damaged,
        };

    /// <summary>The state of an ordered dictionary is its metadata, which nobody reads.</summary>
    public override Fin<PickleValue> Built(PickleValue made, PickleValue state) => made;

    /// <summary>
    /// ('storage', type, key, device, count), and before PyTorch 1.6 also None, or a view of another storage, which is refused. The device does not matter.
    /// </summary>
    public override Fin<PickleValue> Persistent(PickleValue id) => id is PickleValue.Tuple { Items: var items }
        && (items.Count == 5 || (items.Count == 6 && items[5] is PickleValue.Unread))
        && (items[0], items[1], items[2], items[4])
            is (PickleValue.Text { Content: "storage" }, PickleValue.StorageOf of, PickleValue.Text key, PickleValue.Integer count)
        && key.Content.Length <= LongestKey && count.Number >= 0
            ? new PickleValue.Storage(key.Content, of.Type, count.Number)
            : Error.New("its pickle refers to an outside object that is not a storage");

    private static Option<Arr<long>> Numbers(PickleValue value) =>
        value is PickleValue.Tuple { Items: { Count: <= ArrayExtent.MaxRank } items } && items.ForAll(item => item is PickleValue.Integer)
        ? items.Map(item => ((PickleValue.Integer)item).Number)
        : Option<Arr<long>>.None;
}
