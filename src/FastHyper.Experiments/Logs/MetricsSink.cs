using FastHyper.Files;

namespace FastHyper.Experiments.Logs;

/// <summary>Other forms of metrics.csv, for programs that read these.</summary>
public enum MetricsForm
{
    /// <summary>metrics.jsonl: a JSON object for each row.</summary>
    Jsonl,

    /// <summary>A TensorBoard event file, with a curve for each metric of each leader.</summary>
    Tensorboard,
}

/// <summary>
/// A form of metrics.csv that a run writes beside it. It follows the rows as they come; a run that goes on writes it anew, from the
/// rows that stay.
/// </summary>
internal abstract class MetricsSink(FileStore store, string path)
{
    /// <summary>The names of the files, which only runs write.</summary>
    public static readonly string[] Files = ["metrics.jsonl", "events.out.tfevents.fasthyper"];

    /// <summary>The sinks of a run's folder.</summary>
    public static MetricsSink Create(MetricsForm form, FileStore store, string folder, TimeProvider clock) => form switch
    {
        MetricsForm.Jsonl => new JsonLines(store, Path.Combine(folder, Files[0])),
        _ => new EventFile(store, Path.Combine(folder, Files[1]), clock),
    };

    /// <summary>Writes the file anew.</summary>
    /// <param name="rows">What there is so far.</param>
    public void Begin(IReadOnlyList<MetricsRow> rows)
    {
        using Stream stream = store.Create(path);
        stream.Write(Head(rows));
        stream.Write(Format(rows));
    }

    /// <summary>Appends rows.</summary>
    public void Append(IReadOnlyList<MetricsRow> rows)
    {
        using Stream stream = store.Append(path);
        stream.Write(Format(rows));
    }

    /// <summary>What the file begins with.</summary>
    /// <param name="rows">What there is so far.</param>
    protected abstract byte[] Head(IReadOnlyList<MetricsRow> rows);

    /// <summary>Rows, as they are written.</summary>
    protected abstract byte[] Format(IReadOnlyList<MetricsRow> rows);
}
