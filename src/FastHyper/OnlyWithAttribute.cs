namespace FastHyper;

/// <summary>Says that an option counts only where another one of the same type has a certain value, and is not read elsewhere.</summary>
/// <param name="option">The other option's property.</param>
/// <param name="value">Its value.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OnlyWithAttribute(string option, object value) : Attribute
{
    /// <summary>The other option's property.</summary>
    public string Option { get; } = option;

    /// <summary>The value that it must have.</summary>
    public object Value { get; } = value;
}
