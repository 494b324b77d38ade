using FastHyper.Experiments;
using FastHyper.Files;

namespace FastHyper.Tests.Experiments;

public sealed class MetricsFileTests : IDisposable
{
    private static readonly MetricsRow s_first = new(
        0, 3, 1, ulong.MaxValue, 0.1, 1.0 / 3, 0, -1e-300, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN,
        double.NaN, double.NaN, double.NaN, 1, 0);
    private static readonly MetricsRow s_second = new(
        10, 0, 0, 2, 5e-324, double.MaxValue, long.MaxValue, 0.1 + 0.2, 1, 2.5, 2, 3, 4, 5e-9, double.PositiveInfinity, 6e-16, 7e-12, 0,
        1.125);
    private readonly ScratchFolder _folder = new();

    public MetricsFileTests()
    {
        using MetricsLog log = MetricsLog.Create(FileStore.Disk, Path);
        log.Append([s_first]);
        log.Append([s_second]);
    }

    private string Path => _folder["metrics.csv"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryBitSurvives() => Assert.Equal([s_first, s_second], MetricsFile.Read(Path));

    [Theory]
    [InlineData("20,3")]
    [InlineData("20,0,0,3,fast,0.1,0,1,,,,,,,,,,1,0")]
    [InlineData("-,0,0,3,1,0.1,0,1,,,,,,,,,,1,0")]
    [InlineData("-20,0,0,3,1,0.1,0,1,,,,,,,,,,1,0")]
    [InlineData(" 20,0,0,3,1,0.1,0,1,,,,,,,,,,1,0")]
    [InlineData("20,0,0,3,1,0.1,0,1,,,,,,,,,,1,0,7")]
    [InlineData("")]
    public void ReadNamesTheLineThatIsNoRow(string line)
    {
        File.AppendAllText(Path, line + "\n");
        Assert.Contains(
            "metrics.csv: line 4 is not a row of metrics", Assert.Throws<InvalidInputException>(() => MetricsFile.Read(Path)).Message);
    }

    [Fact]
    public void AMarkIsOfWhatIsThere()
    {
        byte[] bytes = File.ReadAllBytes(Path);
        using MetricsLog log = MetricsLog.Open(FileStore.Disk, Path, bytes);
        MetricsMark mark = log.Mark;
        Assert.Equal((bytes.Length, MetricsLog.Digest(bytes)), (mark.Length, mark.Digest));
        log.Append([s_first]);
        Assert.Equal([s_first, s_second], log.Read(mark));
        Assert.Equal([s_first, s_second, s_first], log.Read(log.Mark));

        // A log of less cuts off the rest, and whoever counts on that finds it gone.
        using MetricsLog shorter = MetricsLog.Open(FileStore.Disk, Path, bytes);
        shorter.Trim();
        Assert.Equal(bytes, File.ReadAllBytes(Path));
        string line = Assert.Throws<InvalidOperationException>(() => log.Read(log.Mark)).Message;
        Assert.Equal($"{Path}: has changed since this run wrote to it; expected no other program to write there", line);
        Assert.Throws<InvalidOperationException>(() => log.Append([s_first]));
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
