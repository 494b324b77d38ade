namespace FastHyper.Files;

/// <summary>Reads a .npy file, numpy's of one array.</summary>
public static class NpyReader
{
    /// <summary>Reads the array as float64; each value must be one exactly.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Shape and data.</returns>
    /// <exception cref="InvalidInputException">The file cannot be read, or the array is malformed, too large, or of another
    /// kind.</exception>
    public static NpyArray<double> ReadDoubles(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string file = OneLine.Path(path);
        try
        {
            using FileStream bytes = File.OpenRead(path);
            NpyStream stream = new(bytes, file, "array", bytes.Length);
            NpyHeader header = NpyHeaderParser.Read(stream);
            if ((long)header.Count * sizeof(double) > NpzReader.DefaultMemoryLimit)
                throw stream.Refuse($"shape {NpyHeader.Shown(header.Shape)}; expected an array that fits in memory");
            return new NpyArray<double>(header.Shape, NpyData.Read<double>(stream, header));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InvalidInputException($"{file}: cannot be read ({OneLine.Reason(e)}); expected a .npy file", e);
        }
    }
}
