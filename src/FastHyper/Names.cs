namespace FastHyper;

public static partial class Names
{
    /// <summary><c>, did you mean x?</c>, or nothing when no candidate is near.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="candidates">What may have been meant.</param>
    public static string DidYouMean(string name, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(name);
        // A key may be as long as the input; only its start can resemble a name.
        name = name.Length > 64 ? name[..64] : name;
        (string? nearest, int distance) = candidates
            .Select(c => ((string?)c, Distance(name, c)))
            .DefaultIfEmpty((null, int.MaxValue))
            .MinBy(pair => pair.Item2);
        return distance <= Math.Max(2, name.Length / 3) ? $", did you mean {nearest}?" : "";
    }

    /// <summary>Names for people: <c>a, b or c</c>.</summary>
    /// <param name="names">At least one.</param>
    public static string OneOf(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return names.Count == 1 ? names[0] : $"{string.Join(", ", names.SkipLast(1))} or {names[^1]}";
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
