namespace FastHyper.Cli;

/// <summary>The tool with FastHyper's own catalogue.</summary>
internal static class Program
{
    private static int Main(string[] args) => FastHyperTool.Main(args);
}
