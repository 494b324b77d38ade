using System.IO.Compression;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace FastHyper.Files;

/// <summary>
/// Reads the numeric arrays of an .npz file (a zip archive of .npy files) that need not be trusted: sizes are checked
/// before memory is taken, and whatever is wrong is an <see cref="InvalidInputException"/> of one line.
/// </summary>
public sealed class NpzReader : IDisposable
{
    private const string Extension = ".npy";

    private readonly string _file;
    private readonly FileStream _stream;
    private readonly ZipArchive _archive;
    private readonly OrderedDictionary<string, ZipArchiveEntry> _entries = [];
    private readonly List<string> _others = [];
    private readonly long _memoryLimit;
    private long _bytesRead;

    private NpzReader(string path, long memoryLimit)
    {
        _file = OneLine.Path(path);
        _memoryLimit = memoryLimit;
        try
        {
            _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InvalidInputException($"{_file}: cannot be opened: {OneLine.Cause(e)}; expected an .npz file", e);
        }

        try
        {
            _archive = OpenArchive();
            foreach (ZipArchiveEntry entry in _archive.Entries) Add(entry);
        }
        catch (Exception e)
        {
            _stream.Dispose();
            if (e is InvalidInputException) throw;
            throw new InvalidInputException($"{_file}: not a zip archive, or a truncated one; expected an .npz file", e);
        }
    }

    /// <summary>Half the memory that this process may use, in bytes.</summary>
    public static long DefaultMemoryLimit => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>Names of the arrays, without .npy, in the file's order. Entries that are not .npy files are left out.</summary>
    public IReadOnlyList<string> Names => _entries.Keys;

    /// <summary>Names of the entries that are not .npy files, in the file's order.</summary>
    public IReadOnlyList<string> OtherEntries => _others;

    /// <summary>Opens a file and reads its list of arrays.</summary>
    /// <param name="path">The .npz file.</param>
    /// <param name="memoryLimit">
    /// Largest total, in bytes, of the arrays that this reader may return; <see cref="DefaultMemoryLimit"/> if null.
    /// </param>
    /// <returns>The reader, to be disposed.</returns>
    /// <exception cref="InvalidInputException">
    /// The file cannot be opened, is not a zip archive, is truncated, or has two arrays of one name.
    /// </exception>
    public static NpzReader Open(string path, long? memoryLimit = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new NpzReader(path, memoryLimit ?? DefaultMemoryLimit);
    }

    /// <summary>Whether the file has the array <paramref name="name"/>.</summary>
    /// <param name="name">Name of the array, without .npy.</param>
    /// <returns>True if it does.</returns>
    public bool Contains(string name) => _entries.ContainsKey(name);

    /// <summary>Reads the shape and type of an array, and none of its data.</summary>
    /// <param name="name">Name of the array, without .npy.</param>
    /// <returns>The header.</returns>
    /// <exception cref="InvalidInputException">The array is missing, or its header malformed or of an unsupported type.</exception>
    internal NpyHeader ReadHeader(string name) => Read(name, static (_, _, header) => header);

    /// <summary>Throws unless some arrays fit in memory all together, by their headers alone.</summary>
    /// <param name="arrays">Names of the arrays, without .npy, and the bytes that an element takes in memory.</param>
    /// <exception cref="InvalidInputException">They do not fit, or one is missing or malformed.</exception>
    public void RequireMemory(IEnumerable<(string Name, int ElementSize)> arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        (string Name, int[] Shape, long Bytes) largest = ("", [], 0);
        long total = 0;
        foreach ((string name, int size) in arrays)
        {
            NpyHeader header = ReadHeader(name);
            long bytes = (long)header.Count * size;
            total += bytes;
            if (bytes >= largest.Bytes) largest = (name, header.Shape, bytes);
        }

        if (total > _memoryLimit - _bytesRead)
            throw new InvalidInputException(
                $"{_file}: {OneLine.Value(largest.Name)}: shape {NpyHeader.Shown(largest.Shape)}, with which the arrays take {total} "
                    + $"bytes of memory; expected at most {_memoryLimit - _bytesRead}");
    }

    /// <summary>Reads an array as float64; each value must be one exactly.</summary>
    /// <param name="name">Name of the array, without .npy.</param>
    /// <returns>Shape and data.</returns>
    /// <exception cref="InvalidInputException">The array is missing, malformed, too large, or has another kind of value.</exception>
    public NpyArray<double> ReadDoubles(string name) => Read<double>(name);

    /// <summary>Reads an array as 32-bit integers; each value must be one exactly.</summary>
    /// <inheritdoc cref="ReadDoubles"/>
    public NpyArray<int> ReadInt32(string name) => Read<int>(name);

    /// <summary>Reads an array as 64-bit integers; each value must be one exactly.</summary>
    /// <inheritdoc cref="ReadDoubles"/>
    public NpyArray<long> ReadInt64(string name) => Read<long>(name);

    /// <summary>Reads an array of shape () as float64.</summary>
    /// <param name="name">Name of the array, without .npy.</param>
    /// <returns>Its value.</returns>
    /// <exception cref="InvalidInputException">The array is missing, malformed, or not a scalar.</exception>
    public double ReadScalar(string name)
    {
        int[] shape = ReadHeader(name).Shape;
        if (shape.Length > 0)
            throw new InvalidInputException($"{_file}: {OneLine.Value(name)}: shape {NpyHeader.Shown(shape)}; expected a scalar, ()");
        return ReadDoubles(name).Data[0];
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _archive.Dispose();
        _stream.Dispose();
    }

    private ZipArchive OpenArchive()
    {
        // ZipArchive would copy what cannot seek into memory, whole.
        if (!_stream.CanSeek) throw new InvalidInputException($"{_file}: not a regular file; expected an .npz file");
        return new ZipArchive(_stream, ZipArchiveMode.Read, leaveOpen: true);
    }

    private void Add(ZipArchiveEntry entry)
    {
        if (!entry.FullName.EndsWith(Extension, StringComparison.Ordinal))
        {
            _others.Add(entry.FullName);
            return;
        }

        string name = entry.FullName[..^Extension.Length];
        if (!_entries.TryAdd(name, entry))
            throw new InvalidInputException($"{_file}: {OneLine.Value(name)}: appears more than once; expected one array of each name");
    }

    private NpyArray<T> Read<T>(string name) where T : unmanaged, INumber<T> => Read(name, (entry, stream, header) =>
    {
        long bytes = (long)header.Count * Unsafe.SizeOf<T>();
        if (bytes > _memoryLimit - _bytesRead)
            throw stream.Refuse(
                $"shape {NpyHeader.Shown(header.Shape)} takes {bytes} bytes of memory; expected at most {_memoryLimit - _bytesRead}");
        T[] data = NpyData.Read<T>(stream, header);
        if (stream.Crc != entry.Crc32)
            throw stream.Refuse("corrupt: its bytes do not match the archive's checksum; expected an intact file");
        _bytesRead += bytes;
        return new NpyArray<T>(header.Shape, data);
    });

    private TResult Read<TResult>(string name, Func<ZipArchiveEntry, NpyStream, NpyHeader, TResult> read)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(!_stream.CanRead, this);
        string array = OneLine.Value(name);
        if (!_entries.TryGetValue(name, out ZipArchiveEntry? entry))
            throw new InvalidInputException(
                $"{_file}: {array}: no such array; expected it in the file, which has {OneLine.List(_entries.Keys)}");
        if (entry.IsEncrypted) throw new InvalidInputException($"{_file}: {array}: encrypted; expected a plain array");
        try
        {
            using Stream bytes = entry.Open();
            NpyStream stream = new(bytes, _file, array, Math.Min(entry.CompressedLength, _stream.Length));
            return read(entry, stream, NpyHeaderParser.Read(stream));
        }
        catch (OutOfMemoryException e)
        {
            throw new InvalidInputException($"{_file}: {array}: does not fit in memory; expected a smaller array", e);
        }
        catch (Exception e) when (e is not InvalidInputException)
        {
            // What the decompressor throws on hostile bytes is not a closed list.
            throw new InvalidInputException($"{_file}: {array}: cannot be decompressed ({OneLine.Reason(e)}); expected an intact file", e);
        }
    }
}
