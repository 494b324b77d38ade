using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FastHyper.Experiments.Configuration;

/// <summary>
/// Reads the subset of YAML a configuration may use: one bounded document, free of anchors, aliases, tags and duplicate keys.
/// </summary>
internal sealed class NodeReader
{
    public const int MaxLength = 1 << 20;
    public const int MaxDepth = 32;

    private readonly Parser _parser;
    private readonly string _source;
    private readonly bool _hasLines;
    private ParsingEvent _current = new StreamStart();

    private NodeReader(string yaml, string source, bool hasLines)
    {
        _parser = new Parser(new StringReader(yaml));
        _source = source;
        _hasLines = hasLines;
    }

    /// <summary>The document of <paramref name="yaml"/>, or null when it has none.</summary>
    public static Node? Read(string yaml, string source, bool hasLines, string key = "")
    {
        if (yaml.Length > MaxLength)
            throw new InvalidInputException($"{source}: {yaml.Length} characters, expected at most {MaxLength}");
        var reader = new NodeReader(yaml, source, hasLines);
        try
        {
            return reader.Document(key);
        }
        catch (YamlException e)
        {
            string place = hasLines ? $"{source} line {e.Start.Line}, column {e.Start.Column}" : source;
            throw new InvalidInputException($"{place}: invalid YAML: {OneLine.Reason(e)}", e);
        }
    }

    private Node? Document(string key)
    {
        Next();
        if (Next() is StreamEnd)
            return null;
        Next();
        Node root = Value(key, 0);
        Next();
        return Next() is StreamEnd ? root : throw Refusal.At("", PlaceOf(_current), "more than one document");
    }

    private Node Value(string key, int depth)
    {
        ParsingEvent start = _current;
        Place place = PlaceOf(start);
        if (start is AnchorAlias || start is NodeEvent { Anchor.IsEmpty: false })
            throw Refusal.At(key, place, "anchors and aliases are not allowed");
        if (start is NodeEvent { Tag.IsEmpty: false })
            throw Refusal.At(key, place, "tags are not allowed");
        if (depth > MaxDepth)
            throw Refusal.At("", place, $"nested more than {MaxDepth} deep");
        return start switch
        {
            Scalar s => new ScalarNode(s.Value, s.Style == ScalarStyle.Plain, place),
            SequenceStart s => new ListNode(Items(key, depth), s.Style == SequenceStyle.Flow, place),
            MappingStart => new MapNode(Entries(key, depth), place),
            _ => throw Malformed(),
        };
    }

    private List<Node> Items(string key, int depth)
    {
        var items = new List<Node>();
        while (Next() is not SequenceEnd)
            items.Add(Value($"{key}[{items.Count}]", depth + 1));
        return items;
    }

    private List<(string Key, Place KeyPlace, Node Value)> Entries(string prefix, int depth)
    {
        var entries = new List<(string, Place, Node)>();
        var seen = new Dictionary<string, Place>();
        while (Next() is not MappingEnd)
        {
            if (Value(prefix, depth + 1) is not ScalarNode name)
                throw Refusal.At(prefix, PlaceOf(_current), "a key must be a scalar");
            string key = Refusal.Join(prefix, OneLine.Value(name.Text));
            if (!seen.TryAdd(name.Text, name.Place))
                throw Refusal.At(key, name.Place, $"duplicate key, first at {seen[name.Text]}");
            Next();
            entries.Add((name.Text, name.Place, Value(key, depth + 1)));
        }
        return entries;
    }

    private ParsingEvent Next()
    {
        Exception? cause = null;
        try
        {
            if (_parser.MoveNext() && _parser.Current is { } next)
                return _current = next;
        }
        // The scanner answers some malformed text with whatever exception it trips over, or with nothing.
        catch (Exception e) when (e is not YamlException)
        {
            cause = e;
        }
        throw Malformed(cause);
    }

    private YamlException Malformed(Exception? cause = null) =>
        new(_current.End, _current.End, "malformed text after this point", cause);

    private Place PlaceOf(ParsingEvent e) => new(_source, _hasLines ? e.Start.Line : 0);
}
