using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Options;

/// <summary>
/// Declares an option of `train`. It stands on a property of <see cref="TrainingOptions"/>; the property gives the option's name, type and default.
/// </summary>
/// <param name="group">The heading of the help page under which the option appears.</param>
/// <param name="help">What the option does, in one line. Names and defaults are added to it.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TrainOptionAttribute(string group, string help) : Attribute
{
    /// <summary>The heading of the help page under which the option appears.</summary>
    public string Group { get; } = group;

    /// <summary>What the option does. {0} stands for the names of the option's values.</summary>
    public string Help { get; } = help;

    /// <summary>The table of <see cref="Options.Choices"/> that lists the option's values.</summary>
    public string? Choices { get; init; }

    /// <summary>The type whose own table lists the option's values. It has one table only.</summary>
    public Type? ChoicesOf { get; init; }

    /// <summary>A choice that help and completion leave out.</summary>
    public string? Unlisted { get; init; }

    /// <summary>What null means: a value, or words for it.</summary>
    public object? NullMeans { get; init; }

    /// <summary>Whether 0 on the command line means null.</summary>
    public bool ZeroIsNull { get; init; }

    /// <summary>The least value.</summary>
    public double AtLeast { get; init; } = double.NegativeInfinity;

    /// <summary>What the value must exceed.</summary>
    public double Above { get; init; } = double.NegativeInfinity;

    /// <summary>What the value must stay below.</summary>
    public double Below { get; init; } = double.PositiveInfinity;

    /// <summary>The largest value; the rule then needs <see cref="AtLeast"/> too.</summary>
    public double AtMost { get; init; } = double.PositiveInfinity;

    /// <summary>The rule of the bounds in words; null if there are none.</summary>
    internal string? Rule => (double.IsFinite(AtLeast), double.IsFinite(Above), double.IsFinite(Below)) switch
    {
        _ when double.IsFinite(AtMost) => Invariant($"must lie in [{AtLeast}, {AtMost}]"),
        (true, _, true) => Invariant($"must lie in [{AtLeast}, {Below})"),
        (true, _, false) => Invariant($"must be at least {AtLeast}"),
        (false, true, true) => Invariant($"must lie in ({Above}, {Below})"),
        (false, true, false) => Invariant($"must be a finite number above {Above}"),
        (false, false, true) => Invariant($"must be below {Below}"),
        _ => null,
    };
}

/// <summary>Marks an option of `train` that describes the model, not its training. Training that starts from weights takes it from them.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OfModelAttribute : Attribute;

/// <summary>
/// An option of `train`, read from its property of <see cref="TrainingOptions"/> and the <see cref="TrainOptionAttribute"/> there. The command line, the help
/// page, completion and the check of ranges all loop over <see cref="All"/>.
/// </summary>
internal sealed class TrainingOption
{
    private static readonly TrainingOptions Defaults = new();

    private readonly PropertyInfo _property;
    private readonly TrainOptionAttribute _declared;

    private TrainingOption(PropertyInfo property, TrainOptionAttribute declared) => (_property, _declared) = (property, declared);

    /// <summary>All options in the order of their declaration. --dataset is not among them, because other commands have it too.</summary>
    public static Seq<TrainingOption> All { get; } = toSeq(typeof(TrainingOptions).GetProperties()
        .Where(property => property.IsDefined(typeof(TrainOptionAttribute)))
        .Select(property => new TrainingOption(property, property.GetCustomAttribute<TrainOptionAttribute>()!))
        .ToArray());

    /// <summary>The option that a property declares.</summary>
    /// <param name="property">The property's name, as in "BatchSize".</param>
    public static TrainingOption Of(string property) => All.First(option => option._property.Name == property);

    /// <summary>The name, as in "batch-size".</summary>
    public string Name => Spelt(_property.Name);

    /// <summary>The type of the value.</summary>
    public Type Type => _property.PropertyType;

    /// <summary>The value without a preset.</summary>
    public object? Default => Of(Defaults);

    /// <summary>The heading of the help page under which the option appears.</summary>
    public string Group => _declared.Group;

    /// <summary>The names that the option takes, except unlisted ones; empty if its values are not names.</summary>
    public Seq<string> Choices => Table is { } table ? toSeq(table.Keys.ToArray()).Filter(name => name != _declared.Unlisted) : Seq<string>();

    /// <summary>Whether 0 on the command line means null.</summary>
    public bool ZeroIsNull => _declared.ZeroIsNull;

    /// <summary>Whether the option describes the model.</summary>
    public bool IsOfModel => _property.IsDefined(typeof(OfModelAttribute));

    /// <summary>The line of the help page. The default is part of it only where null stands for it.</summary>
    public string Help
    {
        get
        {
            var help = string.Format(CultureInfo.InvariantCulture, _declared.Help, string.Join(Choices.Count == 2 ? " or " : ", ", Choices));
            return _declared.NullMeans is { } meaning ? Invariant($"{help} [default: {meaning}]") : help;
        }
    }

    /// <summary>The option's value.</summary>
    /// <param name="options">The options to read from.</param>
    public object? Of(TrainingOptions options) => _property.GetValue(options);

    /// <summary>The options with another value of this one.</summary>
    /// <param name="options">The options. They do not change.</param>
    /// <param name="value">A value of <see cref="Type"/>.</param>
    public TrainingOptions With(TrainingOptions options, object? value)
    {
        var changed = options with { };
        _property.SetValue(changed, value);
        return changed;
    }

    /// <summary>An option's name from its property's: "BatchSize" is "batch-size".</summary>
    internal static string Spelt(string property) => JsonNamingPolicy.KebabCaseLower.ConvertName(property);

    /// <summary>Checks every option against its declared range.</summary>
    /// <returns>Success, or all faults.</returns>
    internal static Validation<Error, Unit> CheckRanges(TrainingOptions options) =>
        All.Map(option => option.CheckRange(options)).Sequence().Map(_ => unit);

    private Validation<Error, Unit> CheckRange(TrainingOptions options)
    {
        if (_declared.Rule is not { } rule || Of(options) is not { } value)
        {
            return unit;
        }

        var number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        return number >= _declared.AtLeast && number > _declared.Above && number < _declared.Below && number <= _declared.AtMost
            ? unit
            : Check.Fail<Unit>(Name, Invariant($"{value}"), rule);
    }

    private IChoiceTable? Table =>
        _declared.Choices is { } name ? TableOf(typeof(Choices), property => property.Name == name)
        : _declared.ChoicesOf is { } type ? TableOf(type, property => property.PropertyType.IsAssignableTo(typeof(IChoiceTable)))
        : null;

    private static IChoiceTable TableOf(Type type, Func<PropertyInfo, bool> isTable) => (IChoiceTable)type.GetProperties().Single(isTable).GetValue(null)!;
}
