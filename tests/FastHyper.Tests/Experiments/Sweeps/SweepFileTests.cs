using FastHyper.Experiments;
using FastHyper.Experiments.Sweeps;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Experiments.Sweeps;

public sealed class SweepFileTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AxesMultiplyInOrderAndTheLastRunsFastest()
    {
        Sweep sweep = Load("""
            base: random
            set: {seeds: 2, random.states: 5}
            axes:
              - grid: {leader.learning_rate: [0.1, 0.2], random.actions: [2, 3]}
              - zip: {iterations: [3, 4], record_every: [1, 2]}
              - list: [{estimator.name: exact}, {estimator: {name: bc-hg, steps: 100}}]
            """);
        Assert.Equal(16, sweep.Cells.Count);
        Assert.Equal(
            "leader.learning_rate=0.1, random.actions=2, iterations=3, record_every=1, estimator.name=exact", sweep.Cells[0].ToString());
        Assert.Equal(
            "leader.learning_rate=0.1, random.actions=2, iterations=3, record_every=1, estimator.name=bc-hg, estimator.steps=100",
            sweep.Cells[1].ToString());
        Assert.StartsWith("leader.learning_rate=0.2, random.actions=2, iterations=4", sweep.Cells[10].ToString(), StringComparison.Ordinal);
        Assert.Equal(16, sweep.Cells.Select(cell => cell.Id).Distinct().Count());
        // Two learning rates of each of the eight others are lanes of one run.
        Assert.Equal([2, 2, 2, 2, 2, 2, 2, 2], sweep.Units.Select(unit => unit.Cells.Count));
        Assert.All(sweep.Units, unit => Assert.Equal(4, unit.Config.Options.CreateLeaders().Count));
    }

    /// <summary>The sweep of the documentation is one.</summary>
    [Fact]
    public void TheDocumentedSweepIsRead()
    {
        string page = File.ReadAllText(Repository.Path("docs", "cluster.md"));
        const string fence = "```yaml\n";
        int begin = page.IndexOf(fence, StringComparison.Ordinal) + fence.Length;
        Sweep sweep = Load(page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)]);
        Assert.Equal(3 * 3 * 2 * 2 * 4 * 2, sweep.Cells.Count);
        Assert.All(OptionHelp.Of("", new SweepOptions()), help => Assert.Contains($"| `{help.Key}` |", page));
    }

    /// <summary>A cell's id is its configuration's: not the sweep's, its place in it, or how it is computed.</summary>
    [Fact]
    public void IdsAreOfTheConfigurationAlone()
    {
        string one = Load("base: random\nset: {seeds: 2, leader.learning_rate: 0.3}\n").Cells[0].Id;
        Assert.Equal(
            one, Load("base: random\nset: {seeds: 2, threads: 2}\naxes: [{grid: {leader.learning_rate: [0.1, 0.3]}}]\n").Cells[1].Id);
        Assert.NotEqual(one, Load("base: random\nset: {seeds: 3, leader.learning_rate: 0.3}\n").Cells[0].Id);
    }

    [Fact]
    public void RandomDrawsDependOnSeedAndKeyAlone()
    {
        string[] few = Drawn("leader.learning_rate: 'log-uniform(0.001, 1)'", 5, 1);
        Assert.Equal(few, Drawn("leader.learning_rate: 'log-uniform(0.001, 1)', random.actions: 'integer(2, 4)'", 40, 1)[..5]);
        Assert.NotEqual(few, Drawn("leader.learning_rate: 'log-uniform(0.001, 1)'", 5, 2));
        double[] many =
        [
            .. Drawn("leader.learning_rate: 'log-uniform(0.001, 1)'", 2000, 3)
                .Select(text => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture)),
        ];
        Assert.All(many, value => Assert.InRange(value, 0.001, 1));
        // Half of them are below the geometric mean: 1000 ± 22; a bound of 5 standard deviations fails once in 10⁶ seeds.
        Assert.InRange(many.Count(value => value < Math.Sqrt(0.001)), 890, 1110);
        Sweep whole = Load("base: random\naxes: [{random: {random.actions: 'integer(2, 4)'}, count: 300, seed: 4}]\n");
        // What is drawn twice is one cell.
        Assert.Equal(["2", "3", "4"], whole.Cells.Select(cell => cell.Settings[0].Value).Order());
    }

    [Fact]
    public void ReplicatesHaveSeedsOfTheirOwn()
    {
        Sweep sweep =
            Load("base: four-rooms\nset: {seeds: 3, seed: 5}\nreplicates: 4\naxes: [{grid: {leader.learning_rate: [0.1, 0.2]}}]\n");
        Assert.Equal(["5", "8", "11", "14", "5", "8", "11", "14"], sweep.Cells.Select(cell => cell.Settings[^1].Value));
        foreach (var same in sweep.Cells.GroupBy(cell => cell.Settings[0].Value))
        {
            ulong[] seeds =
                [.. same.SelectMany(cell => Enumerable.Range(0, 3).Select(i => ulong.Parse(cell.Settings[^1].Value, null) + (ulong)i))];
            Assert.Equal(12, seeds.Distinct().Count());
        }
    }

    [Fact]
    public void ADrawnProblemIsPackedWithItsOwnSeedAlone()
    {
        Assert.Equal(2, Load("base: random\nset: {seeds: 2}\naxes: [{grid: {seed: [1, 3]}}]\n").Units.Count);
        Assert.Single(Load("base: four-rooms\nset: {seeds: 2}\naxes: [{grid: {seed: [1, 3]}}]\n").Units);
    }

    [Theory]
    [InlineData("axes: []", "no base; expected a preset")]
    [InlineData("base: randon", "'randon' is no run, did you mean random?")]
    [InlineData("base: random\nreplicats: 2", "replicats: unknown key", ", did you mean replicates?")]
    [InlineData("base: random\nreplicates: 0", "replicates: value 0", "100000")]
    [InlineData("base: random\nset: {leader.learning_rat: 1}", "leader.learning_rat: unknown key", "did you mean learning_rate?")]
    [InlineData("base: random\nset: {estimator.critic.kind: lstd, estimator.name: exact}", "estimator.critic.kind: estimator.name = ")]
    [InlineData("base: random\naxes: {grid: {seeds: [1]}}", "axes: value a section", "expected a list of axes")]
    [InlineData("base: random\naxes: [{gird: {seeds: [1]}}]", "axes[0].gird: unknown key", "did you mean grid?")]
    [InlineData("base: random\naxes: [{grid: {seeds: 1}}]", "axes[0].grid.seeds: value 1", "expected a list of at least one value")]
    [InlineData("base: random\naxes: [{grid: {seeds: [1]}, count: 3}]", "axes[0].count: unknown key")]
    [InlineData("base: random\naxes: [{zip: {seeds: [1, 2], seed: [1]}}]", "axes[0].zip.seed: 1 values; expected 2, as seeds has")]
    [InlineData("base: random\naxes: [{random: {seeds: 'normal(1, 2)'}}]", "seeds: value \"normal(1, 2)\"", "expected uniform(a, b)")]
    [InlineData("base: random\naxes: [{random: {seeds: [1]}, count: 0}]", "count: value 0")]
    [InlineData("base: random\naxes: [{grid: {leader.learning_rate: [0.1, -1]}}]", "cell 1: leader.learning_rate: value -1")]
    [InlineData("base: random\naxes: [{grid: {speed: [1]}}]", "cell 0: speed: unknown key", "did you mean seed?")]
    [InlineData("base: random\naxes: [{grid: {seeds: [1]}}, {grid: {seeds: [2]}}]", "seeds: in two axes; expected one")]
    [InlineData(
        "base: random\naxes: [{grid: {seed: [1, 2]}}]", "cells 0 and 1: differ in nothing but seeds, 1 to 10 and 2 to 11, which overlap")]
    [InlineData("base: random\nreplicates: 100000\naxes: [{grid: {seeds: [1, 2]}}]", "axes: 200000 cells; expected at most 100000")]
    public void BadSweepsAreRefusedInALine(string yaml, params string[] expected)
    {
        string message = Assert.Throws<InvalidInputException>(() => Load(yaml)).Message;
        Assert.All(expected, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("2/6", 2, 6)]
    [InlineData("1/1", 1, 1)]
    public void AShardIsRead(string text, int index, int count) => Assert.Equal(new Shard(index, count), Shard.Parse(text));

    [Theory]
    [InlineData("0/6")]
    [InlineData("7/6")]
    [InlineData("1")]
    [InlineData("a/b")]
    [InlineData("1/2/3")]
    public void OtherShardsAreRefused(string text) => Assert.Throws<InvalidInputException>(() => Shard.Parse(text));

    [Theory]
    [InlineData("0", "0", "1", "6", 1)]
    [InlineData("5", "0", "1", "6", 6)]
    [InlineData("14", "10", "2", "4", 3)]
    public void ShardsAreThoseOfAnArrayJob(string id, string min, string step, string count, int index)
    {
        Dictionary<string, string> variables = new()
        {
            ["SLURM_ARRAY_TASK_ID"] = id,
            ["SLURM_ARRAY_TASK_MIN"] = min,
            ["SLURM_ARRAY_TASK_STEP"] = step,
            ["SLURM_ARRAY_TASK_COUNT"] = count,
        };
        Shard shard = Shard.OfEnvironment(variables.GetValueOrDefault);
        Assert.Equal((index, count), (shard.Index, $"{shard.Count}"));
        variables["SLURM_ARRAY_TASK_ID"] = "3000";
        Assert.Throws<InvalidInputException>(() => Shard.OfEnvironment(variables.GetValueOrDefault));
        Assert.Equal(Shard.Whole, Shard.OfEnvironment(_ => null));
    }

    [Fact]
    public void ShardsShareAllRunsOut()
    {
        for (int count = 1; count <= 7; count++)
            foreach (int number in Enumerable.Range(0, 20))
                Assert.Single(Enumerable.Range(1, count), index => new Shard(index, count).Has(number));
    }

    private string[] Drawn(string keys, int count, int seed) =>
    [
        .. Load($"base: random\naxes: [{{random: {{{keys}}}, count: {count}, seed: {seed}}}]\n").Cells
            .Select(cell => cell.Settings[0].Value),
    ];

    private Sweep Load(string yaml)
    {
        File.WriteAllText(_folder["sweep.yaml"], yaml);
        return Sweep.Load(_folder["sweep.yaml"]);
    }
}
