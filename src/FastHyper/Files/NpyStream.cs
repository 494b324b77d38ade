namespace FastHyper.Files;

/// <summary>The bytes of one .npy entry, with the name to blame and the checksum of what was read.</summary>
internal sealed class NpyStream(Stream stream, string file, string array, long storedBytes)
{
    /// <summary>Bytes that the entry really takes in the file: memory up to this much needs no more trust.</summary>
    public long StoredBytes => storedBytes;

    /// <summary>CRC-32 of the bytes read so far.</summary>
    public uint Crc { get; private set; }

    /// <summary>Reads until <paramref name="bytes"/> is full or the entry ends.</summary>
    /// <returns>Number of bytes read.</returns>
    public int Fill(Span<byte> bytes)
    {
        int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        Crc = Crc32.Append(Crc, bytes[..count]);
        return count;
    }

    /// <summary>The exception to throw about the array as a whole.</summary>
    public InvalidInputException Refuse(string message) => new($"{file}: {array}: {message}");

    /// <summary>The exception to throw about one element; <paramref name="index"/> is such as [3, 1].</summary>
    public InvalidInputException RefuseElement(string index, object value, string expected) =>
        new($"{file}: {array}{OneLine.Value(index)} = {value}; expected {expected}");
}
