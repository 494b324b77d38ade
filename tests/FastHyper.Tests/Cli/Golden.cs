using FastHyper.Files;

namespace FastHyper.Tests.Cli;

/// <summary>Arrays of checked answers against those of a file.</summary>
internal static class Golden
{
    public static string Problem(string name) => Path.Combine(AppContext.BaseDirectory, "golden", name + ".npz");

    public static NpyArray<double> Answer(string name, string array) => Read(Problem(name + ".answer"), array);

    public static NpyArray<double> Read(string path, string array)
    {
        using NpzReader reader = NpzReader.Open(path);
        return reader.ReadDoubles(array);
    }

    /// <summary>Equal shapes, and elements within a share of the largest.</summary>
    public static void AssertClose(NpyArray<double> expected, NpyArray<double> actual, double relative)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        double slack = relative * expected.Data.Max(Math.Abs);
        Assert.All(expected.Data.Zip(actual.Data), pair => Assert.InRange(pair.Second, pair.First - slack, pair.First + slack));
    }
}
