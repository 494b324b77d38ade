using FastHyper.Experiments;

namespace FastHyper.Tests.Experiments;

public sealed class MetricsFileTests : IDisposable
{
    private static readonly MetricsRow s_first = new(0, ulong.MaxValue, 0.1, 1.0 / 3, -1e-300, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, 1, 0);
    private static readonly MetricsRow s_second = new(10, 2, 5e-324, double.MaxValue, 0.1 + 0.2, 1, 2, 3, 4, 5e-9, 0, 1.125);
    private readonly ScratchFolder _folder = new();

    public MetricsFileTests()
    {
        MetricsFile.Create(Path);
        MetricsFile.Append(Path, [s_first]);
        MetricsFile.Append(Path, [s_second]);
    }

    private string Path => _folder["metrics.csv"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryBitSurvives() => Assert.Equal([s_first, s_second], MetricsFile.Read(Path));

    [Fact]
    public void TruncateKeepsTheIterationItNames()
    {
        MetricsFile.Truncate(Path, 10);
        Assert.Equal([s_first, s_second], MetricsFile.Read(Path));
        MetricsFile.Truncate(Path, 9);
        Assert.Equal([s_first], MetricsFile.Read(Path));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("10,3")]
    [InlineData("10,3,0.1,0.1,1,,,,,,")]
    public void TruncateDropsALineThatWasCutShort(string line)
    {
        File.AppendAllText(Path, line);
        MetricsFile.Truncate(Path, 10);
        Assert.Equal([s_first, s_second], MetricsFile.Read(Path));
        Assert.Single(_folder.Entries);
    }

    [Theory]
    [InlineData("20,3")]
    [InlineData("20,3,fast,0.1,1,,,,,,1,0")]
    [InlineData("-,3,1,0.1,1,,,,,,1,0")]
    public void ReadNamesTheLineThatIsNoRow(string line)
    {
        File.AppendAllText(Path, line);
        Assert.Contains("metrics.csv: line 4 is not a row of metrics", Assert.Throws<InvalidInputException>(() => MetricsFile.Read(Path)).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a,b\n1,2\n")]
    public void ReadRefusesAnotherHeader(string text)
    {
        File.WriteAllText(Path, text);
        Assert.Contains("line 1 is not the header", Assert.Throws<InvalidInputException>(() => MetricsFile.Read(Path)).Message);
    }
}
