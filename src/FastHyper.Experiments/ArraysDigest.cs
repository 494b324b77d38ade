using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace FastHyper.Experiments;

/// <summary>A SHA-256 of arrays with their names and shapes, in whatever order they come.</summary>
internal sealed class ArraysDigest
{
    private readonly SortedDictionary<string, byte[]> _arrays = new(StringComparer.Ordinal);

    public void Add<T>(string name, ReadOnlySpan<T> values, ReadOnlySpan<int> shape)
        where T : unmanaged
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(shape));
        // Spans of bytes end at 2 GiB, arrays do not.
        const int Piece = 1 << 16;
        for (; values.Length > Piece; values = values[Piece..]) hash.AppendData(MemoryMarshal.AsBytes(values[..Piece]));
        hash.AppendData(MemoryMarshal.AsBytes(values));
        _arrays.Add(name, hash.GetHashAndReset());
    }

    public override string ToString()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, byte[] digest) in _arrays)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name + '\0'));
            hash.AppendData(digest);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
