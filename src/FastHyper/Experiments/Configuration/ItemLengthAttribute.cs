namespace FastHyper.Experiments.Configuration;

/// <summary>Fixes the length of each inner list of a list of lists, such as 2 for <c>[[1, 9], [11, 11]]</c>.</summary>
/// <param name="length">The number of elements of each inner list.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ItemLengthAttribute(int length) : Attribute
{
    /// <summary>The number of elements of each inner list.</summary>
    public int Length { get; } = length;
}
