namespace FastHyper.Outside;

/// <summary>Every block of C# in the recipes is the text of a file here, which is compiled, and run by other tests.</summary>
public class RecipeTests
{
    private const string Fence = "```csharp\n";

    [Theory]
    [InlineData("docs/continuous-states.md", 1)]
    [InlineData("docs/own-problem.md", 4)]
    [InlineData("docs/own-estimator.md", 1)]
    public void WhatIsShownIsWhatRuns(string file, int least)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "FastHyper.sln"))) root = Path.GetDirectoryName(root)!;
        string[] files = [.. Directory.GetFiles(Path.Combine(root, "tests", "FastHyper.Outside"), "*.cs").Select(Read)];
        string[] sources = [.. files, .. files.Select(text => text.Replace("\n        ", "\n", StringComparison.Ordinal))];
        string[] blocks =
            [.. Read(Path.Combine(root, file)).Split(Fence).Skip(1).Select(text => text[..text.IndexOf("```", StringComparison.Ordinal)])];
        Assert.True(blocks.Length >= least, $"{blocks.Length} blocks");
        foreach (string block in blocks) Assert.True(sources.Any(source => source.Contains(block, StringComparison.Ordinal)), block);
    }

    private static string Read(string path) => File.ReadAllText(path).ReplaceLineEndings("\n");
}
