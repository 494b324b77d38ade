namespace FastHyper.Experiments.Configuration;

/// <summary>Where a value was written: a line of a source, or an override, which has no line.</summary>
internal readonly record struct Place(string Source, long Line)
{
    public override string ToString() => Line > 0 ? $"{Source} line {Line}" : Source;
}

/// <summary>A value as written, before its type is known.</summary>
internal abstract record Node(Place Place)
{
    /// <summary>The value in one line.</summary>
    public abstract string ToText();
}

/// <summary>A scalar; <paramref name="Plain"/> when it is not quoted.</summary>
internal sealed record ScalarNode(string Text, bool Plain, Place Place) : Node(Place)
{
    public override string ToText() => Text;

    public bool IsNull => Plain && Text is ("" or "~" or "null" or "Null" or "NULL");
}

/// <summary>A list; <paramref name="Flow"/> when it is written in brackets.</summary>
internal sealed record ListNode(IReadOnlyList<Node> Items, bool Flow, Place Place) : Node(Place)
{
    public override string ToText() => $"[{string.Join(", ", Items.Select(item => item.ToText()))}]";
}

/// <summary>A mapping of distinct keys, in the order written.</summary>
internal sealed record MapNode(IReadOnlyList<(string Key, Place KeyPlace, Node Value)> Entries, Place Place) : Node(Place)
{
    public override string ToText() => $"{{{string.Join(", ", Entries.Select(entry => $"{entry.Key}: {entry.Value.ToText()}"))}}}";
}
