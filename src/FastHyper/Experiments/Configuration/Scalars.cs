using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;

namespace FastHyper.Experiments.Configuration;

/// <summary>Converts scalars between their text and their type.</summary>
[RequiresUnreferencedCode(StrictYaml.Reflects), RequiresDynamicCode(StrictYaml.Reflects)]
internal static class Scalars
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public static object Parse(ScalarNode node, Shape shape, string key) => shape.Form switch
    {
        Form.Text => node.Text,
        Form.Flag when node is { Plain: true, Text: "true" or "false" } => node.Text == "true",
        Form.Int when node.Plain && int.TryParse(node.Text, NumberStyles.AllowLeadingSign, Invariant, out int i) && InRange(i, shape) => i,
        Form.Long when node.Plain && long.TryParse(node.Text, NumberStyles.AllowLeadingSign, Invariant, out long l) && InRange(l, shape) => l,
        Form.Number when node.Plain && TryNumber(node.Text, out double d) && InRange(d, shape) => d,
        Form.Name when EnumNames(shape.Type).TryGetValue(node.Text, out object? value) => value,
        Form.Name => throw Refusal.WrongValue(key, node, Expected(shape) + Names.DidYouMean(node.Text, EnumNames(shape.Type).Keys)),
        Form.Parsed => Parsed(node, shape, key),
        _ => throw Refusal.WrongValue(key, node, Expected(shape)),
    };

    /// <summary>The text <see cref="Parse"/> reads back as <paramref name="value"/>.</summary>
    public static string Format(object value, string key) => value switch
    {
        bool b => b ? "true" : "false",
        double d when !double.IsFinite(d) => throw new InvalidInputException($"{OneLine.Value(key)}: value {d.ToString(Invariant)}, expected a finite number"),
        double d => d.ToString("R", Invariant),
        Enum e => Enum.GetName(e.GetType(), e) is { } name
            ? Names.Kebab(name)
            : throw new InvalidInputException($"{OneLine.Value(key)}: value {e}, expected a named {e.GetType().Name}"),
        IFormattable f => f.ToString(null, Invariant),
        _ => value.ToString() ?? "",
    };

    public static string Expected(Shape shape) => shape.Form switch
    {
        Form.Text => "text",
        Form.Flag => "true or false",
        Form.Int or Form.Long when shape.Range is { } range => range.Expected(integer: true),
        Form.Number when shape.Range is { } range => range.Expected(),
        Form.Int => $"an integer from {int.MinValue} to {int.MaxValue}",
        Form.Long => $"an integer from {long.MinValue} to {long.MaxValue}",
        Form.Number => "a finite number",
        Form.Name => $"one of {string.Join(", ", EnumNames(shape.Type).Keys)}",
        Form.Parsed => $"a scalar ({Names.Kebab(shape.Type.Name)})",
        Form.List => shape.Length is { } length ? $"a list of {length}" : "a list",
        _ => "a section",
    };

    /// <summary>The parser of a type that has one: <see cref="IParsable{TSelf}"/>, or a static <c>Parse(string)</c>.</summary>
    public static Func<string, object>? ParserOf(Type type)
    {
        MethodInfo? parse = type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IParsable<>) && i.GenericTypeArguments[0] == type)
            ? typeof(Scalars).GetMethod(nameof(ParseAs), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type)
            : type.GetMethod("Parse", BindingFlags.Public | BindingFlags.Static, [typeof(string)]);
        return parse is not null && parse.ReturnType == type
            ? text => parse.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [text], null)!
            : null;
    }

    private static T ParseAs<T>(string text) where T : IParsable<T> => T.Parse(text, Invariant);

    private static object Parsed(ScalarNode node, Shape shape, string key)
    {
        try
        {
            return ParserOf(shape.Type)!(node.Text);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException or InvalidInputException)
        {
            throw Refusal.WrongValue(key, node, $"{Expected(shape)}: {OneLine.Reason(e)}");
        }
    }

    private static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, Invariant, out value)
        && double.IsFinite(value);

    private static bool InRange(double value, Shape shape) => shape.Range?.Contains(value) ?? true;

    private static Dictionary<string, object> EnumNames(Type type) =>
        Enum.GetNames(type).ToDictionary(Names.Kebab, name => Enum.Parse(type, name));
}
