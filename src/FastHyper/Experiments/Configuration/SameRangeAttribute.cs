using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FastHyper.Experiments.Configuration;

/// <summary>Says that an option takes the numbers that an option of code takes, which it becomes.</summary>
/// <param name="options">The type that declares the option of code.</param>
/// <param name="option">Its property, with a <see cref="RangeAttribute"/>.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SameRangeAttribute([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] Type options, string option) : Attribute
{
    /// <summary>The numbers.</summary>
    public RangeAttribute Range { get; } = options.GetProperty(option)?.GetCustomAttribute<RangeAttribute>()
        ?? throw new InvalidOperationException($"{options.Name}.{option} has no range");
}
