using System.Globalization;

namespace FastHyper.Experiments.Configuration;

/// <summary>Turns what was written into values of an option, and values into text.</summary>
internal static class Scalars
{
    private const NumberStyles Number = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    /// <summary>The value of a node, for a key that takes a type.</summary>
    /// <exception cref="InvalidInputException">It takes another.</exception>
    public static object? Read(Node node, OptionType type, string key) => (type.Form, node) switch
    {
        (_, ScalarNode { IsNull: true }) when type.Range is { OrInfinity: true } => double.PositiveInfinity,
        (_, ScalarNode { IsNull: true }) when type.AllowsNull => null,
        (_, ScalarNode { IsNull: true }) => throw Refusal.WrongValue(key, node, Expected(type)),
        (OptionForm.List, ListNode list) when type.Length is null || type.Length == list.Items.Count =>
            type.Collect([.. list.Items.Select((item, i) => Read(item, type.Element!, $"{key}[{i}]"))]),
        (not OptionForm.List, ScalarNode scalar) => Scalar(scalar, type, key),
        _ => throw Refusal.WrongValue(key, node, Expected(type)),
    };

    /// <summary>The text that <see cref="Read"/> reads back as a value that is neither null nor a list.</summary>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public static string Format(object value, string key) => value switch
    {
        bool b => b ? "true" : "false",
        double d when !double.IsFinite(d) =>
            throw new InvalidInputException($"{OneLine.Value(key)}: value {d.ToString(Invariant)}, expected a finite number"),
        double d => d.ToString("R", Invariant),
        Enum e when e.ToString() is var name && (char.IsAsciiDigit(name[0]) || name[0] == '-') =>
            throw new InvalidInputException($"{OneLine.Value(key)}: value {name}, expected a named {e.GetType().Name}"),
        Enum e => Names.Kebab(e.ToString()),
        IFormattable f => f.ToString(null, Invariant),
        _ => value.ToString() ?? "",
    };

    /// <summary>What a type takes, in words.</summary>
    public static string Expected(OptionType type) =>
        ExpectedValue(type) + (type.Range is { OrInfinity: true } ? " or null, for no limit" : type.AllowsNull ? " or null" : "");

    private static string ExpectedValue(OptionType type) => type.Form switch
    {
        OptionForm.Text when type.IsPath => "the path of a file",
        OptionForm.Text => "text",
        OptionForm.Flag => "true or false",
        OptionForm.Int or OptionForm.Long when type.Range is { } range => range.Expected(integer: true),
        OptionForm.Number when type.Range is { } range => range.Expected(),
        OptionForm.Int => $"an integer from {int.MinValue} to {int.MaxValue}",
        OptionForm.Long => $"an integer from {long.MinValue} to {long.MaxValue}",
        OptionForm.Number => "a finite number",
        OptionForm.Name => $"one of {string.Join(", ", type.Values.Keys)}",
        OptionForm.Parsed => $"a scalar ({type.What})",
        _ => $"a list of {(type.Length is { } length ? $"{length}: " : "")}{ExpectedValue(type.Element!)} each",
    };

    private static object Scalar(ScalarNode node, OptionType type, string key) => type.Form switch
    {
        OptionForm.Text => node.Text,
        OptionForm.Flag when node is { Plain: true, Text: "true" or "false" } => node.Text == "true",
        OptionForm.Int when TryInteger(node, type, out decimal i) && i is >= int.MinValue and <= int.MaxValue => (int)i,
        OptionForm.Long when TryInteger(node, type, out decimal l) && l is >= long.MinValue and <= long.MaxValue => (long)l,
        OptionForm.Int or OptionForm.Long when TryInteger(node, type, out decimal n) => throw Refusal.WrongValue(
            key, node, $"{Expected(type)}, and {(n > 0 ? "at most" : "at least")} {Limit(type.Form, n > 0)}"),
        OptionForm.Number when node.Plain && TryNumber(node.Text, out double d) && InRange(d, type) => d,
        OptionForm.Name when type.Values.TryGetValue(node.Text, out object? value) => value,
        OptionForm.Name => throw Refusal.WrongValue(key, node, Expected(type) + Names.DidYouMean(node.Text, type.Values.Keys)),
        OptionForm.Parsed => Parsed(node, type, key),
        _ => throw Refusal.WrongValue(key, node, Expected(type)),
    };

    private static object Parsed(ScalarNode node, OptionType type, string key)
    {
        try
        {
            return type.Parse(node.Text);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException or InvalidInputException)
        {
            throw Refusal.WrongValue(key, node, $"{Expected(type)}: {OneLine.Reason(e)}");
        }
    }

    /// <summary>An integer within the option's range, also as other programs write large ones: 1e6 and 1000.0.</summary>
    private static bool TryInteger(ScalarNode node, OptionType type, out decimal value) =>
        decimal.TryParse(node.Text, Number, Invariant, out value)
            && node.Plain && value == decimal.Truncate(value) && InRange((double)value, type);

    private static long Limit(OptionForm form, bool upper) => (form, upper) switch
    {
        (OptionForm.Int, true) => int.MaxValue,
        (OptionForm.Int, false) => int.MinValue,
        (_, true) => long.MaxValue,
        _ => long.MinValue,
    };

    private static bool TryNumber(string text, out double value) =>
        double.TryParse(text, Number, Invariant, out value)
            && double.IsFinite(value);

    private static bool InRange(double value, OptionType type) => type.Range?.Contains(value) ?? true;
}
