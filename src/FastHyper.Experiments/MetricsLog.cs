using System.Security.Cryptography;
using System.Text;
using FastHyper.Files;

namespace FastHyper.Experiments;

/// <summary>How far metrics.csv goes, and what it says up to there.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="Digest">Their SHA-256, in hexadecimal digits.</param>
public readonly record struct MetricsMark(long Length, string Digest);

/// <summary>
/// metrics.csv while a run writes to it. Checkpoints hold its mark: rows beyond it, which a run that was killed has left, are
/// recomputed, and nothing up to it may have changed.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private static readonly byte[] s_header = Encoding.UTF8.GetBytes(MetricsFile.Header + "\n");
    private readonly FileStore _store;
    private readonly string _path;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _length;

    private MetricsLog(FileStore store, string path, ReadOnlySpan<byte> text)
    {
        (_store, _path, _length) = (store, path, text.Length);
        _hash.AppendData(text);
    }

    /// <summary>What is there now.</summary>
    public MetricsMark Mark => new(_length, Convert.ToHexStringLower(_hash.GetCurrentHash()));

    /// <summary>Starts a file without rows.</summary>
    public static MetricsLog Create(FileStore store, string path)
    {
        using (Stream stream = store.Create(path)) stream.Write(s_header);
        return new MetricsLog(store, path, s_header);
    }

    /// <summary>Goes on with a file that was judged, from the end of some text of it.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="path">The file.</param>
    /// <param name="text">What stays; the rest is cut off by <see cref="Trim"/>.</param>
    public static MetricsLog Open(FileStore store, string path, ReadOnlySpan<byte> text) => new(store, path, text);

    /// <summary>Cuts off what is beyond the end.</summary>
    public void Trim()
    {
        if (new FileInfo(_path).Length > _length) _store.Truncate(_path, _length);
    }

    /// <summary>Appends rows.</summary>
    /// <exception cref="InvalidOperationException">Another program has changed the file.</exception>
    public void Append(IEnumerable<MetricsRow> rows)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(rows.Select(row => MetricsFile.Format(row) + "\n")));
        using Stream stream = _store.Append(_path);
        if (stream.Position != _length) throw Changed();
        stream.Write(text);
        _hash.AppendData(text);
        _length += text.Length;
    }

    /// <summary>Waits until all rows are on the disk.</summary>
    public void Flush()
    {
        using Stream stream = _store.Append(_path);
        _store.Flush(stream);
    }

    /// <summary>The rows up to a mark.</summary>
    /// <exception cref="InvalidOperationException">Another program has changed the file.</exception>
    public IReadOnlyList<MetricsRow> Read(MetricsMark mark)
    {
        byte[] text = MetricsFile.ReadBytes(_path);
        return text.Length >= mark.Length && Digest(text.AsSpan(0, (int)mark.Length)) == mark.Digest
            ? [.. MetricsFile.Parse(_path, text.AsSpan(0, (int)mark.Length))]
            : throw Changed();
    }

    public void Dispose() => _hash.Dispose();

    /// <summary>The SHA-256 of a text, in hexadecimal digits.</summary>
    public static string Digest(ReadOnlySpan<byte> text) => Convert.ToHexStringLower(SHA256.HashData(text));

    private InvalidOperationException Changed() =>
        new($"{OneLine.Path(_path)}: has changed since this run wrote to it; expected no other program to write there");
}
