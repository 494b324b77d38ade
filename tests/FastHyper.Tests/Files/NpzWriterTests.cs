using FastHyper.Files;

namespace FastHyper.Tests.Files;

public class NpzWriterTests
{
    [Fact]
    public void WhatIsWrittenIsRead()
    {
        using HandmadeNpz file = new();
        WriteAll(file.Path);
        using NpzReader reader = NpzReader.Open(file.Path);
        Assert.Equal(["f8", "f4", "i4", "i8", "empty", "large", "scalar", "count"], reader.Names);
        Assert.Equal([0.1, double.NaN, double.MaxValue, -0.0, 5, 6], reader.ReadDoubles("f8").Data);
        Assert.Equal([3, 2], reader.ReadDoubles("f8").Shape);
        Assert.Equal([0.5, 0.1f], reader.ReadDoubles("f4").Data);
        Assert.Equal(NpyType.Float32, reader.ReadHeader("f4").Type);
        Assert.Equal([int.MinValue, int.MaxValue], reader.ReadInt32("i4").Data);
        Assert.Equal([long.MinValue, long.MaxValue], reader.ReadInt64("i8").Data);
        Assert.Equal([2, 0], reader.ReadDoubles("empty").Shape);
        Assert.Equal(Enumerable.Range(0, 200_000), reader.ReadInt32("large").Data);
        Assert.Equal(2.5, reader.ReadScalar("scalar"));
        Assert.Equal([long.MaxValue], reader.ReadInt64("count").Data);
    }

    [Fact]
    public void TheSameArraysGiveTheSameBytes()
    {
        using HandmadeNpz first = new(), second = new();
        WriteAll(first.Path);
        WriteAll(second.Path);
        Assert.Equal(File.ReadAllBytes(first.Path), File.ReadAllBytes(second.Path));
    }

    [Fact]
    public void WithoutCommitNothingIsLeft()
    {
        using HandmadeNpz file = new();
        byte[] before = File.ReadAllBytes(file.Path);
        using (NpzWriter writer = NpzWriter.Create(file.Path))
        {
            writer.Write("a", [1.0], 1);
            Assert.Equal(2, file.FilesBeside.Length);
        }

        Assert.Equal([file.Path], file.FilesBeside);
        Assert.Equal(before, File.ReadAllBytes(file.Path));
    }

    [Fact]
    public void CommitReplacesAndLeavesNothingBeside()
    {
        using HandmadeNpz file = new();
        WriteAll(file.Path);
        Assert.Equal([file.Path], file.FilesBeside);
    }

    [Fact]
    public void RefusesPathsThatCannotBeWritten()
    {
        using HandmadeNpz file = new();
        foreach (string path in new[] { file.Path + "/below/a.npz", Path.GetDirectoryName(file.Path)!, "" })
            Assert.StartsWith($"{path}: cannot be written: ", Assert.Throws<InvalidInputException>(() => NpzWriter.Create(path)).Message);
        Assert.Single(file.FilesBeside);
    }

    [Fact]
    public void RefusesWrongArguments()
    {
        using HandmadeNpz file = new();
        using NpzWriter writer = NpzWriter.Create(file.Path);
        writer.Write("a", [1.0], 1);
        Assert.Throws<ArgumentException>(() => writer.Write("a", [1.0], 1));
        Assert.Throws<ArgumentException>(() => writer.Write("b", [1.0], 2));
        Assert.Throws<ArgumentException>(() => writer.Write("", [1.0], 1));
        Assert.Throws<ArgumentException>(() => writer.Write("../b", [1.0], 1));
        writer.Commit();
        Assert.Throws<InvalidOperationException>(() => writer.Write("c", [1.0], 1));
        Assert.Throws<InvalidOperationException>(writer.Commit);
    }

    private static void WriteAll(string path)
    {
        using NpzWriter writer = NpzWriter.Create(path);
        writer.Write("f8", [0.1, double.NaN, double.MaxValue, -0.0, 5, 6], 3, 2);
        writer.Write("f4", [0.5f, 0.1f], 2);
        writer.Write("i4", [int.MinValue, int.MaxValue], 2);
        writer.Write("i8", [long.MinValue, long.MaxValue], 2);
        writer.Write("empty", Array.Empty<double>(), 2, 0);
        writer.Write("large", Enumerable.Range(0, 200_000).ToArray(), 400, 500);
        writer.WriteScalar("scalar", 2.5);
        writer.WriteScalar("count", long.MaxValue);
        writer.Commit();
    }
}
