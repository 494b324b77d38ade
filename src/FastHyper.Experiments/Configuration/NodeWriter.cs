using System.Collections;
using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FastHyper.Experiments.Configuration;

/// <summary>Writes lines as YAML: sections as blocks, lists in brackets.</summary>
internal sealed partial class NodeWriter
{
    private readonly Emitter _emitter;
    private Func<string, string?>? _comment;

    private NodeWriter(TextWriter writer) => _emitter = new Emitter(
        writer, new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024));

    /// <summary>The text that reads back as these lines; the keys of a section stand together, where its first one is.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="comment">What is to be said above a line, by its key.</param>
    /// <exception cref="InvalidInputException">A number is not finite, an enum value has no name or a text is not Unicode.</exception>
    public static string Write(IEnumerable<Line> lines, Func<string, string?>? comment = null)
    {
        using StringWriter text = new() { NewLine = "\n" };
        NodeWriter writer = new(text) { _comment = comment };
        writer._emitter.Emit(new StreamStart());
        writer._emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        writer.Section(lines.Select(line => (line.Key, line)));
        writer._emitter.Emit(new DocumentEnd(isImplicit: true));
        writer._emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    /// <summary>The value of a line, as it is written.</summary>
    public static string Text(Line line)
    {
        string text = Write([line with { Key = "k" }]);
        return text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private void Section(IEnumerable<(string Path, Line Line)> lines)
    {
        _emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, MappingStyle.Block));
        foreach (IGrouping<string, (string Path, Line Line)> group in lines.GroupBy(line => line.Path.Split('.')[0]))
        {
            (string path, Line line) = group.First();
            if (path == group.Key && _comment?.Invoke(line.Key) is string comment) _emitter.Emit(new Comment(comment, isInline: false));
            Plain(group.Key);
            if (path == group.Key) Value(line.Value, line.Type, line.Key);
            else Section(group.Select(item => (item.Path[(group.Key.Length + 1)..], item.Line)));
        }

        _emitter.Emit(new MappingEnd());
    }

    private void Value(object? value, OptionType type, string key)
    {
        if (value is null || (value is double.PositiveInfinity && type.Range is { OrInfinity: true })) Plain("null");
        else if (type.Form == OptionForm.List) List((IEnumerable)value, type.Element!, key);
        else if (type.Form == OptionForm.Text) Text((string)value, key);
        else if (type.Form == OptionForm.Parsed) Parsed(Scalars.Format(value, key), key);
        else Plain(Scalars.Format(value, key));
    }

    private void List(IEnumerable items, OptionType type, string key)
    {
        _emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, SequenceStyle.Flow));
        int i = 0;
        foreach (object? item in items) Value(item, type, $"{key}[{i++}]");
        _emitter.Emit(new SequenceEnd());
    }

    // Quotes whatever another reader of YAML could take for something else than text.
    private void Text(string text, string key)
    {
        if (!IsWellFormed(text)) throw new InvalidInputException($"{OneLine.Value(key)}: text with an unpaired surrogate");
        if (Word().IsMatch(text) && !Reserved().IsMatch(text)) Plain(text);
        else Emit(text, ScalarStyle.DoubleQuoted);
    }

    private void Parsed(string text, string key)
    {
        if (Plainly().IsMatch(text) && !Reserved().IsMatch(text)) Plain(text);
        else Text(text, key);
    }

    // The emitter quotes by itself what cannot stand plain inside brackets.
    private void Plain(string text) => Emit(text, ScalarStyle.Plain);

    private void Emit(string text, ScalarStyle style) => _emitter.Emit(
        new Scalar(AnchorName.Empty, TagName.Empty, text, style, isPlainImplicit: style == ScalarStyle.Plain, isQuotedImplicit: true));

    private static bool IsWellFormed(string text)
    {
        int i = 0;
        while (i < text.Length && Rune.TryGetRuneAt(text, i, out Rune rune))
            i += rune.Utf16SequenceLength;
        return i == text.Length;
    }

    [GeneratedRegex(@"^[A-Za-z_/][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*\z")]
    private static partial Regex Word();

    [GeneratedRegex(@"^(null|true|false|yes|no|on|off|y|n)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Reserved();

    [GeneratedRegex(@"^-?[A-Za-z0-9.+][A-Za-z0-9.+_-]*(\([A-Za-z0-9.+_, -]*\))?\z")]
    private static partial Regex Plainly();
}
