using System.Globalization;
using System.Text.Json;
using FastHyper.Files;

namespace FastHyper.Experiments.Logs;

/// <summary>metrics.jsonl: the rows of metrics.csv, each as a JSON object in a line; what is not known is null.</summary>
internal sealed class JsonLines(FileStore store, string path) : MetricsSink(store, path)
{
    protected override byte[] Head(IReadOnlyList<MetricsRow> rows) => [];

    protected override byte[] Format(IReadOnlyList<MetricsRow> rows)
    {
        using MemoryStream text = new();
        foreach (MetricsRow row in rows)
        {
            using (Utf8JsonWriter json = new(text))
            {
                json.WriteStartObject();
                foreach ((string name, object value) in MetricsRow.Names.Zip(row.Values)) Write(json, name, value);
                json.WriteEndObject();
            }

            text.WriteByte((byte)'\n');
        }

        return text.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string name, object value)
    {
        json.WritePropertyName(name);
        if (value is not double number) json.WriteRawValue(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
        else if (name == "seconds") json.WriteRawValue(MetricsFile.Seconds(number));
        else if (double.IsFinite(number)) json.WriteNumberValue(number);
        else json.WriteNullValue();
    }
}
