using System.Text;

namespace FastHyper.Experiments.Sweeps;

/// <summary>
/// Thrift's compact protocol, as far as the headers of Parquet files need it: a struct of fields in the order of their numbers.
/// </summary>
internal sealed class ThriftWriter
{
    public const int I32 = 5, I64 = 6, Binary = 8, ListOf = 9, Struct = 12;
    private readonly List<byte> _bytes = [];
    private readonly Stack<int> _last = new([0]);

    /// <summary>The bytes, once all structs are closed.</summary>
    public byte[] Bytes() => [.. _bytes];

    /// <summary>A field of 32 bits.</summary>
    public ThriftWriter Integer(int field, int value)
    {
        Field(field, I32);
        return Zigzag(value);
    }

    /// <summary>A field of 64 bits.</summary>
    public ThriftWriter Long(int field, long value)
    {
        Field(field, I64);
        return Zigzag(value);
    }

    /// <summary>A field of text.</summary>
    public ThriftWriter Text(int field, string value)
    {
        Field(field, Binary);
        return Item(value);
    }

    /// <summary>A field that is a struct, until it is closed.</summary>
    public ThriftWriter Open(int field)
    {
        Field(field, Struct);
        return Begin();
    }

    /// <summary>A field that is a list, of which the items come next.</summary>
    public ThriftWriter List(int field, int type, int count)
    {
        Field(field, ListOf);
        if (count < 15)
        {
            _bytes.Add((byte)((count << 4) | type));
            return this;
        }

        _bytes.Add((byte)(0xF0 | type));
        return Varint((ulong)count);
    }

    /// <summary>An item of a list that is a struct, until it is closed.</summary>
    public ThriftWriter Begin()
    {
        _last.Push(0);
        return this;
    }

    /// <summary>An item of a list of 32 bits.</summary>
    public ThriftWriter Item(int value) => Zigzag(value);

    /// <summary>An item of a list of text.</summary>
    public ThriftWriter Item(string value)
    {
        byte[] text = Encoding.UTF8.GetBytes(value);
        Varint((ulong)text.Length);
        _bytes.AddRange(text);
        return this;
    }

    /// <summary>Ends a struct.</summary>
    public ThriftWriter Close()
    {
        _bytes.Add(0);
        _last.Pop();
        return this;
    }

    // Numbers of fields grow by less than 16.
    private void Field(int field, int type)
    {
        _bytes.Add((byte)(((field - _last.Pop()) << 4) | type));
        _last.Push(field);
    }

    private ThriftWriter Zigzag(long value) => Varint((ulong)((value << 1) ^ (value >> 63)));

    private ThriftWriter Varint(ulong value)
    {
        for (; value >= 128; value >>= 7) _bytes.Add((byte)(value | 128));
        _bytes.Add((byte)value);
        return this;
    }
}
