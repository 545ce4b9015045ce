using System.Collections;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Validations;

/// <summary>The names of a table, whatever they stand for.</summary>
internal interface IChoiceTable
{
    /// <summary>The names, in the table's order.</summary>
    IEnumerable<string> Keys { get; }
}

/// <summary>The values that an option may name, in their order. Parsing, messages, help and completion are made from it.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
public sealed class ChoiceTable<T> : IChoiceTable, IEnumerable<(string Name, T Value)>
{
    private readonly Arr<(string Name, T Value)> _rows;

    internal ChoiceTable(Arr<(string Name, T Value)> rows) => _rows = rows;

    /// <summary>The names, in the table's order.</summary>
    public IEnumerable<string> Keys => _rows.Map(row => row.Name);

    /// <summary>The value of a name.</summary>
    /// <param name="name">One of <see cref="Keys"/>.</param>
    /// <exception cref="KeyNotFoundException">The table has no such name.</exception>
    public T this[string name] => Find(name).IfNone(() => throw new KeyNotFoundException(name));

    /// <summary>Whether the table has a name.</summary>
    public bool ContainsKey(string name) => Find(name).IsSome;

    /// <summary>The value of a name, if the table has it.</summary>
    public Option<T> Find(string name)
    {
        foreach (var row in _rows)
        {
            if (row.Name == name)
            {
                return row.Value;
            }
        }

        return None;
    }

    /// <summary>The value that an option names.</summary>
    /// <param name="option">The option, as the user spells it.</param>
    /// <param name="name">The name that the user gave.</param>
    /// <returns>The value, or a fault that lists the names.</returns>
    public Validation<Error, T> Find(string option, string name) =>
        Find(name).Match(Validation<Error, T>.Success, () => Check.Fail<T>(option, name, $"must be one of {string.Join(", ", Keys)}"));

    /// <inheritdoc/>
    public IEnumerator<(string Name, T Value)> GetEnumerator() => _rows.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Makes <see cref="ChoiceTable{T}"/>s.</summary>
public static class ChoiceTable
{
    /// <summary>A table of named values.</summary>
    public static ChoiceTable<T> Of<T>(params ReadOnlySpan<(string Name, T Value)> rows) => new(new(rows.ToArray()));

    /// <summary>A table of values that know their names.</summary>
    public static ChoiceTable<T> Of<T>(Func<T, string> name, params ReadOnlySpan<T> values)
    {
        var rows = new (string, T)[values.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = (name(values[i]), values[i]);
        }

        return new(new(rows));
    }
}
