using System.Buffers.Binary;
using System.Text;
using FastHyper.Files;

namespace FastHyper.Experiments.Logs;

/// <summary>
/// A TensorBoard event file: TFRecords of Event messages (tensorflow/core/util/event.proto), one for each row and a scalar for each metric
/// in it, with tags such as <c>objective/setting 0, seed 1</c>, at the leader iteration.
/// </summary>
internal sealed class EventFile(FileStore store, string path, TimeProvider clock) : MetricsSink(store, path)
{
    // What says which row it is, and is no metric.
    private static readonly string[] s_places = ["iteration", "leader", "setting", "seed", "seconds"];
    private double _begun;

    protected override byte[] Head(IReadOnlyList<MetricsRow> rows)
    {
        double elapsed = rows.Count > 0 ? rows[^1].Seconds : 0;
        _begun = ((clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds) - elapsed;
        ProtocolMessage version = new();
        version.Number(1, _begun);
        version.Text(3, "brain.Event:2");
        using MemoryStream file = new();
        Record(file, version.ToArray());
        return file.ToArray();
    }

    protected override byte[] Format(IReadOnlyList<MetricsRow> rows)
    {
        using MemoryStream file = new();
        foreach (MetricsRow row in rows)
        {
            ProtocolMessage values = new();
            foreach ((string name, object value) in MetricsRow.Names.Zip(row.Values))
            {
                double number = Convert.ToDouble(value, null);
                if (s_places.Contains(name) || !double.IsFinite(number)) continue;
                ProtocolMessage scalar = new();
                scalar.Text(1, $"{name}/setting {row.Setting}, seed {row.Seed}");
                scalar.Number(2, (float)number);
                values.Message(1, scalar);
            }

            ProtocolMessage step = new();
            step.Number(1, _begun + row.Seconds);
            step.Integer(2, row.Iteration);
            step.Message(5, values);
            Record(file, step.ToArray());
        }

        return file.ToArray();
    }

    /// <summary>A TFRecord: length, masked CRC-32C of its bytes, the message, masked CRC-32C of that.</summary>
    private static void Record(MemoryStream file, byte[] message)
    {
        byte[] head = new byte[8], sum = new byte[4];
        BinaryPrimitives.WriteInt64LittleEndian(head, message.Length);
        file.Write(head);
        WriteSum(head);
        file.Write(message);
        WriteSum(message);

        void WriteSum(byte[] of)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(sum, Crc32C.Masked(of));
            file.Write(sum);
        }
    }
}

/// <summary>Fields of a protocol buffer message, as they are on the wire.</summary>
internal sealed class ProtocolMessage
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public void Integer(int field, long value)
    {
        Varint((ulong)(field << 3));
        Varint((ulong)value);
    }

    public void Number(int field, double value)
    {
        Varint((ulong)((field << 3) | 1));
        _bytes.AddRange(BitConverter.GetBytes(value));
    }

    public void Number(int field, float value)
    {
        Varint((ulong)((field << 3) | 5));
        _bytes.AddRange(BitConverter.GetBytes(value));
    }

    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public void Message(int field, ProtocolMessage value) => Bytes(field, value.ToArray());

    private void Bytes(int field, byte[] value)
    {
        Varint((ulong)((field << 3) | 2));
        Varint((ulong)value.Length);
        _bytes.AddRange(value);
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
    }
}
