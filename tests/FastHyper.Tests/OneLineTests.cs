namespace FastHyper.Tests;

public class OneLineTests
{
    [Theory]
    [InlineData("plain, with π and 漢字 and \U0001F600", "plain, with π and 漢字 and \U0001F600")]
    [InlineData("two\nlines\r\n", "two\\u000alines\\u000d\\u000a")]
    [InlineData("\0\u001b[31m\u0085\u2028\u2029", "\\u0000\\u001b[31m\\u0085\\u2028\\u2029")]
    [InlineData("left\u202eright", "left\\u202eright")]
    public void WhatBreaksALineIsEscaped(string text, string expected)
    {
        Assert.Equal(expected, OneLine.Message(text));
        Assert.Equal(expected, OneLine.Value(text));
        Assert.Equal(expected, OneLine.Path(text));
        Assert.Equal(expected, new InvalidInputException(text).Message);
        Assert.Equal(expected, new InvalidInputException(text, new IOException()).Message);
    }

    [Fact]
    public void LongTextIsCut()
    {
        Assert.Equal(new string('x', 60), OneLine.Value(new string('x', 60)));
        Assert.Equal(new string('x', 60) + "…", OneLine.Value(new string('x', 61)));
        Assert.Equal(new string('x', 1000) + "…", OneLine.Message(new string('x', 100_000)));
        Assert.Equal(1001, new InvalidInputException(new string('x', 100_000)).Message.Length);
    }

    [Fact]
    public void NoCharacterIsCutInTwo()
    {
        string faces = string.Concat(Enumerable.Repeat("\U0001F600", 500));
        foreach (string text in (string[])[faces, "x" + faces])
            foreach (string line in (string[])[OneLine.Value(text), OneLine.Path(text), OneLine.Message(text)])
                Assert.DoesNotContain('\ufffd', line);
        Assert.Equal("x\ufffd", OneLine.Value("x\ud83d"));
    }

    [Fact]
    public void ALongPathKeepsItsEnd()
    {
        string folder = "/" + string.Join('/', Enumerable.Repeat("folder", 100));
        Assert.Equal(folder[..160], OneLine.Path(folder[..160]));
        string shown = OneLine.Path(folder + "/problem.npz");
        Assert.StartsWith("/folder/folder/", shown);
        Assert.EndsWith("/folder/problem.npz", shown);
        Assert.Equal(161, shown.Length);
    }

    [Fact]
    public void ACauseDoesNotRepeatThePath()
    {
        using Experiments.ScratchFolder folder = new();
        Assert.Equal("no such file", Cause(() => File.ReadAllText(folder["absent"])));
        Assert.Equal("no such folder", Cause(() => File.ReadAllText(Path.Combine(folder["absent"], "x"))));
        Assert.Equal("its path is too long", OneLine.Cause(new PathTooLongException(new string('x', 999))));
        Assert.Equal(new string('x', 160) + "…", OneLine.Cause(new IOException(new string('x', 999))));
    }

    [Fact]
    public void ManyNamesAreCounted()
    {
        Assert.Equal("a, b", OneLine.List(["a", "b"]));
        Assert.EndsWith(", n15 and 84 more", OneLine.List([.. Enumerable.Range(0, 100).Select(i => $"n{i}")]));
    }

    private static string Cause(Action act) => OneLine.Cause(Assert.ThrowsAny<IOException>(act));
}
