using System.Text;

namespace FastHyper;

/// <summary>How the names of code are spelt in YAML, and which known name is nearest to a misspelt one.</summary>
internal static class Names
{
    public static string Snake(string name) => Split(name, '_');

    public static string Kebab(string name) => Split(name, '-');

    /// <summary><c>, did you mean x?</c>, or nothing when no candidate is near.</summary>
    public static string DidYouMean(string name, IEnumerable<string> candidates)
    {
        // A key may be as long as the input; only its start can resemble a name.
        name = name.Length > 64 ? name[..64] : name;
        (string? nearest, int distance) = candidates
            .Select(c => ((string?)c, Distance(name, c)))
            .DefaultIfEmpty((null, int.MaxValue))
            .MinBy(pair => pair.Item2);
        return distance <= Math.Max(2, name.Length / 3) ? $", did you mean {nearest}?" : "";
    }

    private static string Split(string name, char separator)
    {
        var text = new StringBuilder();
        for (int i = 0; i < name.Length; i++)
        {
            bool starts = char.IsUpper(name[i]) && i > 0
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (starts)
                text.Append(separator);
            text.Append(char.ToLowerInvariant(name[i]));
        }
        return text.ToString();
    }

    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[^1];
    }
}
