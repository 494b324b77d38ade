using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace FastHyper.Files;

/// <summary>
/// Writes arrays into an .npz file that numpy reads. The file appears whole, under its name, on <see cref="Commit"/>;
/// without it nothing is left. The same arrays give the same bytes.
/// </summary>
public sealed class NpzWriter : IDisposable
{
    // The earliest time that a zip archive can express.
    private static readonly DateTimeOffset s_timestamp = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly FileStore _store;
    private readonly Stream _stream;
    private readonly ZipArchive _archive;
    private readonly HashSet<string> _names = [];
    private bool _writing;
    private bool _finished;

    private NpzWriter(string path, FileStore store)
    {
        _store = store;
        _path = Path.GetFullPath(path);
        _temporaryPath = $"{_path}.{Path.GetRandomFileName()}{FileStore.TemporaryEnding}";
        _stream = store.Create(_temporaryPath);
        _archive = new ZipArchive(_stream, ZipArchiveMode.Create, leaveOpen: true);
    }

    /// <summary>Begins a file, under a temporary name in the same folder.</summary>
    /// <param name="path">Where the file is to be; what is there is replaced on <see cref="Commit"/>.</param>
    /// <returns>The writer, to be disposed.</returns>
    /// <exception cref="InvalidInputException">No file can be created there.</exception>
    public static NpzWriter Create(string path) => Create(path, FileStore.Disk);

    /// <summary>Begins a file in a store.</summary>
    /// <param name="path">Where the file is to be; what is there is replaced on <see cref="Commit"/>.</param>
    /// <param name="store">How it is written.</param>
    /// <returns>The writer, to be disposed.</returns>
    /// <exception cref="InvalidInputException">No file can be created there.</exception>
    public static NpzWriter Create(string path, FileStore store)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(store);
        try
        {
            if (Directory.Exists(path)) throw new IOException("It is a folder.");
            return new NpzWriter(path, store);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InvalidInputException(
                $"{OneLine.Path(path)}: cannot be written: {OneLine.Cause(e)}; expected a path in a folder that can be written to", e);
        }
    }

    /// <summary>Writes a float64 array.</summary>
    /// <param name="name">Name of the array: not empty, with none of / \ : and no control characters.</param>
    /// <param name="data">The elements in C order.</param>
    /// <param name="shape">Length of each axis; their product is the number of elements. None at all: a scalar.</param>
    /// <exception cref="ArgumentException">The name is unfit or written already, or data and shape disagree.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string name, ReadOnlySpan<double> data, params ReadOnlySpan<int> shape) => Write(name, "f8", data, shape);

    /// <summary>Writes a float32 array.</summary>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{double}, ReadOnlySpan{int})"/>
    public void Write(string name, ReadOnlySpan<float> data, params ReadOnlySpan<int> shape) => Write(name, "f4", data, shape);

    /// <summary>Writes an int32 array.</summary>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{double}, ReadOnlySpan{int})"/>
    public void Write(string name, ReadOnlySpan<int> data, params ReadOnlySpan<int> shape) => Write(name, "i4", data, shape);

    /// <summary>Writes an int64 array.</summary>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{double}, ReadOnlySpan{int})"/>
    public void Write(string name, ReadOnlySpan<long> data, params ReadOnlySpan<int> shape) => Write(name, "i8", data, shape);

    /// <summary>Writes a float64 array of shape ().</summary>
    /// <param name="name">Name of the array.</param>
    /// <param name="value">Its value.</param>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{double}, ReadOnlySpan{int})"/>
    public void WriteScalar(string name, double value) => Write(name, [value]);

    /// <summary>Writes an int64 array of shape ().</summary>
    /// <param name="name">Name of the array.</param>
    /// <param name="value">Its value.</param>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{double}, ReadOnlySpan{int})"/>
    public void WriteScalar(string name, long value) => Write(name, [value]);

    /// <summary>Completes the file and gives it its name.</summary>
    /// <exception cref="InvalidOperationException">The writer is committed already, or an array failed to be written.</exception>
    /// <exception cref="IOException">The file cannot be written or renamed.</exception>
    public void Commit()
    {
        ThrowIfFinished();
        _archive.Dispose();
        _store.Flush(_stream);
        _stream.Dispose();
        _store.Move(_temporaryPath, _path);
        _finished = true;
    }

    /// <summary>Removes the temporary file, unless it was committed.</summary>
    public void Dispose()
    {
        if (_finished) return;
        _finished = true;
        try { _stream.Dispose(); }
        catch (IOException) { }

        _store.Delete(_temporaryPath);
    }

    private void Write<T>(string name, string type, ReadOnlySpan<T> data, ReadOnlySpan<int> shape) where T : unmanaged
    {
        ThrowIfFinished();
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.AsSpan().ContainsAny(@"/\:") || name.Any(char.IsControl))
            throw new ArgumentException(
                $"'{OneLine.Value(name)}' is no name for an array: it has a separator or a control character", nameof(name));
        long count = 1;
        foreach (int length in shape) count = checked(count * length);
        if (count != data.Length)
            throw new ArgumentException($"{name}: shape {NpyHeader.ShapeText(shape)} with {data.Length} elements", nameof(shape));
        if (!_names.Add(name)) throw new ArgumentException($"{name} is written already", nameof(name));

        _writing = true;
        ZipArchiveEntry entry = _archive.CreateEntry(name + ".npy", CompressionLevel.NoCompression);
        entry.LastWriteTime = s_timestamp;
        using (Stream stream = entry.Open())
        {
            stream.Write(Header(type, shape));
            // Spans of bytes end at 2 GiB, arrays do not.
            const int Piece = 1 << 16;
            for (; data.Length > Piece; data = data[Piece..]) stream.Write(MemoryMarshal.AsBytes(data[..Piece]));
            stream.Write(MemoryMarshal.AsBytes(data));
        }

        _writing = false;
    }

    private static byte[] Header(string type, ReadOnlySpan<int> shape)
    {
        const int Preamble = 10, Alignment = 64;
        char order = BitConverter.IsLittleEndian ? '<' : '>';
        string text = $"{{'descr': '{order}{type}', 'fortran_order': False, 'shape': {NpyHeader.ShapeText(shape)}, }}";
        int length = (Preamble + text.Length + Alignment) / Alignment * Alignment - Preamble;
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)length, (byte)(length >> 8), .. Encoding.ASCII.GetBytes(text.PadRight(length - 1) + '\n')];
    }

    private void ThrowIfFinished()
    {
        if (_finished || _writing) throw new InvalidOperationException($"{_path} is finished, or failed: it can be written no more");
    }
}
