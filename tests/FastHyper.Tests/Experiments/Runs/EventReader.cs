using System.Text;

namespace FastHyper.Tests.Experiments.Runs;

/// <summary>
/// Reads TensorBoard's event files, by what TensorFlow's documentation says of them and nothing of what writes them here.
/// </summary>
internal static class EventReader
{
    /// <summary>One record.</summary>
    public sealed class Event
    {
        public double WallTime { get; set; }

        public long Step { get; set; }

        public string Version { get; set; } = "";

        public Dictionary<string, float> Scalars { get; } = [];
    }

    public static List<Event> Read(string path)
    {
        using BinaryReader file = new(File.OpenRead(path));
        List<Event> events = [];
        while (file.BaseStream.Position < file.BaseStream.Length)
        {
            byte[] head = file.ReadBytes(8);
            Assert.Equal(Masked(head), file.ReadUInt32());
            byte[] data = file.ReadBytes((int)BitConverter.ToUInt64(head));
            Assert.Equal(Masked(data), file.ReadUInt32());
            events.Add(Parse(data));
        }

        return events;
    }

    private static Event Parse(byte[] data)
    {
        Event item = new();
        foreach ((int field, object value) in Fields(data))
        {
            switch (field)
            {
                case 1: item.WallTime = (double)value; break;
                case 2: item.Step = (long)(ulong)value; break;
                case 3: item.Version = Encoding.UTF8.GetString((byte[])value); break;
                case 5:
                    foreach ((int inner, object scalar) in Fields((byte[])value))
                    {
                        Assert.Equal(1, inner);
                        Dictionary<int, object> parts = Fields((byte[])scalar).ToDictionary(part => part.Field, part => part.Value);
                        item.Scalars.Add(Encoding.UTF8.GetString((byte[])parts[1]), (float)parts[2]);
                    }

                    break;
                default: Assert.Fail($"field {field}"); break;
            }
        }

        return item;
    }

    private static IEnumerable<(int Field, object Value)> Fields(byte[] data)
    {
        using BinaryReader reader = new(new MemoryStream(data));
        while (reader.BaseStream.Position < data.Length)
        {
            ulong tag = reader.Read7BitEncoded();
            object value = (tag & 7) switch
            {
                0 => reader.Read7BitEncoded(),
                1 => reader.ReadDouble(),
                2 => reader.ReadBytes((int)reader.Read7BitEncoded()),
                5 => reader.ReadSingle(),
                _ => throw new InvalidDataException($"wire type {tag & 7}"),
            };
            yield return ((int)(tag >> 3), value);
        }
    }

    private static ulong Read7BitEncoded(this BinaryReader reader) => (ulong)reader.Read7BitEncodedInt64();

    /// <summary>Bit by bit: the polynomial 0x1EDC6F41 over bits that come least first, then the mask of TFRecords.</summary>
    private static uint Masked(byte[] data)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in data)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                uint carry = (crc ^ (uint)(b >> bit)) & 1;
                crc >>= 1;
                if (carry != 0) crc ^= 0x82F63B78;
            }
        }

        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }
}
