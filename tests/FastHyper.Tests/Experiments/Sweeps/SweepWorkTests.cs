using FastHyper.Experiments;
using FastHyper.Experiments.Sweeps;

namespace FastHyper.Tests.Experiments.Sweeps;

public sealed class SweepWorkTests : IDisposable
{
    private const string Small = """
        base: four-rooms
        set: {iterations: 6, record_every: 2, estimator.steps: 40}

        """;

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Cells that are lanes of one run have the bits that they have alone, and in packs of any size.</summary>
    [Theory]
    [InlineData("seeds: 1", "exact")]
    [InlineData("seeds: 1", "bc-hg")]
    [InlineData("seeds: 3", "hpgd")]
    [InlineData("seeds: 1", "m-sobirl")]
    public void PackedCellsHaveTheBitsOfThoseAlone(string seeds, string estimator)
    {
        string yaml = $"""
            base: four-rooms
            set: [SET]
            axes:
              - grid: [GRID]
            replicates: 2
            """.Replace("[SET]", $"{{iterations: 4, record_every: 1, {seeds}, estimator.name: {estimator}}}", StringComparison.Ordinal)
            .Replace(
                "[GRID]", "{leader.learning_rate: [0.05, 0.1, 'geometric(0.2, 0.02, 4)'], training_temperature: [0.01, 0.02, 0.05]}",
                StringComparison.Ordinal);
        Sweep packed = Load(yaml), some = Load(yaml, 7), alone = Load(yaml, 1);
        Assert.Equal((18, 18), (packed.Cells.Count, alone.Units.Count));
        Assert.True(packed.Units.Count < some.Units.Count && some.Units.Count < 18);
        Dictionary<string, string> expected = Rows(alone, "alone");
        Assert.Equal(18, expected.Values.Distinct().Count());
        Assert.Equal(expected, Rows(packed, "packed"));
        Assert.Equal(expected, Rows(some, "some"));
    }

    [Fact]
    public void ShardsInAnyNumberOfProcessesLeaveTheBytesOfOne()
    {
        string yaml = Small + "axes: [{grid: {four_rooms.beta: [1, 2, 3, 4], leader.learning_rate: [0.1, 0.2]}}]\nreplicates: 2\n";
        Sweep sweep = Load(yaml);
        Assert.All(Execute(sweep, "one", Shard.Whole), result => Assert.Equal(SweepOutcome.Done, result.Outcome));
        for (int i = 3; i >= 1; i--) Execute(sweep, "shards", new Shard(i, 3), workers: 2);
        foreach (string folder in (string[])["one", "shards"]) Collect(folder);
        foreach (string file in (string[])[
            "cells.csv", "cells.parquet", "leaders.csv", "leaders.parquet", "best.csv", "report.html", "sweep.json"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder["one"], file)), File.ReadAllBytes(Path.Combine(_folder["shards"], file)));
    }

    [Fact]
    public void AFailedRunIsToldOfAndTheOthersGoOn()
    {
        Sweep sweep = Load(Small + "axes: [{grid: {four_rooms.beta: [1, 2, 3]}}]\n");
        SweepUnit broken = sweep.Units[1];
        string file = Path.Combine(_folder["out"], "runs", broken.Id);
        SweepWork work = new(sweep, _folder["out"]);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "in the way");
        IReadOnlyList<SweepResult> results = work.Execute(Shard.Whole, 1, null, CancellationToken.None);
        Assert.Equal([SweepOutcome.Done, SweepOutcome.Failed, SweepOutcome.Done], results.Select(result => result.Outcome));
        Assert.Contains("expected a new or empty folder", results[1].Message, StringComparison.Ordinal);
        CollectedCell cell = CollectedCell.ReadAll(_folder["out"])[1];
        Assert.Equal((CellState.Failed, results[1].Message), (cell.State, cell.Message));

        // What failed is tried again, and forgotten once it is done.
        File.Delete(file);
        Assert.All(Execute(sweep, "out", Shard.Whole), result => Assert.Equal(SweepOutcome.Done, result.Outcome));
        Assert.All(CollectedCell.ReadAll(_folder["out"]), collected => Assert.Equal(CellState.Done, collected.State));
    }

    [Fact]
    public void WhatIsStoppedGoesOnToTheSameBits()
    {
        Sweep sweep = Load(Small + "axes: [{grid: {four_rooms.beta: [1, 2, 3]}}]\n");
        Dictionary<string, string> expected = Rows(sweep, "whole");
        using CancellationTokenSource stop = new();
        SweepWork work = new(sweep, _folder["stopped"]);
        IReadOnlyList<SweepResult> first = work.Execute(Shard.Whole, 1, new OnResult(_ => stop.Cancel()), stop.Token);
        Assert.Equal([SweepOutcome.Done, SweepOutcome.Stopped, SweepOutcome.Stopped], first.Select(result => result.Outcome));
        Assert.Equal(
            [CellState.Done, CellState.Missing, CellState.Missing], CollectedCell.ReadAll(_folder["stopped"]).Select(c => c.State));
        Assert.Equal(expected, Rows(sweep, "stopped"));
    }

    [Fact]
    public void ARunThatAnotherHasIsLeftToIt()
    {
        Sweep sweep = Load(Small + "axes: [{grid: {four_rooms.beta: [1, 2]}}]\n");
        using Run other = Run.Begin(sweep.Units[0].Config, Path.Combine(_folder["out"], "runs", sweep.Units[0].Id));
        Assert.Equal([SweepOutcome.Elsewhere, SweepOutcome.Done], Execute(sweep, "out", Shard.Whole).Select(result => result.Outcome));
    }

    [Fact]
    public void AnotherSweepIsRefused()
    {
        _ = new SweepWork(Load(Small + "axes: [{grid: {four_rooms.beta: [1, 2]}}]\n"), _folder["out"]);
        Sweep other = Load(Small + "axes: [{grid: {four_rooms.beta: [1, 3]}}]\n");
        Assert.Contains(
            "is of another sweep", Assert.Throws<InvalidInputException>(() => new SweepWork(other, _folder["out"])).Message,
            StringComparison.Ordinal);
        Directory.CreateDirectory(_folder["mine"]);
        File.WriteAllText(Path.Combine(_folder["mine"], "notes.txt"), "mine");
        Assert.Contains(
            "holds something already", Assert.Throws<InvalidInputException>(() => new SweepWork(other, _folder["mine"])).Message,
            StringComparison.Ordinal);
    }

    /// <summary>The rows of metrics of each cell, by its id, without what says which lane it is and how long it took.</summary>
    private Dictionary<string, string> Rows(Sweep sweep, string folder)
    {
        Assert.All(Execute(sweep, folder, Shard.Whole), result => Assert.Equal(SweepOutcome.Done, result.Outcome));
        return sweep.Cells.ToDictionary(cell => cell.Id, cell =>
        {
            string metrics = Path.Combine(_folder[folder], "runs", cell.Unit, "metrics.csv");
            return string.Join('\n', MetricsFile.Read(metrics).Where(row => row.Setting == cell.Point)
                .Select(row => row with { Leader = 0, Setting = 0, Seconds = 0 }));
        });
    }

    private IReadOnlyList<SweepResult> Execute(Sweep sweep, string folder, Shard shard, int workers = 1) =>
        new SweepWork(sweep, _folder[folder]).Execute(shard, workers, null, CancellationToken.None);

    private void Collect(string folder)
    {
        IReadOnlyList<CollectedCell> cells = CollectedCell.ReadAll(_folder[folder]);
        SweepTables.Write(_folder[folder], cells, SweepChoice.Of(cells, ["four_rooms.beta"]));
    }

    private Sweep Load(string yaml, int? pack = null)
    {
        File.WriteAllText(_folder["sweep.yaml"], yaml);
        return Sweep.Load(_folder["sweep.yaml"], pack: pack);
    }

    private sealed class OnResult(Action<SweepResult> act) : IProgress<SweepResult>
    {
        public void Report(SweepResult value) => act(value);
    }
}
