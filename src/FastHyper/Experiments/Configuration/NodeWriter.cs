using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FastHyper.Experiments.Configuration;

/// <summary>Writes options as YAML: sections and lists of sections as blocks, other lists in brackets.</summary>
[RequiresUnreferencedCode(StrictYaml.Reflects), RequiresDynamicCode(StrictYaml.Reflects)]
internal sealed partial class NodeWriter
{
    private readonly Emitter _emitter;
    private readonly Func<string, bool> _wanted;

    private NodeWriter(TextWriter writer, Func<string, bool> wanted)
    {
        _wanted = wanted;
        _emitter = new Emitter(writer, new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024));
    }

    public static string Write(object root, Func<string, bool> wanted)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var writer = new NodeWriter(text, wanted);
        writer._emitter.Emit(new StreamStart());
        writer._emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        writer.Section(root, "");
        writer._emitter.Emit(new DocumentEnd(isImplicit: true));
        writer._emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private void Value(object? value, Shape shape, string key)
    {
        if (value is null)
            Plain("null");
        else if (shape.Form == Form.Section)
            Section(value, key);
        else if (shape.Form == Form.List)
            List((IEnumerable)value, shape, key);
        else if (shape.Form == Form.Table)
            Table((IDictionary)value, shape, key);
        else if (shape.Form == Form.Text)
            Text((string)value, key);
        else if (shape.Form == Form.Parsed)
            Parsed(Scalars.Format(value, key), key);
        else
            Plain(Scalars.Format(value, key));
    }

    private void Section(object section, string prefix)
    {
        Start(MappingStyle.Block);
        foreach (Option option in Configuration.Section.Of(section.GetType()).Options)
        {
            string key = Refusal.Join(prefix, option.Key);
            object? value = option.Property.GetValue(section);
            if (!IsWanted(value, option.Shape, key)) continue;
            Plain(option.Key);
            Value(value, option.Shape, key);
        }
        _emitter.Emit(new MappingEnd());
    }

    /// <summary>Whether an option, or one within it where it is a section, is to be written.</summary>
    private bool IsWanted(object? value, Shape shape, string key) => value is not null && shape.Form == Form.Section
        ? Configuration.Section.Of(value.GetType()).Options.Any(option => IsWanted(option.Property.GetValue(value), option.Shape, Refusal.Join(key, option.Key)))
        : _wanted(key);

    private void List(IEnumerable items, Shape shape, string key)
    {
        bool block = HasSections(shape.Element!);
        _emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, block ? SequenceStyle.Block : SequenceStyle.Flow));
        int i = 0;
        foreach (object? item in items)
            Value(item, shape.Element!, $"{key}[{i++}]");
        _emitter.Emit(new SequenceEnd());
    }

    private void Table(IDictionary table, Shape shape, string key)
    {
        Start(table.Count > 0 ? MappingStyle.Block : MappingStyle.Flow);
        foreach (string name in table.Keys.Cast<string>().Order(StringComparer.Ordinal))
        {
            Text(name, Refusal.Join(key, name));
            Value(table[name], shape.Element!, Refusal.Join(key, name));
        }
        _emitter.Emit(new MappingEnd());
    }

    private static bool HasSections(Shape shape) =>
        shape.Form is Form.Section or Form.Table || (shape.Element is { } element && HasSections(element));

    private void Start(MappingStyle style) =>
        _emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, style));

    // Quotes whatever another reader of YAML could take for something else than text.
    private void Text(string text, string key)
    {
        if (!IsWellFormed(text))
            throw new InvalidInputException($"{OneLine.Value(key)}: text with an unpaired surrogate");
        if (Word().IsMatch(text) && !Reserved().IsMatch(text))
            Plain(text);
        else
            _emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, ScalarStyle.DoubleQuoted, isPlainImplicit: false, isQuotedImplicit: true));
    }

    private void Parsed(string text, string key)
    {
        if (Plainly().IsMatch(text) && !Reserved().IsMatch(text))
            Plain(text);
        else
            Text(text, key);
    }

    // The emitter quotes by itself what cannot stand plain inside brackets.
    private void Plain(string text) =>
        _emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, ScalarStyle.Plain, isPlainImplicit: true, isQuotedImplicit: true));

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
