using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace FastHyper.Experiments.Reports;

/// <summary>
/// What the rules of a figure's style sheet say of its elements: a tag, classes, or both, with any ancestors; what is more specific, and
/// then what comes later, counts. Only what <see cref="Theme.Alone"/> has is read.
/// </summary>
internal sealed partial class FigureStyle
{
    private readonly List<(string Tag, string[] Classes, int Order, Dictionary<string, string> Values)> _rules = [];

    public FigureStyle(string sheet)
    {
        foreach (Match rule in Rule().Matches(sheet))
        {
            Dictionary<string, string> values = [];
            foreach (string declaration in rule.Groups[2].Value.Split(';', StringSplitOptions.RemoveEmptyEntries))
            {
                int colon = declaration.IndexOf(':', StringComparison.Ordinal);
                values[declaration[..colon].Trim()] = declaration[(colon + 1)..].Trim();
            }

            foreach (string selector in rule.Groups[1].Value.Split(','))
            {
                string[] last = selector.Trim().Split(' ')[^1].Split('.');
                _rules.Add((last[0], last[1..], _rules.Count, values));
            }
        }
    }

    /// <summary>The properties of an element: its attributes, and over them those of the rules that it meets.</summary>
    public Dictionary<string, string> Of(XElement element)
    {
        Dictionary<string, string> found = element.Attributes().ToDictionary(item => item.Name.LocalName, item => item.Value);
        string[] classes = found.GetValueOrDefault("class", "").Split(' ');
        string tag = element.Name.LocalName;
        foreach (var (_, _, _, values) in _rules
            .Where(rule => (rule.Tag.Length == 0 || rule.Tag == tag) && rule.Classes.All(classes.Contains))
            .OrderBy(rule => rule.Classes.Length).ThenBy(rule => rule.Order))
        {
            foreach ((string key, string value) in values) found[key] = value;
        }

        return found;
    }

    [GeneratedRegex(@"([^{}]+)\{([^{}]*)\}")]
    private static partial Regex Rule();
}
