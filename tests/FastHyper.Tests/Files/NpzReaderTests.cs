using FastHyper.Files;
using static FastHyper.Tests.Files.HandmadeNpz;

namespace FastHyper.Tests.Files;

public class NpzReaderTests
{
    public static TheoryData<string, byte[], double[]> Types => new()
    {
        { "|b1", [0, 1, 2], [0, 1, 1] },
        { "|i1", [0, 127, 128], [0, 127, -128] },
        { "|u1", [0, 127, 255], [0, 127, 255] },
        { "<i2", Bytes<short>([-2, 300, 0]), [-2, 300, 0] },
        { ">i2", Bytes<short>([-2, 300, 0], bigEndian: true), [-2, 300, 0] },
        { "<u2", Bytes<ushort>([2, 65535, 0]), [2, 65535, 0] },
        { ">u2", Bytes<ushort>([2, 65535, 0], bigEndian: true), [2, 65535, 0] },
        { "<i4", Bytes<int>([int.MinValue, 7, 0]), [int.MinValue, 7, 0] },
        { ">i4", Bytes<int>([int.MinValue, 7, 0], bigEndian: true), [int.MinValue, 7, 0] },
        { "<u4", Bytes<uint>([7, 70000, 0]), [7, 70000, 0] },
        { ">u4", Bytes<uint>([7, 70000, 0], bigEndian: true), [7, 70000, 0] },
        { "<i8", Bytes<long>([-7, 70000, 0]), [-7, 70000, 0] },
        { ">i8", Bytes<long>([-7, 70000, 0], bigEndian: true), [-7, 70000, 0] },
        { "<u8", Bytes<ulong>([7, 70000, 0]), [7, 70000, 0] },
        { ">u8", Bytes<ulong>([7, 70000, 0], bigEndian: true), [7, 70000, 0] },
        { "<f4", Bytes<float>([-7, 70000, 2]), [-7, 70000, 2] },
        { ">f4", Bytes<float>([-7, 70000, 2], bigEndian: true), [-7, 70000, 2] },
        { "<f8", Bytes<double>([-7, 70000, 2]), [-7, 70000, 2] },
        { ">f8", Bytes<double>([-7, 70000, 2], bigEndian: true), [-7, 70000, 2] },
        { "=f8", Bytes<double>([-7, 70000, 2]), [-7, 70000, 2] },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void ReadsEveryTypeAsEveryOther(string descr, byte[] data, double[] expected)
    {
        using HandmadeNpz file = new(("v.npy", Npy(descr, "(3,)", data)));
        using NpzReader reader = NpzReader.Open(file.Path);
        Assert.Equal(expected, reader.ReadDoubles("v").Data);
        Assert.Equal(expected.Select(v => (int)v), reader.ReadInt32("v").Data);
        Assert.Equal(expected.Select(v => (long)v), reader.ReadInt64("v").Data);
    }

    [Fact]
    public void ReadsFractionsInfinitiesAndNaN()
    {
        double[] values = [0.1, double.NegativeInfinity, double.NaN, -0.0];
        using HandmadeNpz file = new(
            ("d.npy", Npy("<f8", "(4,)", Bytes(values))), ("f.npy", Npy("<f4", "(4,)", Bytes(values.Select(v => (float)v).ToArray()))));
        using NpzReader reader = NpzReader.Open(file.Path);
        Assert.Equal(values.Select(BitConverter.DoubleToInt64Bits), reader.ReadDoubles("d").Data.Select(BitConverter.DoubleToInt64Bits));
        Assert.Equal(values.Select(v => (double)(float)v), reader.ReadDoubles("f").Data);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ReadsEveryVersionAndNumpysOwnLayout(int version)
    {
        using HandmadeNpz file = new(
            ("v.npy", Npy("{ \"shape\" : ( 2 ,1, ) ,'fortran_order':False, 'descr':'<i4'}   ", Bytes<int>([3, 4]), version)));
        using NpzReader reader = NpzReader.Open(file.Path);
        NpyHeader header = reader.ReadHeader("v");
        Assert.Equal((NpyType.Int32, false, false), (header.Type, header.BigEndian, header.FortranOrder));
        Assert.Equal([2, 1], header.Shape);
        Assert.Equal([3, 4], reader.ReadInt32("v").Data);
    }

    [Fact]
    public void ConvertsFortranOrder()
    {
        // The element at (i, j, k) is 100i + 10j + k; the first axis varies fastest in the file.
        int[] stored = [.. from k in Enumerable.Range(0, 4) from j in Enumerable.Range(0, 3) from i in Enumerable.Range(0, 2) select (
            100 * i) + (10 * j) + k];
        int[] expected = [.. from i in Enumerable.Range(0, 2) from j in Enumerable.Range(0, 3) from k in Enumerable.Range(0, 4) select (
            100 * i) + (10 * j) + k];
        using HandmadeNpz file = new(("v.npy", Npy("<i4", "(2, 3, 4)", Bytes(stored), fortranOrder: true)));
        using NpzReader reader = NpzReader.Open(file.Path);
        Assert.Equal(expected, reader.ReadInt32("v").Data);
    }

    [Theory]
    [InlineData("(0,)", true)]
    [InlineData("(2147483591, 2147483591, 0)", true)]
    [InlineData("(3, 0)", false)]
    public void ReadsEmptyArrays(string shape, bool fortranOrder)
    {
        using HandmadeNpz file = new(("v.npy", Npy("<f8", shape, [], fortranOrder)));
        using NpzReader reader = NpzReader.Open(file.Path);
        Assert.Empty(reader.ReadDoubles("v").Data);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReadsArraysOfManyPieces(bool asFloat)
    {
        double[] values = [.. Enumerable.Range(0, 300_001).Select(i => (double)i)];
        byte[] npy = asFloat
            ? Npy("<f4", "(300001,)", Bytes(values.Select(v => (float)v).ToArray()))
            : Npy("<f8", "(300001,)", Bytes(values));
        using HandmadeNpz file = new(("v.npy", npy));
        using NpzReader reader = NpzReader.Open(file.Path);
        Assert.Equal(values, reader.ReadDoubles("v").Data);
    }

    [Fact]
    public void ListsArraysInOrderAndLeavesOtherEntriesAlone()
    {
        byte[] scalar = Npy("<f8", "()", Bytes([2.5]));
        using HandmadeNpz file = new(("b.npy", scalar), ("readme.txt", []), ("../../a.npy", scalar), ("deep/", []), (".npy", scalar));
        using NpzReader reader = NpzReader.Open(file.Path);
        Assert.Equal(["b", "../../a", ""], reader.Names);
        Assert.True(reader.Contains("b"));
        Assert.False(reader.Contains("B"));
        Assert.Equal(2.5, reader.ReadScalar("../../a"));
        Assert.Single(file.FilesBeside);
    }

    [Fact]
    public void DefaultMemoryLimitIsKnown() => Assert.True(NpzReader.DefaultMemoryLimit > 0);

    [Theory]
    [InlineData("hello")]
    [InlineData("123456789")]
    [InlineData("")]
    [InlineData("The quick brown fox jumps over the lazy dog")]
    public void ChecksumIsThatOfZip(string text)
    {
        Dictionary<string, uint> known =
            new()
            {
                ["hello"] = 0x3610A686,
                ["123456789"] = 0xCBF43926,
                [""] = 0,
                ["The quick brown fox jumps over the lazy "
                + "dog"] = 0x414FA339
            };
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(text);
        for (int split = 0; split <= bytes.Length; split++)
            Assert.Equal(known[text], Crc32.Append(Crc32.Append(0, bytes.AsSpan(0, split)), bytes.AsSpan(split)));
    }
}
