using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FastHyper.Bench;

/// <summary>One number of a result, and where it stands.</summary>
/// <param name="Table">The line above its table.</param>
/// <param name="Row">The words of its row, and its number among the table's.</param>
/// <param name="Column">Its column.</param>
/// <param name="Value">The number.</param>
internal sealed record ResultCell(string Table, string Row, string Column, double Value);

/// <summary>
/// What a benchmark printed, read back: tables are a line of names, indented, and lines of as many cells below it, with two spaces or
/// more between cells.
/// </summary>
internal static partial class ResultText
{
    /// <summary>The line that every output begins with, and what it says.</summary>
    public const string Mark = "# bench ";

    /// <summary>The numbers in the tables of a text.</summary>
    public static List<ResultCell> Parse(IEnumerable<string> lines)
    {
        List<ResultCell> cells = [];
        string title = "";
        string[] header = [];
        Dictionary<string, int> rows = [];
        foreach (string line in lines)
        {
            string[] parts = Gap().Split(line.Trim());
            bool isIndented = line.StartsWith("  ", StringComparison.Ordinal);
            if (!isIndented || parts.Length < 2)
            {
                if (line.Trim().Length > 0) title = line.Trim();
                header = [];
            }
            else if (header.Length != parts.Length || parts.Skip(1).All(part => Number(part) is null))
            {
                header = parts;
            }
            else
            {
                string table = Words(title), words = string.Join(", ", parts.Where(part => Number(part) is null));
                int row = rows[table] = rows.GetValueOrDefault(table, -1) + 1;
                for (int c = 0; c < parts.Length; c++)
                {
                    string column = header.Take(c).Contains(header[c]) ? $"{header[c]}, {c}" : header[c];
                    if (Number(parts[c]) is double value) cells.Add(new ResultCell(table, $"{row}: {words}", column, value));
                }
            }
        }

        return cells;
    }

    /// <summary>Numbers that are further apart than a tolerance, and those that only one result has.</summary>
    /// <param name="result">A result.</param>
    /// <param name="other">What it is compared with.</param>
    /// <param name="tolerance">The largest |a/b − 1| that is none.</param>
    public static IReadOnlyList<string> Compare(IReadOnlyList<ResultCell> result, IReadOnlyList<ResultCell> other, double tolerance)
    {
        List<string> found = [];
        Dictionary<(string, string, string), double> expected = [];
        foreach (ResultCell cell in other) expected[(cell.Table, cell.Row, cell.Column)] = cell.Value;
        foreach ((string table, string row, string column, double value) in result)
        {
            string place = $"{table} | {row} | {column}";
            if (!expected.Remove((table, row, column), out double was)) found.Add($"{place}: {value:G4}, not there before");
            else if (!(Math.Abs(value - was) <= tolerance * Math.Abs(was)))
                found.Add(string.Create(CultureInfo.InvariantCulture, $"{place}: {value:G4}, was {was:G4} ({value / was:F2} times)"));
        }

        found.AddRange(expected.Select(left => $"{left.Key.Item1} | {left.Key.Item2} | {left.Key.Item3}: not there, was {left.Value:G4}"));
        return found;
    }

    /// <summary>As JSON: what an output is of, its lines, and the numbers of its tables.</summary>
    public static string ToJson(IReadOnlyList<string> lines, Action<Utf8JsonWriter> origin)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            origin(json);
            json.WriteStartArray("cells");
            foreach ((string table, string row, string column, double value) in Parse(lines))
            {
                json.WriteStartObject();
                json.WriteString("table", table);
                json.WriteString("row", row);
                json.WriteString("column", column);
                json.WriteNumber("value", value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("lines");
            foreach (string line in lines) json.WriteStringValue(line);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>A title without what was measured in it.</summary>
    private static string Words(string title) => Measured().Replace(title, "").TrimEnd(' ', ':', ',', ';');

    private static double? Number(string text) =>
        double.TryParse(text.TrimEnd('%'), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : null;

    [GeneratedRegex(" {2,}")]
    private static partial Regex Gap();

    [GeneratedRegex(@"[\d.]+ (ms|s|us|GB/s|MB)\b")]
    private static partial Regex Measured();
}
