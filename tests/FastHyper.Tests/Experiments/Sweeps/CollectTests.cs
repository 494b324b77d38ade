using System.Globalization;
using FastHyper.Experiments.Sweeps;
using Parquet;
using Parquet.Schema;

namespace FastHyper.Tests.Experiments.Sweeps;

public sealed class CollectTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Of settings that are all noise the best of those that chose flatters itself; what is reported does not.</summary>
    [Fact]
    public void TheBestIsChosenOnSomeSeedsAndToldByOthers()
    {
        Random random = new(1);
        double chosen = 0, reported = 0;
        const int sweeps = 200, settings = 20, seeds = 8;
        for (int n = 0; n < sweeps; n++)
        {
            CollectedCell[] cells =
            [
                .. Enumerable.Range(0, settings)
                    .Select(i => Cell(i, [("rate", $"{i}")], [.. Enumerable.Range(0, seeds).Select(_ => Normal(random))])),
            ];
            SweepChoice choice = Assert.Single(SweepChoice.Of(cells, []));
            Assert.True(choice.IsHonest);
            Assert.Equal((settings, 4, 4), (choice.Among, choice.Choosing.Length, choice.Reporting.Length));
            Assert.Equal(choice.Best.Objectives[..4], choice.Choosing);
            Assert.Equal(choice.Best.Objectives[4..], choice.Reporting);
            chosen += choice.Choosing.Average() / sweeps;
            reported += choice.Mean / sweeps;
        }

        // The largest of 20 means of four is 1.87/2 on average; a reported mean has a standard error of 0.5/√200 = 0.035, of which 5 are
        // exceeded once in 10⁶ seeds.
        Assert.InRange(chosen, 0.8, 1.1);
        Assert.InRange(reported, -0.18, 0.18);
    }

    [Fact]
    public void GroupsHaveABestEachAndReplicatesAreOneSetting()
    {
        CollectedCell[] cells =
        [
            Cell(0, [("beta", "1"), ("rate", "1"), ("seed", "1")], [1, 2]),
            Cell(1, [("beta", "1"), ("rate", "1"), ("seed", "3")], [3, 4], 3),
            Cell(2, [("beta", "1"), ("rate", "2"), ("seed", "1")], [5, 6]),
            Cell(3, [("beta", "1"), ("rate", "2"), ("seed", "3")], [-7, -8], 3),
            Cell(4, [("beta", "2"), ("rate", "1"), ("seed", "1")], [9, 9]),
            Cell(5, [("beta", "2"), ("rate", "1"), ("seed", "3")], [1, 3], 3),
        ];
        IReadOnlyList<SweepChoice> choices = SweepChoice.Of(cells, ["beta"]);
        Assert.Equal(["beta=1, rate=2", "beta=2, rate=1"], choices.Select(choice => choice.Best.ToString()));
        Assert.Equal([-7.5, 5.5], choices.Select(choice => choice.Mean));
        Assert.Equal(4.5, SweepChoice.Of([cells[4], cells[5]], ["beta"], 1)[0].Best.Objectives[^1] + 1.5);
        Assert.Equal("beta=1, rate=1", SweepChoice.Of([.. cells[..4].Select(Small)], [])[0].Best.ToString());
        Assert.Equal(
            "--by: 'bet' is no key of an axis, did you mean beta?; expected beta or rate",
            Assert.Throws<InvalidInputException>(() => SweepChoice.Of(cells, ["bet"])).Message);
        Assert.Contains(
            "expected 1 to 3", Assert.Throws<InvalidInputException>(() => SweepChoice.Of(cells, [], 4)).Message, StringComparison.Ordinal);

        static CollectedCell Small(CollectedCell cell) => cell with { Minimized = true };
    }

    [Fact]
    public void ASettingThatLosesSeedsIsNotPreferred()
    {
        CollectedCell[] cells =
            [Cell(0, [("rate", "1")], [9, double.NaN, 9, 9]), Cell(1, [("rate", "2")], [1, 1, 1, 1]),
                Cell(2, [("rate", "3")], [5, 5, 5, double.NaN])];
        SweepChoice choice = SweepChoice.Of(cells, [])[0];
        Assert.Equal("rate=3", choice.Best.ToString());
        Assert.Equal((5, 1), (choice.Mean, choice.Reporting.Count(double.IsFinite)));
    }

    [Fact]
    public void OneSeedCannotChooseHonestlyAndSaysSo()
    {
        CollectedCell[] cells = [Cell(0, [("rate", "1")], [1]), Cell(1, [("rate", "2")], [2])];
        SweepChoice choice = SweepChoice.Of(cells, [])[0];
        Assert.False(choice.IsHonest);
        SweepTables.Write(_folder["out"], cells, [choice]);
        Assert.EndsWith(",false\n", File.ReadAllText(Path.Combine(_folder["out"], "best.csv")), StringComparison.Ordinal);
        Assert.Contains(
            "chosen on the same seeds", File.ReadAllText(Path.Combine(_folder["out"], "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void MissingCellsAreNamedInTableAndPage()
    {
        CollectedCell[] cells =
        [
            Cell(0, [("rate", "1")], [1, 2]), Gone(1, CellState.Failed, "no memory"), Gone(2, CellState.Missing, "not begun"),
            Gone(3, CellState.Unfinished, "at iteration 7"),
        ];
        SweepTables.Write(_folder["out"], cells, SweepChoice.Of(cells, []));
        string[] lines = File.ReadAllLines(Path.Combine(_folder["out"], "cells.csv"));
        Assert.Equal("cell,id,run,rate,state,message,seeds,finished,iterations,objective_mean,objective_standard_error", lines[0]);
        Assert.Equal("0,id0,run0,1,done,,2,2,10,1.5,0.5", lines[1]);
        Assert.Equal("1,id1,run1,9,failed,no memory,0,0,0,,", lines[2]);
        string page = File.ReadAllText(Path.Combine(_folder["out"], "report.html"));
        Assert.All((string[])["1 cell of 4 done", "failed: no memory", "at iteration 7", "not begun"], text => Assert.Contains(text, page));
    }

    [Fact]
    public void TheHeatMapHasTheBestOfEachPair()
    {
        CollectedCell[] cells =
        [
            .. from a in Enumerable.Range(0, 3)
               from b in Enumerable.Range(0, 2)
               from c in Enumerable.Range(0, 2)
               select Cell((a * 4) + (b * 2) + c, [("a", $"{10 - a}"), ("b", $"{b}"), ("c", $"{c}")], [100 + (10 * a) + b + (0.5 * c)]),
        ];
        SweepTables.Write(_folder["out"], cells, SweepChoice.Of(cells, []), ("a", "b"));
        string page = File.ReadAllText(Path.Combine(_folder["out"], "report.html"));
        // Rows of a ascend: 8, 9, 10; of c the better counts.
        int at = page.IndexOf("a \\ b", StringComparison.Ordinal);
        int eight = page.IndexOf(">8<", at, StringComparison.Ordinal), ten = page.IndexOf(">10<", at, StringComparison.Ordinal);
        Assert.True(at > 0 && eight > at && ten > eight);
        Assert.Contains("<td>120</td><td>122</td>", page, StringComparison.Ordinal);
        Assert.Contains("a (downwards) and b (rightwards)", page, StringComparison.Ordinal);
        Assert.Contains("--map: 'd'", Assert.Throws<InvalidInputException>(
            () => SweepTables.Write(_folder["out"], cells, [], ("a", "d"))).Message, StringComparison.Ordinal);
    }

    /// <summary>What is written is read back by a reader of others'.</summary>
    [Fact]
    public async Task ParquetFilesSayWhatTheTablesSay()
    {
        CollectedCell[] cells =
        [
            .. Enumerable.Range(0, 40).Select(i => Cell(
                i, [("rate", (0.1 * i).ToString("R", CultureInfo.InvariantCulture)), ("name", $"ä, \"{i}\"")],
                [i, -1.0 / (i + 1), double.NaN])),
        ];
        SweepTables.Write(_folder["out"], cells, []);
        Dictionary<string, Array> columns = [];
        await using (FileStream file = File.OpenRead(Path.Combine(_folder["out"], "leaders.parquet")))
        await using (ParquetReader reader = await ParquetReader.CreateAsync(file))
        {
            using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
            foreach (DataField field in reader.Schema.GetDataFields())
                columns.Add(field.Name, await Read(group, field));
        }

        Assert.Equal(["cell", "id", "rate", "name", "seed", "objective"], columns.Keys);
        Assert.Equal(Enumerable.Range(0, 120).Select(i => (long)(i / 3)), (long[])columns["cell"]);
        Assert.Equal(Enumerable.Range(0, 120).Select(i => $"ä, \"{i / 3}\""), (string[])columns["name"]);
        Assert.Equal(Enumerable.Range(0, 120).Select(i => 0.1 * (i / 3)), (double[])columns["rate"]);
        Assert.Equal(
            Enumerable.Range(0, 120).Select(i => (i % 3) switch { 0 => i / 3, 1 => -1.0 / ((i / 3) + 1), _ => double.NaN }),
            (double[])columns["objective"]);
    }

    private static async Task<Array> Read(ParquetRowGroupReader group, DataField field)
    {
        const int rows = 120;
        if (field.ClrType == typeof(long))
        {
            long[] whole = new long[rows];
            await group.ReadAsync<long>(field, whole.AsMemory());
            return whole;
        }

        if (field.ClrType == typeof(double))
        {
            double[] numbers = new double[rows];
            await group.ReadAsync<double>(field, numbers.AsMemory());
            return numbers;
        }

        string?[] texts = new string?[rows];
        await group.ReadAsync(field, texts.AsMemory());
        return texts;
    }

    private static CollectedCell Cell(int number, (string Key, string Value)[] settings, double[] objectives, int seed = 1) =>
        Gone(number, CellState.Done, "", settings) with
        {
            Seeds = [.. objectives.Select((_, i) => (ulong)(seed + i))],
            Objectives = objectives,
            Iterations = 10,
        };

    private static CollectedCell Gone(int number, CellState state, string message, (string Key, string Value)[]? settings = null) => new(
        new SweepCell(
            number, $"id{number}", "", [.. (settings ?? [("rate", "9")]).Select(one => KeyValuePair.Create(one.Key, one.Value))],
            $"run{number}", 0),
        state, message);

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
