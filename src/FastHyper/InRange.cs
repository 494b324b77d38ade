using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FastHyper;

/// <summary>
/// Holds an option to the <see cref="RangeAttribute"/> of its property, from the property's own accessor:
/// <c>init => field = InRange.Of&lt;MyOptions&gt;(value)</c>.
/// </summary>
public static class InRange
{
    /// <summary>The value, if it is one that the option takes.</summary>
    /// <typeparam name="TOptions">The type that declares the option.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="option">The option's property.</param>
    /// <exception cref="InvalidInputException">It is not.</exception>
    public static double Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(
        double value, [CallerMemberName] string option = "") =>
        Range<TOptions>(option) is var range && range.Contains(value) ? value : throw Refuse<TOptions>(option, value, range.Expected());

    /// <inheritdoc cref="Of{TOptions}(double, string)"/>
    public static int Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(
        int value, [CallerMemberName] string option = "") =>
        Range<TOptions>(option) is var range && range.Contains(value)
            ? value
            : throw Refuse<TOptions>(option, value, range.Expected(integer: true));

    /// <inheritdoc cref="Of{TOptions}(double, string)"/>
    public static long Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(
        long value, [CallerMemberName] string option = "") =>
        Range<TOptions>(option) is var range && range.Contains(value)
            ? value
            : throw Refuse<TOptions>(option, value, range.Expected(integer: true));

    /// <inheritdoc cref="Of{TOptions}(double, string)"/>
    public static double? Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(
        double? value, [CallerMemberName] string option = "") =>
        value is double number ? Of<TOptions>(number, option) : null;

    /// <inheritdoc cref="Of{TOptions}(double, string)"/>
    public static int? Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(
        int? value, [CallerMemberName] string option = "") =>
        value is int number ? Of<TOptions>(number, option) : null;

    private static RangeAttribute Range<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(
        string option) =>
        typeof(TOptions).GetProperty(option)?.GetCustomAttribute<RangeAttribute>()
        ?? throw new InvalidOperationException($"{typeof(TOptions).Name}.{option} has no range");

    private static InvalidInputException Refuse<TOptions>(string option, IFormattable value, string expected)
    {
        string type = typeof(TOptions).Name;
        foreach (string kind in (ReadOnlySpan<string>)["Options", "Estimator", "Objective"])
            if (type.EndsWith(kind, StringComparison.Ordinal)) type = type[..^kind.Length];
        return new InvalidInputException(
            $"{Names.Kebab(type)}: {Names.Snake(option)} = {value.ToString(null, CultureInfo.InvariantCulture)}; expected {expected}");
    }
}
