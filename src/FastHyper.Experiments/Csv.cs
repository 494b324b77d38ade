namespace FastHyper.Experiments;

/// <summary>Tables as comma-separated values (RFC 4180, lines end with a line feed).</summary>
internal static class Csv
{
    /// <summary>A cell, in quotes where it needs them.</summary>
    public static string Quoted(string text) =>
        text.AsSpan().ContainsAny(",\"\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    /// <summary>Rows as text.</summary>
    public static string Text(IEnumerable<IEnumerable<string>> rows) =>
        string.Concat(rows.Select(row => string.Join(',', row.Select(Quoted)) + "\n"));
}
