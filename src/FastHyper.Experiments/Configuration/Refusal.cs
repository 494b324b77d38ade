namespace FastHyper.Experiments.Configuration;

/// <summary>The one-line refusals of a configuration.</summary>
internal static class Refusal
{
    public static InvalidInputException WrongValue(string key, Node node, string expected) =>
        new($"{Named(key)}: value {Shown(node)} ({node.Place}), expected {expected}");

    public static InvalidInputException At(string key, Place place, string reason) =>
        new($"{Named(key)}: {reason} ({place})");

    public static InvalidInputException UnknownKey(string prefix, string name, Place place, IReadOnlyCollection<string> known) =>
        new($"{Named(Join(prefix, name))}: unknown key ({place}){Names.DidYouMean(name, known)}; keys of {Named(prefix)}: "
            + $"{string.Join(", ", known)}");

    public static string Join(string prefix, string name) => prefix.Length == 0 ? name : $"{prefix}.{name}";

    private static string Named(string key) => key.Length == 0 ? "top level" : OneLine.Value(key);

    private static string Shown(Node node) => node switch
    {
        ScalarNode { IsNull: true } => "null",
        ScalarNode { Plain: true } s => OneLine.Value(s.Text),
        ScalarNode s => $"\"{OneLine.Value(s.Text)}\"",
        ListNode l => $"a list of {l.Items.Count}",
        _ => "a section",
    };
}
