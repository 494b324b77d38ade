using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace FastHyper.Files;

/// <summary>Reads the data of a .npy array piece by piece, so that memory grows only with the bytes delivered.</summary>
internal static class NpyData
{
    private const int PieceBytes = 1 << 16;

    /// <summary>Reads the elements in C order, converted to <typeparamref name="T"/>.</summary>
    /// <exception cref="InvalidInputException">
    /// The data are shorter or longer than the header says, or a value is not exactly a <typeparamref name="T"/>.
    /// </exception>
    public static T[] Read<T>(NpyStream stream, NpyHeader header) where T : unmanaged, INumber<T>
    {
        T[] data = header.Type switch
        {
            NpyType.Int8 => Read<sbyte, T>(stream, header),
            NpyType.Int16 => Read<short, T>(stream, header),
            NpyType.Int32 => Read<int, T>(stream, header),
            NpyType.Int64 => Read<long, T>(stream, header),
            NpyType.UInt16 => Read<ushort, T>(stream, header),
            NpyType.UInt32 => Read<uint, T>(stream, header),
            NpyType.UInt64 => Read<ulong, T>(stream, header),
            NpyType.Float32 => Read<float, T>(stream, header),
            NpyType.Float64 => Read<double, T>(stream, header),
            _ => Read<byte, T>(stream, header),
        };
        if (stream.Fill(stackalloc byte[1]) > 0)
            throw stream.Refuse($"more data than its header says; expected {header.Count} elements of {header.ElementSize} bytes");
        return header.FortranOrder && header.Shape.Length > 1 ? ToCOrder(data, header.Shape) : data;
    }

    private static T[] Read<TStored, T>(NpyStream stream, NpyHeader header)
        where TStored : unmanaged, INumber<TStored>
        where T : unmanaged, INumber<T>
    {
        int size = header.ElementSize;
        byte[] piece = new byte[PieceBytes];
        T[] data = new T[Math.Min(header.Count, Math.Max(stream.StoredBytes, PieceBytes) / size)];
        for (int done = 0; done < header.Count;)
        {
            int count = Math.Min(PieceBytes / size, header.Count - done);
            Span<byte> bytes = piece.AsSpan(0, count * size);
            int got = stream.Fill(bytes);
            if (got < bytes.Length)
                throw stream.Refuse(
                    $"truncated after {done + (got / size)} elements; expected {header.Count}, shape {NpyHeader.Shown(header.Shape)}");
            if (header.BigEndian == BitConverter.IsLittleEndian) Swap(bytes, size);
            if (header.Type == NpyType.Bool) foreach (ref byte b in bytes) b = Math.Min(b, (byte)1);
            if (done + count > data.Length) Array.Resize(ref data, (int)Math.Min(header.Count, 2L * data.Length));
            Convert(MemoryMarshal.Cast<byte, TStored>(bytes), data.AsSpan(done, count), stream, header, done);
            done += count;
        }

        return data;
    }

    private static void Convert<TStored, T>(ReadOnlySpan<TStored> from, Span<T> to, NpyStream stream, NpyHeader header, int done)
        where TStored : unmanaged, INumber<TStored>
        where T : unmanaged, INumber<T>
    {
        if (typeof(TStored) == typeof(T))
        {
            MemoryMarshal.AsBytes(from).CopyTo(MemoryMarshal.AsBytes(to));
            return;
        }

        bool widening = typeof(TStored) == typeof(float) && typeof(T) == typeof(double);
        int i = 0;
        try
        {
            for (; i < from.Length; i++)
            {
                to[i] = T.CreateChecked(from[i]);
                if (!widening && TStored.CreateChecked(to[i]) != from[i]) break;
            }
        }
        catch (OverflowException) { }

        if (i < from.Length)
        {
            string expected = typeof(T) == typeof(double) ? "a number that float64 holds exactly" : typeof(T) == typeof(int)
                ? "a 32-bit integer" : "a 64-bit integer";
            throw stream.RefuseElement(header.IndexText(done + i), from[i], expected);
        }
    }

    private static void Swap(Span<byte> bytes, int size)
    {
        if (size == 2)
        {
            Span<ushort> words = MemoryMarshal.Cast<byte, ushort>(bytes);
            BinaryPrimitives.ReverseEndianness(words, words);
        }
        else if (size == 4)
        {
            Span<uint> words = MemoryMarshal.Cast<byte, uint>(bytes);
            BinaryPrimitives.ReverseEndianness(words, words);
        }
        else if (size == 8)
        {
            Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
            BinaryPrimitives.ReverseEndianness(words, words);
        }
    }

    private static T[] ToCOrder<T>(T[] data, int[] shape)
    {
        if (data.Length == 0) return data;
        int[] strides = new int[shape.Length];
        int stride = 1;
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }

        T[] result = new T[data.Length];
        int[] index = new int[shape.Length];
        int to = 0;
        foreach (T value in data)
        {
            result[to] = value;
            for (int axis = 0; axis < shape.Length; axis++)
            {
                to += strides[axis];
                if (++index[axis] < shape[axis]) break;
                to -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }

        return result;
    }
}
