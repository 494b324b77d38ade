using FastHyper.Files;
using static FastHyper.Tests.Files.HandmadeNpz;

namespace FastHyper.Tests.Files;

public class NpzRefusalTests
{
    public static TheoryData<byte[], string> Malformed => new()
    {
        { [], "not a .npy array" },
        { [.. "PK nonsense"u8], "not a .npy array" },
        { [0x93, .. "NUMPX"u8, 1, 0, 0, 0], "not a .npy array" },
        { [0x93, .. "NUMPY"u8, 4, 0, 0, 0], ".npy format 4.0" },
        { [0x93, .. "NUMPY"u8, 1, 1, 0, 0], ".npy format 1.1" },
        { [0x93, .. "NUMPY"u8, 1, 0, 5], "truncated in its header" },
        { [0x93, .. "NUMPY"u8, 1, 0, 200, 0, .. "{'descr'"u8], "truncated in its header; expected 200 bytes" },
        { [0x93, .. "NUMPY"u8, 2, 0, 255, 255, 255, 255], "a header of 4294967295 bytes; expected at most" },
        { Npy("|O", "(1,)", [1]), "Python objects" },
        { Npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", [1]), "a structured dtype; expected plain numbers" },
        { Npy("<c16", "(1,)", new byte[16]), "dtype '<c16'; expected float64" },
        { Npy("<f2", "(1,)", new byte[2]), "dtype '<f2'" },
        { Npy("<U3", "(1,)", new byte[12]), "dtype '<U3'" },
        { Npy("<M8[s]", "(1,)", new byte[8]), "dtype '<M8[s]'" },
        { Npy("|f8", "(1,)", new byte[8]), "dtype '|f8'" },
        { Npy("<<f8", "(1,)", new byte[8]), "dtype '<<f8'" },
        { Npy("", "(1,)", new byte[8]), "dtype ''" },
        { Npy("<f\n8", "(1,)", new byte[8]), "dtype '<f\\u000a8'" },
        { Npy("<f8", "(-1,)", new byte[8]), "length -1 in its shape; expected 0 to" },
        { Npy("<f8", "(1152921504606846976,)", new byte[8]), "length 1152921504606846976 in its shape" },
        { Npy("<f8", "(99999999999999999999999999,)", new byte[8]), "length 99999999999999999999999999 in its shape" },
        { Npy("<f8", "(65536, 65536)", new byte[8]), "shape (65536, 65536); expected at most" },
        { Npy("<f8", "(2147483591, 2147483591, 2147483591, 2147483591)", new byte[8]), "expected at most" },
        { Npy("<f8", $"({string.Concat(Enumerable.Repeat("1, ", 65))})", new byte[8]), "more than 64 axes" },
        { Npy("<f8", "(3)", new byte[24]), "malformed header: shape (3); expected a tuple, (3,)" },
        { Npy("<f8", "(3 4)", new byte[96]), "malformed header: no comma" },
        { Npy("<f8", "(3.0,)", new byte[24]), "malformed header" },
        { Npy("<f8", "(,)", new byte[24]), "malformed header" },
        { Npy("<f8", "[3]", new byte[24]), "malformed header" },
        { Npy("{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}", new byte[8]), "malformed header: fortran_order; expected True or "
            + "False" },
        { Npy("{'descr': '<f8', 'fortran_order': False}", new byte[8]), "malformed header: a key is missing" },
        { Npy("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", new byte[8]), "malformed header: key 'descr'" },
        { Npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'evil': 1}", new byte[8]), "malformed header: key 'evil'" },
        { Npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} or 1", new byte[8]), "malformed header: text after the dictionary" },
        { Npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,", new byte[8]), "malformed header" },
        { Npy("{'descr': '<f8", new byte[8]), "malformed header" },
        { Npy("", new byte[8]), "malformed header" },
        { Npy("<f8", "(3,)", new byte[23]), "truncated after 2 elements; expected 3, shape (3,)" },
        { Npy("<f8", "(3,)", new byte[25]), "more data than its header says; expected 3 elements of 8 bytes" },
        { Npy("<f8", "(0,)", new byte[1]), "more data than its header says" },
        { Npy("<f8", "()", []), "truncated after 0 elements" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void RefusesMalformedArrays(byte[] npy, string expected)
    {
        using HandmadeNpz file = new(("v.npy", npy));
        Assert.Contains(expected, Refusal(file.Path, reader => reader.ReadDoubles("v"), "v"));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e300)]
    [InlineData(9223372036854775808.0)]
    public void RefusesInexactIntegers(double value)
    {
        using HandmadeNpz file = new(("v.npy", Npy("<f8", "(2, 2)", Bytes([1, 2, value, 4]), fortranOrder: true)));
        Assert.EndsWith($"v[0, 1] = {value}; expected a 32-bit integer", Refusal(file.Path, reader => reader.ReadInt32("v"), "v"));
        Assert.EndsWith($"v[0, 1] = {value}; expected a 64-bit integer", Refusal(file.Path, reader => reader.ReadInt64("v"), "v"));
    }

    [Fact]
    public void RefusesIntegersOutOfRange()
    {
        using HandmadeNpz file = new(
            ("wide.npy", Npy("<i8", "(2,)", Bytes<long>([1, 1L << 31]))),
            ("unsigned.npy", Npy("<u8", "()", Bytes([ulong.MaxValue]))),
            ("fine.npy", Npy("<i8", "(2,)", Bytes<long>([1, long.MaxValue]))));
        Assert.EndsWith("wide[1] = 2147483648; expected a 32-bit integer", Refusal(file.Path, reader => reader.ReadInt32("wide"), "wide"));
        Assert.EndsWith(
            "unsigned = 18446744073709551615; expected a 64-bit integer",
            Refusal(file.Path, reader => reader.ReadInt64("unsigned"), "unsigned"));
        Assert.EndsWith(
            "fine[1] = 9223372036854775807; expected a number that float64 holds exactly",
            Refusal(file.Path, reader => reader.ReadDoubles("fine"), "fine"));
    }

    [Fact]
    public void RefusesMissingArraysAndShapedScalars()
    {
        using HandmadeNpz file = new(("v.npy", Npy("<f8", "(1,)", new byte[8])));
        Assert.EndsWith(
            "gamma: no such array; expected it in the file, which has v",
            Refusal(file.Path, reader => reader.ReadScalar("gamma"), "gamma"));
        Assert.EndsWith("v: shape (1,); expected a scalar, ()", Refusal(file.Path, reader => reader.ReadScalar("v"), "v"));
    }

    [Fact]
    public void RefusesDuplicateNames()
    {
        byte[] scalar = Npy("<f8", "()", new byte[8]);
        using HandmadeNpz file = new(("v\n.npy", scalar), ("v\n.npy", scalar));
        Assert.EndsWith("v\\u000a: appears more than once; expected one array of each name", Refusal(file.Path, _ => { }, "v\\u000a"));
    }

    [Fact]
    public void RefusesWhatIsNoFileOrNoZip()
    {
        using HandmadeNpz file = new();
        Assert.Contains("cannot be opened", Refusal(file.Path + ".absent", _ => { }));
        Assert.Contains("cannot be opened", Refusal(Path.GetDirectoryName(file.Path)!, _ => { }));
        File.WriteAllText(file.Path, "not a zip");
        Assert.Contains("not a zip archive", Refusal(file.Path, _ => { }));
        File.WriteAllBytes(file.Path, []);
        Assert.Contains("not a zip archive", Refusal(file.Path, _ => { }));
    }

    [Fact]
    public void RefusesArraysBeyondTheMemoryLimit()
    {
        using HandmadeNpz file = new(("a.npy", Npy("<f4", "(100,)", new byte[400])), ("b.npy", Npy("|b1", "(100,)", new byte[100])));
        using NpzReader reader = NpzReader.Open(file.Path, memoryLimit: 1500);
        Assert.Equal(100, reader.ReadDoubles("a").Data.Length);
        string message = Assert.Throws<InvalidInputException>(() => reader.ReadDoubles("b")).Message;
        Assert.EndsWith("b: shape (100,) takes 800 bytes of memory; expected at most 700", message);
        Assert.Equal(100, reader.ReadInt32("b").Data.Length);
    }

    [Fact]
    public void TakesMemoryOnlyForBytesDelivered()
    {
        using HandmadeNpz file = new(("v.npy", Npy("<f8", "(1000000000,)", new byte[1000])));
        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = Refusal(file.Path, reader => reader.ReadDoubles("v"), "v", memoryLimit: long.MaxValue);
        Assert.Contains("truncated after 125 elements; expected 1000000000", message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void StopsInZipBombs()
    {
        byte[] zeros = new byte[50_000_000];
        using HandmadeNpz file = new(
            ("v.npy", [.. Npy("<f8", "(3,)", []), .. zeros]), ("header.npy", [0x93, .. "NUMPY"u8, 2, 0, 255, 255, 0, 0, .. zeros]));
        Assert.True(new FileInfo(file.Path).Length < 1_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("more data than its header says", Refusal(file.Path, reader => reader.ReadDoubles("v"), "v"));
        Assert.Contains("malformed header", Refusal(file.Path, reader => reader.ReadDoubles("header"), "header"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void RefusesCorruptData()
    {
        using HandmadeNpz file = new();
        using (NpzWriter writer = NpzWriter.Create(file.Path))
        {
            writer.Write("v", [1.0, 2, 3], 3);
            writer.Commit();
        }

        byte[] bytes = File.ReadAllBytes(file.Path);
        int at = bytes.AsSpan().IndexOf(Bytes([2.0]));
        Assert.True(at > 0);
        bytes[at] ^= 1;
        File.WriteAllBytes(file.Path, bytes);
        string message = Refusal(file.Path, reader => reader.ReadDoubles("v"), "v");
        Assert.Contains("expected an intact file", message);
    }

    [Fact]
    public void RefusesTruncationEverywhere()
    {
        using HandmadeNpz file = new(
            ("a.npy", Npy("<f8", "(4,)", Bytes([1.0, 2, 3, 4]))), ("b.npy", Npy("<i4", "(2,)", Bytes<int>([5, 6]))));
        byte[] whole = File.ReadAllBytes(file.Path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(file.Path, whole[..length]);
            Refusal(file.Path, ReadAll);
        }
    }

    [Fact]
    public void RefusesTruncatedArraysEverywhere()
    {
        byte[] whole = Npy("<f8", "(4,)", Bytes([1.0, 2, 3, 4]));
        for (int length = 0; length < whole.Length; length++)
        {
            using HandmadeNpz file = new(("a.npy", whole[..length]));
            Refusal(file.Path, ReadAll, "a");
        }
    }

    [Theory]
    [InlineData("random-30x4.npz")]
    [InlineData("discrete-toy-R1.answer.npz")]
    public void AnyDamageIsReadOrRefusedAndNothingElse(string golden)
    {
        using HandmadeNpz file = new();
        byte[] whole = File.ReadAllBytes(Path.Combine("golden", golden));
        Random random = new(1);
        for (int trial = 0; trial < 400; trial++)
        {
            byte[] damaged = [.. whole];
            for (int k = random.Next(1, 4); k > 0; k--)
            {
                // The directory of the archive is at its end.
                int at = trial % 2 == 0 ? random.Next(whole.Length) : whole.Length - 1 - random.Next(Math.Min(900, whole.Length));
                damaged[at] = random.Next(3) == 0 ? (byte)255 : (byte)random.Next(256);
            }

            File.WriteAllBytes(file.Path, damaged);
            try
            {
                using NpzReader reader = NpzReader.Open(file.Path);
                ReadAll(reader);
            }
            catch (InvalidInputException e)
            {
                Assert.DoesNotContain('\n', e.Message);
            }
        }
    }

    private static void ReadAll(NpzReader reader)
    {
        foreach (string name in reader.Names) reader.ReadDoubles(name);
    }

    private static string Refusal(string path, Action<NpzReader> read, string array = "", long? memoryLimit = null)
    {
        string message = Assert.Throws<InvalidInputException>(() =>
        {
            using NpzReader reader = NpzReader.Open(path, memoryLimit);
            read(reader);
        }).Message;
        Assert.StartsWith(path + ": " + array, message);
        Assert.Contains("expected", message);
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
