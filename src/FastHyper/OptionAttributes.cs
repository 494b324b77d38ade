namespace FastHyper;

/// <summary>
/// Makes a partial record of options one that configurations bind: <see cref="IOptions{TSelf}"/> is generated for it. Each public
/// property that can be set is an option: text, bool, int, long, double, an enum, a type with <see cref="IParsable{TSelf}"/>, a list of
/// such (T[] or IReadOnlyList), each of them nullable, or another record of options, whose options stand under the property's key.
/// The key is the property's name in snake_case, the meaning its summary, the default its initialiser's value.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class OptionsAttribute : Attribute;

/// <summary>The key of an option, or of a section, where it is not the property's name in snake_case.</summary>
/// <param name="key">The key; with a dot in it, of an option in a section of its own: <c>adjoint.steps</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class KeyAttribute(string key) : Attribute
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;
}

/// <summary>Says of a record of options that is an option itself that its options stand beside its owner's, and not in a section.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class InlineAttribute : Attribute;

/// <summary>Says of a property that it is set in code alone, and is none of the options that configurations bind.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OnlyInCodeAttribute : Attribute;

/// <summary>Says of a text that it is the path of a file: in a configuration it counts from where that lies.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FilePathAttribute : Attribute;

/// <summary>Says that an option counts only where another one of its record has certain values, and is not read elsewhere.</summary>
/// <param name="option">The other option's property.</param>
/// <param name="values">The values that let this one count; none for any that is given, that is neither null nor an empty list.</param>
[AttributeUsage(AttributeTargets.Property, AllowMultiple = true)]
public sealed class OnlyWithAttribute(string option, params object[] values) : Attribute
{
    /// <summary>The other option's property.</summary>
    public string Option { get; } = option;

    /// <summary>The values that it must have.</summary>
    public IReadOnlyList<object> Values { get; } = values;

    /// <summary>Whether these are the values that it must not have.</summary>
    public bool Not { get; init; }
}

/// <summary>Fixes the length of each inner list of a list of lists, such as 2 for <c>[[1, 9], [11, 11]]</c>.</summary>
/// <param name="length">The number of elements of each inner list.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ItemLengthAttribute(int length) : Attribute
{
    /// <summary>The number of elements of each inner list.</summary>
    public int Length { get; } = length;
}
