using System.Globalization;

namespace FastHyper;

/// <summary>How the values of an option are written.</summary>
public enum OptionForm
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>true or false.</summary>
    Flag,

    /// <summary>A 32-bit integer.</summary>
    Int,

    /// <summary>A 64-bit integer.</summary>
    Long,

    /// <summary>A finite float64.</summary>
    Number,

    /// <summary>One of some names, in kebab-case.</summary>
    Name,

    /// <summary>A scalar with a form of its own, such as a schedule.</summary>
    Parsed,

    /// <summary>A list.</summary>
    List,
}

/// <summary>What values an option takes.</summary>
public sealed record OptionType
{
    private Func<IReadOnlyList<object?>, object>? _collect;
    private Func<string, object>? _parse;

    private OptionType(OptionForm form) => Form = form;

    /// <summary>Any text.</summary>
    public static OptionType Text { get; } = new(OptionForm.Text);

    /// <summary>The path of a file.</summary>
    public static OptionType Path { get; } = new(OptionForm.Text) { IsPath = true };

    /// <summary>true or false.</summary>
    public static OptionType Flag { get; } = new(OptionForm.Flag);

    /// <summary>How values are written.</summary>
    public OptionForm Form { get; }

    /// <summary>The type with null as one more value.</summary>
    public OptionType OrNull => this with { AllowsNull = true };

    /// <summary>Whether null is a value; of a number whose range has infinity, null stands for that.</summary>
    public bool AllowsNull { get; private init; }

    /// <summary>Whether text is the path of a file, which counts from where the configuration that gives it lies.</summary>
    public bool IsPath { get; private init; }

    /// <summary>The numbers taken; null for all.</summary>
    public RangeAttribute? Range { get; private init; }

    /// <summary>The values of <see cref="OptionForm.Name"/>, by name; empty elsewhere.</summary>
    public IReadOnlyDictionary<string, object> Values { get; private init; } = new Dictionary<string, object>();

    /// <summary>What <see cref="OptionForm.Parsed"/> takes, in words.</summary>
    public string What { get; private init; } = "";

    /// <summary>The type of a list's elements; null elsewhere.</summary>
    public OptionType? Element { get; private init; }

    /// <summary>The length of lists; null for any.</summary>
    public int? Length { get; private init; }

    /// <summary>A 32-bit integer.</summary>
    /// <param name="range">The numbers taken; null for all.</param>
    public static OptionType Int(RangeAttribute? range = null) => new(OptionForm.Int) { Range = range };

    /// <summary>A 64-bit integer.</summary>
    /// <param name="range">The numbers taken; null for all.</param>
    public static OptionType Long(RangeAttribute? range = null) => new(OptionForm.Long) { Range = range };

    /// <summary>A float64.</summary>
    /// <param name="range">The numbers taken; null for all that are finite.</param>
    public static OptionType Number(RangeAttribute? range = null) => new(OptionForm.Number) { Range = range };

    /// <summary>A value of an enum, by its name.</summary>
    /// <typeparam name="T">The enum.</typeparam>
    public static OptionType Name<T>()
        where T : struct, Enum =>
        new(OptionForm.Name) { Values = Enum.GetValues<T>().ToDictionary(value => Names.Kebab(value.ToString()), value => (object)value) };

    /// <summary>A scalar with a form of its own.</summary>
    /// <typeparam name="T">What it is; it is written as its <see cref="object.ToString"/>.</typeparam>
    public static OptionType Parsed<T>()
        where T : IParsable<T> =>
        new(OptionForm.Parsed) { What = Names.Kebab(typeof(T).Name), _parse = text => T.Parse(text, CultureInfo.InvariantCulture) };

    /// <summary>A list.</summary>
    /// <typeparam name="T">The elements.</typeparam>
    /// <param name="element">What they take.</param>
    /// <param name="length">The length of lists; null for any.</param>
    public static OptionType List<T>(OptionType element, int? length = null) =>
        new(OptionForm.List) { Element = element, Length = length, _collect = items => items.Select(item => (T)item!).ToArray() };

    /// <summary>The value of a text of <see cref="OptionForm.Parsed"/>.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public object Parse(string text) => _parse!(text);

    /// <summary>The list of elements, an array.</summary>
    /// <param name="items">The elements.</param>
    public object Collect(IReadOnlyList<object?> items) => _collect!(items);
}
