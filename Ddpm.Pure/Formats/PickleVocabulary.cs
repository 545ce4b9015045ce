using LanguageExt;

namespace Ddpm.Pure.Formats;

/// <summary>
/// The names that a pickle may use. A pickle is a program that can call any function it names. A vocabulary gives, for the few functions that its kind of file
/// needs, the value that they would make. <see cref="PickleMachine"/> refuses every other name.
/// </summary>
internal abstract record PickleVocabulary
{
    /// <summary>What such a pickle holds, for errors: a dictionary of tensors.</summary>
    public abstract string Content { get; }

    /// <summary>The value of a name; none if the pickle must not use it.</summary>
    /// <param name="module">The module of Python.</param>
    /// <param name="name">The name of the function or class in it.</param>
    public abstract Option<PickleValue> Named(string module, string name);

    /// <summary>The value that a function would make of arguments.</summary>
    /// <returns>The value; or <see cref="PickleMachine.Damaged"/>, or what is wrong with it.</returns>
    public abstract Fin<PickleValue> Made(PickleValue function, Arr<PickleValue> arguments);

    /// <summary>An object after it received its state.</summary>
    public abstract Fin<PickleValue> Built(PickleValue made, PickleValue state);

    /// <summary>An object outside of the pickle.</summary>
    public abstract Fin<PickleValue> Persistent(PickleValue id);
}
