namespace FastHyper.Outside;

/// <summary>Every block of C# in the recipes is the text of a file here, which is compiled, and run by other tests.</summary>
public class RecipeTests
{
    private const string Fence = "```csharp\n";

    [Theory]
    [InlineData("README.md", 1)]
    [InlineData("src/README.md", 4)]
    [InlineData("docs/continuous-states.md", 1)]
    public void WhatIsShownIsWhatRuns(string file, int least)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "FastHyper.sln"))) root = Path.GetDirectoryName(root)!;
        string[] files = [.. Directory.GetFiles(Path.Combine(root, "tests", "FastHyper.Outside"), "*.cs").Select(Read)];
        string[] sources = [.. files, .. files.Select(text => text.Replace("\n        ", "\n", StringComparison.Ordinal))];
        string[] blocks =
            [.. Read(Path.Combine(root, file)).Split(Fence).Skip(1).Select(text => text[..text.IndexOf("```", StringComparison.Ordinal)])];
        // The README's first block is the leader's loop, which a test of its own runs.
        string[] own = file == "README.md" ? blocks[1..] : blocks;
        Assert.True(own.Length >= least, $"{own.Length} blocks");
        foreach (string block in own) Assert.True(sources.Any(source => source.Contains(block, StringComparison.Ordinal)), block);
    }

    private static string Read(string path) => File.ReadAllText(path).ReplaceLineEndings("\n");
}
