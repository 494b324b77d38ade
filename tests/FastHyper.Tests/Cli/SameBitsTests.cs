using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Cli;

public class SameBitsTests
{
    [Theory]
    [InlineData("four-rooms")]
    [InlineData("random")]
    [InlineData("random-mdp")]
    public void WhateverTheThreadsAndLanes(string problem)
    {
        string[] scalar = Rows(problem, "64", "1");
        Assert.Equal(10, scalar.Length);
        Assert.Equal(scalar, Rows(problem, "256", "2"));
        Assert.Equal(scalar, Rows(problem, "512", "2", "--json"));
    }

    /// <summary>Every column but the seconds.</summary>
    private static string[] Rows(string problem, string lanes, string threads, params string[] options)
    {
        using ScratchFolder folder = new();
        CliResult result = Cli.RunWithLanes(
            lanes, ["run", problem, "--iterations", "4", "--seeds", "3", "--threads", threads, "--set", "record_every=2", "--out",
                folder["out"], .. options]);
        Assert.Equal(0, result.ExitCode);
        return [.. File.ReadAllLines(Path.Combine(folder["out"], "metrics.csv")).Select(line => line[..line.LastIndexOf(',')])];
    }
}
