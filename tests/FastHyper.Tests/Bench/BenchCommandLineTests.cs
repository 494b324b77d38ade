using FastHyper.Bench;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Bench;

/// <summary>The command line of the benchmarks, and what reads their results back.</summary>
public class BenchCommandLineTests
{
    private static readonly BenchCommand[] s_commands =
    [
        new("table", [], ["--quick", "--json"]), new("solvers", ["[a|b|c]…"], ["--quick"]), new("digests", ["TOOL.dll", "GOLDEN"], []),
        new("compare", ["RESULT"], ["--against=", "--tolerance="]),
    ];

    [Theory]
    [InlineData("table: ; ")]
    [InlineData("table: ; --quick", "--quick")]
    [InlineData("table: ; --quick --json", "table", "--quick", "--json")]
    [InlineData("solvers: a b; --quick", "solvers", "a", "--quick", "b")]
    [InlineData("compare: r.txt; --tolerance=0.1", "compare", "--tolerance", "0.1", "r.txt")]
    public void WhatIsKnownIsRead(string expected, params string[] args)
    {
        BenchArguments given = BenchArguments.Parse(s_commands, args);
        string[] options = ["--quick", "--json", "--against", "--tolerance"];
        IEnumerable<string> found =
            options.Where(given.Has).Select(option => given.Of(option) is { Length: > 0 } value ? $"{option}={value}" : option);
        Assert.Equal(expected, $"{given.Command.Name}: {string.Join(' ', given.Values)}; {string.Join(' ', found)}");
    }

    [Theory]
    [InlineData("bench: 'solver', did you mean solvers?; expected table, solvers, digests or compare", "solver")]
    [InlineData("bench table: '--quik', did you mean --quick?; expected --quick or --json", "table", "--quik")]
    [InlineData("bench digests: '--quick'; expected no options", "digests", "a", "b", "--quick")]
    [InlineData("bench digests: 1 values; expected digests TOOL.dll GOLDEN", "digests", "a")]
    [InlineData("bench table: 1 values; expected table [--quick] [--json]", "table", "a")]
    [InlineData("bench compare: '--tolerance' without a value; expected one", "compare", "r", "--tolerance")]
    public void WhatIsUnknownIsRefused(string expected, params string[] args) =>
        Assert.Equal(expected, Assert.Throws<InvalidInputException>(() => BenchArguments.Parse(s_commands, args)).Message);

    /// <summary>All kept results read back as numbers, and each is the same as itself.</summary>
    [Fact]
    public void KeptResultsAreRead()
    {
        // That of the embedding is written in Python.
        string[] files =
            [.. Directory.GetFiles(Repository.Path("bench", "results"), "*-threads.txt").Where(file => !file.Contains("embedding"))];
        Assert.True(files.Length >= 6);
        foreach (string file in files)
        {
            List<ResultCell> cells = ResultText.Parse(File.ReadLines(file));
            Assert.True(cells.Count >= 10, $"{file}: {cells.Count}");
            Assert.Empty(ResultText.Compare(cells, cells, 1e-9));
        }
    }

    [Fact]
    public void WhatIsApartIsNamed()
    {
        const string header = "  precision  threads  sweep ms";
        string[] before = ["soft sweep, grid: 57.92 ms", header, "  float64          1      6.34", "  float64          2      3.60"];
        string[] after = ["soft sweep, grid: 60.01 ms", header, "  float64          1      6.50", "  float64          2      5.40"];
        List<ResultCell> was = ResultText.Parse(before), now = ResultText.Parse(after);
        Assert.Equal(4, was.Count);
        Assert.Equal(new ResultCell("soft sweep, grid", "1: float64", "sweep ms", 3.6), was[3]);
        Assert.Equal(
            "soft sweep, grid | 1: float64 | sweep ms: 5.4, was 3.6 (1.50 times)", Assert.Single(ResultText.Compare(now, was, 0.25)));
        Assert.Equal(2, ResultText.Compare(now[..2], was, 0.25).Count);
        Assert.Contains("not there before", ResultText.Compare(now, was[..2], 0.25)[0], StringComparison.Ordinal);
    }

    [Fact]
    public void JsonHasTheNumbers()
    {
        string text = ResultText.ToJson(["t", "  name  ms", "  a  1.5"], writer => writer.WriteString("command", "table"));
        using var json = System.Text.Json.JsonDocument.Parse(text);
        Assert.Equal("table", json.RootElement.GetProperty("command").GetString());
        Assert.Equal(1.5, json.RootElement.GetProperty("cells")[0].GetProperty("value").GetDouble());
    }
}
