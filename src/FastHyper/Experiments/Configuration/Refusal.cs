using System.Globalization;
using System.Text;

namespace FastHyper.Experiments.Configuration;

/// <summary>The one-line refusals of a configuration.</summary>
internal static class Refusal
{
    public static InvalidInputException WrongValue(string key, Node node, string expected) =>
        new(OneLine($"{Named(key)}: value {Shown(node)} ({node.Place}), expected {expected}"));

    public static InvalidInputException At(string key, Place place, string reason) =>
        new(OneLine($"{Named(key)}: {reason} ({place})"));

    public static InvalidInputException UnknownKey(string prefix, string name, Place place, IReadOnlyCollection<string> known) =>
        new(OneLine($"{Join(prefix, Clip(name))}: unknown key ({place}){Names.DidYouMean(name, known)}"
            + $"; keys of {Named(prefix)}: {string.Join(", ", known)}"));

    public static string Join(string prefix, string name) => prefix.Length == 0 ? name : $"{prefix}.{name}";

    /// <summary>Escapes whatever would break the line.</summary>
    public static string OneLine(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (char.IsControl(c) || c is '\u2028' or '\u2029')
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                line.Append(c);
        }
        return line.ToString();
    }

    public static string Clip(string text) => text.Length > 60 ? text[..60] + "..." : text;

    private static string Named(string key) => key.Length == 0 ? "top level" : key;

    private static string Shown(Node node) => node switch
    {
        ScalarNode { IsNull: true } => "null",
        ScalarNode { Plain: true } s => Clip(s.Text),
        ScalarNode s => $"\"{Clip(s.Text)}\"",
        ListNode l => $"a list of {l.Items.Count}",
        _ => "a section",
    };
}
