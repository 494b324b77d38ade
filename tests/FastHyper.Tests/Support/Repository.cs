namespace FastHyper.Tests.Support;

/// <summary>The files of the repository that the tests were built in.</summary>
internal static class Repository
{
    /// <summary>The folder that the solution is in.</summary>
    public static string Root { get; } = Find();

    /// <summary>A path in it.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string Find()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(root, "FastHyper.sln"))) root = System.IO.Path.GetDirectoryName(root)!;
        return root;
    }
}
