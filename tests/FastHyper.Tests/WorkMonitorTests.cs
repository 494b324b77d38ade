using FastHyper.Tests.Support;

namespace FastHyper.Tests;

public class WorkMonitorTests
{
    /// <summary>Nothing in the first ten seconds of a piece of work, then a line every five.</summary>
    [Fact]
    public void WorkThatTakesLongIsTold()
    {
        ByHand clock = new();
        List<string> told = [];
        WorkMonitor monitor = new(CancellationToken.None, new Told(told.Add), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), clock);
        for (clock.Seconds = 0; clock.Seconds < 25; clock.Seconds++) monitor.Check("rows", clock.Seconds, 100);
        Assert.Equal(["rows: 10 of 100", "rows: 15 of 100", "rows: 20 of 100"], told);
        monitor.Begin();
        for (; clock.Seconds < 34; clock.Seconds++) monitor.Check("rows", clock.Seconds);
        Assert.Equal(3, told.Count);
        clock.Seconds = 35;
        monitor.Check("rows", 7);
        Assert.Equal("rows: 7", told[^1]);
    }

    [Fact]
    public void WorkThatShallStopDoes()
    {
        using CancellationTokenSource stop = new();
        WorkMonitor monitor = stop.Token;
        monitor.Check("rows", 1);
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => monitor.Check("rows", 2));
    }

    private sealed class ByHand : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
