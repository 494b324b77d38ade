using System.Buffers.Binary;
using System.Text;

namespace FastHyper.Experiments.Sweeps;

/// <summary>
/// Writes a table as a Parquet file: one row group, plain values, no compression, all columns required. What is written is the subset of
/// the format that each of its readers has.
/// </summary>
internal static class ParquetFile
{
    private const int Int64 = 2, Double = 5, ByteArray = 6;

    /// <summary>The bytes of a file.</summary>
    /// <param name="columns">Columns of long[], double[] or string[], all of one length.</param>
    public static byte[] Write(IReadOnlyList<(string Name, Array Values)> columns)
    {
        int rows = columns.Count > 0 ? columns[0].Values.Length : 0;
        using MemoryStream file = new();
        file.Write("PAR1"u8);
        List<(long Offset, long Size)> chunks = [];
        foreach ((_, Array values) in columns)
        {
            byte[] data = Plain(values);
            long offset = file.Position;
            ThriftWriter header = new();
            header.Integer(1, 0).Integer(2, data.Length).Integer(3, data.Length);
            // Number of values; PLAIN; levels, of which there are none, RLE.
            header.Open(5).Integer(1, rows).Integer(2, 0).Integer(3, 3).Integer(4, 3).Close().Close();
            file.Write(header.Bytes());
            file.Write(data);
            chunks.Add((offset, file.Position - offset));
        }

        byte[] footer = Footer(columns, rows, chunks);
        file.Write(footer);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        file.Write(length);
        file.Write("PAR1"u8);
        return file.ToArray();
    }

    private static byte[] Footer(
        IReadOnlyList<(string Name, Array Values)> columns, int rows, List<(long Offset, long Size)> chunks)
    {
        ThriftWriter meta = new();
        meta.Integer(1, 1).List(2, ThriftWriter.Struct, columns.Count + 1);
        meta.Begin().Text(4, "table").Integer(5, columns.Count).Close();
        foreach ((string name, Array values) in columns)
        {
            meta.Begin().Integer(1, Type(values)).Integer(3, 0).Text(4, name);
            if (values is string[]) meta.Integer(6, 0);
            meta.Close();
        }

        meta.Long(3, rows).List(4, ThriftWriter.Struct, 1);
        meta.Begin().List(1, ThriftWriter.Struct, columns.Count);
        for (int i = 0; i < columns.Count; i++)
        {
            (long offset, long size) = chunks[i];
            meta.Begin().Long(2, offset).Open(3).Integer(1, Type(columns[i].Values));
            meta.List(2, ThriftWriter.I32, 1).Item(0).List(3, ThriftWriter.Binary, 1).Item(columns[i].Name);
            meta.Integer(4, 0).Long(5, rows).Long(6, size).Long(7, size).Long(9, offset).Close().Close();
        }

        meta.Long(2, chunks.Sum(chunk => chunk.Size)).Long(3, rows).Close();
        return meta.Text(6, "fasthyper").Close().Bytes();
    }

    private static int Type(Array values) => values switch
    {
        long[] => Int64,
        double[] => Double,
        string[] => ByteArray,
        _ => throw new ArgumentException($"{values.GetType()} is no column; expected long[], double[] or string[]", nameof(values)),
    };

    /// <summary>Values one after the other, little-endian; texts with their lengths before.</summary>
    private static byte[] Plain(Array values)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        foreach (object value in values)
        {
            if (value is long whole) writer.Write(whole);
            else if (value is double number) writer.Write(number);
            else
            {
                byte[] text = Encoding.UTF8.GetBytes((string)value);
                writer.Write(text.Length);
                writer.Write(text);
            }
        }

        writer.Flush();
        return stream.ToArray();
    }
}
