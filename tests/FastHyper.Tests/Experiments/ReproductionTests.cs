using System.Globalization;
using System.Text;
using System.Xml.Linq;
using FastHyper.Experiments;
using FastHyper.Experiments.Reproductions;
using FastHyper.Tests.Backends.OpenCl;
using FastHyper.Tests.Experiments.Reports;
using FastHyper.Tests.Experiments.Runs;

namespace FastHyper.Tests.Experiments;

public sealed class ReproductionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fasthyper-").FullName;

    // Two cells of seconds' fractions.
    private static readonly Experiment s_experiment = new("small", "A small table",
    [
        new Cell(
            "BC-HG", "τ = 0.005", "1.35", "four-rooms",
            ["iterations=20", "record_every=5", "seeds=2", "grid.learning_rate=[0.1, 'geometric(0.3, 0.1, 20)']"]),
        new Cell(
            "naive, \"as is\"", "τ = 0.005", null, "four-rooms", ["iterations=20", "record_every=5", "seeds=2", "estimator.name=naive"]),
    ]);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void CellsAreTheRunsThatTheyName()
    {
        IReadOnlyList<CellResult> results = Execute("whole", s_experiment);
        Assert.Equal(2, results.Count);
        using Run run = Run.Begin(ConfigFile.Resolve("four-rooms", s_experiment.Cells[0].Overrides), Path.Combine(_folder, "alone"));
        RunSummary alone = run.Execute(null, CancellationToken.None);
        Assert.Equal(alone.Best.Objectives, results[0].Setting.Objectives);
        Assert.Equal(alone.Best.LearningRate, results[0].Setting.LearningRate);
        Assert.Equal(alone.Settings.Max(setting => setting.Mean), results[0].Setting.Mean);
        Assert.Equal(new long[] { 0, 5, 10, 15, 20 }, results[0].Curve.Select(point => point.Iteration));
        Assert.Equal(alone.Best.Objectives, results[0].Curve[^1].Objectives);
    }

    [Fact]
    public void AllAreThoseThatHaveTheEstimator()
    {
        Assert.Equal(ExperimentCatalogue.Names, ExperimentCatalogue.CreateAll(quick: true).Select(experiment => experiment.Name));
        IReadOnlyList<Experiment> some = ExperimentCatalogue.CreateAll(quick: true, "bi-ac");
        Assert.Equal(["discrete-toy"], some.Select(experiment => experiment.Name));
        Assert.Equal(["Bi-AC"], some[0].Cells.Select(cell => cell.Method).Distinct());
        Assert.Equal(
            "estimator: 'none' is in no cell of any experiment; expected one of their methods",
            Assert.Throws<InvalidInputException>(() => ExperimentCatalogue.CreateAll(quick: true, "none")).Message);
    }

    [Fact]
    public void WhatIsToldOfTheBackendIsToldOnce()
    {
        string[] shared = [
            "iterations=1", "seeds=1", $"backend=opencl:{OpenClRequired.Device().Index}", "follower.kind=best-response",
                "follower.method=gauss-seidel"];
        Experiment experiment = new(
            "told", "A table on a device",
            [new Cell("one", "f", null, "random-mdp", shared), new Cell("two", "f", null, "random-mdp", shared)]);
        List<string> told = [];
        Assert.Equal(
            2, new Reproduction(experiment, Path.Combine(_folder, "told"), [], told.Add).Execute(null, CancellationToken.None).Count);
        Assert.EndsWith("gauss-seidel is sweeps there", Assert.Single(told));
    }

    [Fact]
    public void TablesShowWhatIsDoneBesideWhatWasPublished()
    {
        CellResult result = Execute("tables", s_experiment)[0];
        string folder = Path.Combine(_folder, "tables");
        string ours = FormattableString.Invariant($"{result.Setting.Mean:F3} ± {result.Setting.StandardError:F3} (1.35)");
        Assert.Contains($"| BC-HG | {ours} |", File.ReadAllText(Path.Combine(folder, "table.md")));
        Assert.Contains($"<td>{ours}</td>", File.ReadAllText(Path.Combine(folder, "report.html")));
        string[] lines = File.ReadAllLines(Path.Combine(folder, "table.csv"));
        Assert.Equal(3, lines.Length);
        Assert.StartsWith($"BC-HG,τ = 0.005,1.35,{result.Setting.Mean:R},", lines[1]);
        Assert.StartsWith("\"naive, \"\"as is\"\"\",", lines[2]);
    }

    [Fact]
    public void RatesThatLoseSeedsAreNotChosenUnlessAllDo()
    {
        // Gradients are x: at 1e60 leaders diverge, and at 2 they stay where they are, with other signs.
        string[] shared = ["iterations=6", "record_every=2", "seeds=2", "leader.gradient_clip=null"];
        Experiment experiment = new("lossy", "A lossy table",
        [
            new Cell("some", "f", null, "random-mdp", [.. shared, "grid.learning_rate=[1e60, 2]"]),
            new Cell("all", "f", "1.0", "random-mdp", [.. shared, "grid.learning_rate=[1e60, 1e70]"]),
            new Cell("none", "f", null, "random-mdp", [.. shared, "grid.learning_rate=[0.1]"]),
        ]);
        IReadOnlyList<CellResult> results = Execute("lossy", experiment);
        Assert.Equal(["2", "1E+60", "0.1"], results.Select(r => r.Setting.LearningRate));
        Assert.Equal([1, 2, 0], results.Select(r => r.Diverging.Count));
        Assert.Equal([2, 0, 2], results.Select(r => r.Setting.Finished));
        string table = File.ReadAllText(Path.Combine(_folder, "lossy", "table.md"));
        Assert.Contains("at the best setting of those that lose the fewest seeds to divergence", table);
        Assert.Contains("\n| all | all diverged (1.0) |\n", table);
        Assert.Contains("\n| some | f | 1E+60 | 1 | 2 of 2, not chosen |\n", table);
        Assert.Contains(",NaN,NaN,2,0,1E+60,", File.ReadAllText(Path.Combine(_folder, "lossy", "table.csv")));
        XDocument page = XDocument.Parse(File.ReadAllText(Path.Combine(_folder, "lossy", "report.html")));
        Assert.Equal(2, page.Find("table").Length);

        // What nobody can go on with is done.
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(_folder, "lossy", "cells", "all-f", "checkpoint.npz"));
        Assert.Equal(3, Execute("lossy", experiment).Count);
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(_folder, "lossy", "cells", "all-f", "checkpoint.npz")));
    }

    [Fact]
    public void WhatIsStoppedGoesOnToTheSameBits()
    {
        using CancellationTokenSource stop = new();
        Assert.Empty(Execute("stopped", s_experiment, new Stopper(stop, iteration: 10), stop.Token));
        Assert.False(File.Exists(Path.Combine(_folder, "stopped", "table.md")));
        string cell = Path.Combine(_folder, "stopped", "cells", s_experiment.Cells[0].Folder);
        Assert.True(File.Exists(Path.Combine(cell, "checkpoint.npz")));

        // A cell whose process ended while it began has no checkpoint: it begins anew.
        Directory.CreateDirectory(Path.Combine(_folder, "stopped", "cells", s_experiment.Cells[1].Folder));
        IReadOnlyList<CellResult> resumed = Execute("stopped", s_experiment), whole = Execute("whole", s_experiment);
        for (int k = 0; k < 2; k++) Assert.Equal(whole[k].Setting.Objectives, resumed[k].Setting.Objectives);

        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(cell, "checkpoint.npz"));
        Assert.Equal(2, Execute("stopped", s_experiment).Count);
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(cell, "checkpoint.npz")));
    }

    /// <summary>One process at a time works in a folder, and one that is killed leaves it to the next.</summary>
    [Fact]
    public void AFolderHasOneWriter()
    {
        string folder = Path.Combine(_folder, "busy");
        string refusal = $"{folder}: another process works in it at the moment; expected a folder of its own, or one whose work has ended";
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "experiment.txt.tmp"), "sma");
        using (FolderLock held = FolderLock.TryTake(folder)!)
        {
            Assert.Equal(refusal, Assert.Throws<InvalidInputException>(() => new Reproduction(s_experiment, folder, [])).Message);
            Assert.Equal(refusal, Assert.Throws<InvalidInputException>(() => new ReproductionCollection(folder)).Message);
        }

        Reproduction reproduction = new(s_experiment, folder, []);
        using (FolderLock held = FolderLock.TryTake(folder)!)
            Assert.Equal(refusal, Assert.Throws<InvalidInputException>(() => reproduction.Execute(null, CancellationToken.None)).Message);
        Assert.Equal(2, reproduction.Execute(null, CancellationToken.None).Count);
    }

    /// <summary>What a cell came to is read from its folder, which must be as its run left it.</summary>
    [Fact]
    public void ACellThatWasDamagedOrEditedIsRefused()
    {
        Experiment experiment = s_experiment with { Cells = [s_experiment.Cells[1]] };
        IReadOnlyList<CellResult> whole = Execute("edited", experiment);
        string cell = Path.Combine(_folder, "edited", "cells", experiment.Cells[0].Folder);
        SortedDictionary<string, byte[]> files = SmallRun.Files(cell);
        string summary = Encoding.UTF8.GetString(files["summary.json"]);
        string objective = whole[0].Setting.Objectives[0].ToString("R", CultureInfo.InvariantCulture);
        (string Before, string After, string Expected)[] edits =
        [
            (objective, "0.75", "summary.json: objectives are not those of the last rows of metrics.csv; expected the same"),
            ("\"iterations\": 20", "\"iterations\": 10", "summary.json: iterations = 10; expected 20, as in checkpoint.npz"),
            ("\"learning_rate\": \"", "\"learning_rate\": \"2",
                "summary.json: learning rates are not those of config.yaml; expected the same"),
            ("\"settings\": [", "\"settings\": [], \"other\": [",
                "summary.json: no settings, or one without objectives; expected the summary of a run"),
            ("\"completed\": true", "\"completed\": tru", "expected the summary of a run"),
        ];
        foreach ((string before, string after, string expected) in edits)
        {
            Assert.Contains(before, summary, StringComparison.Ordinal);
            File.WriteAllText(Path.Combine(cell, "summary.json"), summary.Replace(before, after, StringComparison.Ordinal));
            string line = Assert.Throws<InvalidInputException>(() => Execute("edited", experiment)).Message;
            Assert.Contains(expected, line, StringComparison.Ordinal);
            Assert.Single(line.Split('\n'));
        }

        // One that says that it is not done is gone on with, and written anew.
        string open = summary.Replace("\"completed\": true", "\"completed\": false", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(cell, "summary.json"), open);
        Assert.Equal(whole[0].Setting.Objectives, Execute("edited", experiment)[0].Setting.Objectives);
        File.AppendAllText(Path.Combine(cell, "metrics.csv"), "beyond");
        Assert.Equal(
            whole[0].Curve.Select(point => point.Iteration), Execute("edited", experiment)[0].Curve.Select(point => point.Iteration));
        string metrics = File.ReadAllText(Path.Combine(cell, "metrics.csv"));
        File.WriteAllText(Path.Combine(cell, "metrics.csv"), metrics.Replace("\n5,1,0,2,", "\n5,1,0,3,", StringComparison.Ordinal));
        string refused = Assert.Throws<InvalidInputException>(() => Execute("edited", experiment)).Message;
        Assert.Contains("is of iteration 5, seed 3; expected 5, 2", refused, StringComparison.Ordinal);
    }

    /// <summary>Whatever befalls a cell's files: it is refused in a line, or comes to what it had come to.</summary>
    [Theory]
    [InlineData("summary.json", 1)]
    [InlineData("metrics.csv", 2)]
    [InlineData("checkpoint.npz", 3)]
    public void ACellWithAnyDamage(string name, int seed)
    {
        Experiment experiment = new(
            "tiny", "A tiny table", [new Cell("bc-hg", "f", null, "random", ["iterations=4", .. SmallRun.Settings])]);
        CellResult whole = Assert.Single(Execute("damaged", experiment));
        string cell = Path.Combine(_folder, "damaged", "cells", experiment.Cells[0].Folder);
        SortedDictionary<string, byte[]> files = SmallRun.Files(cell);
        int refused = 0;
        for (int trial = 0; trial < 32; trial++)
        {
            SmallRun.Put(cell, files);
            File.WriteAllBytes(Path.Combine(cell, name), Damages.Of(files[name], new Random((1000 * seed) + trial), trial));
            try
            {
                CellResult again = Assert.Single(Execute("damaged", experiment));
                Assert.Equal(whole.Setting.Objectives, again.Setting.Objectives);
                Assert.Equal(whole.Curve.SelectMany(point => point.Objectives), again.Curve.SelectMany(point => point.Objectives));
            }
            catch (InvalidInputException e)
            {
                Assert.Single(e.Message.Split('\n', '\r'));
                refused++;
            }
        }

        Assert.InRange(refused, 8, 31);
    }

    [Fact]
    public void ACollectionShowsEveryTableAndLeadsToItsPage()
    {
        string folder = Path.Combine(_folder, "all");
        using ReproductionCollection collection = new(folder);
        List<string> tables = [];
        foreach ((string name, int cell) in ((string, int)[])[("first", 0), ("second", 1)])
        {
            Experiment experiment = s_experiment with { Name = name, Title = $"The {name} table", Cells = [s_experiment.Cells[cell]] };
            collection.Add(experiment, Execute(Path.Combine("all", name), experiment));
            tables.Add(File.ReadAllLines(Path.Combine(folder, name, "table.md"))[^1]);
        }

        string text = File.ReadAllText(Path.Combine(folder, "table.md"));
        Assert.All(tables, row => Assert.Contains(row, text, StringComparison.Ordinal));
        Assert.Contains("## The second table", text, StringComparison.Ordinal);
        XDocument page = XDocument.Parse(File.ReadAllText(Path.Combine(folder, "report.html")));
        string[] targets = [.. page.Find("a").Select(link => link.Attribute("href")!.Value)];
        Assert.Equal(["first/report.html", "second/report.html"], targets);
        Assert.All(targets, target => Assert.True(File.Exists(Path.Combine(folder, target))));
        Assert.Equal(2, page.Find("table").Length);
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => new ReproductionCollection(Path.Combine(folder, "first")));
        Assert.Equal($"{Path.Combine(folder, "first")}: holds one experiment; expected a new folder, or that of all", error.Message);
    }

    [Fact]
    public void TheTimeLeftCountsWhatCellsTake()
    {
        // A third of a cell of 30 units done in 10 s, 20 s to go in it, and 60 units after it: 20 s + 60 s.
        TimeSpan ten = TimeSpan.FromSeconds(10);
        Assert.Equal(TimeSpan.FromSeconds(80), WorkClock.Remaining(ten, 10, TimeSpan.FromSeconds(20), 60));
        Assert.Null(WorkClock.Remaining(TimeSpan.FromSeconds(0.5), 10, ten, 60));
        Assert.Null(WorkClock.Remaining(ten, 0, ten, 60));

        double Work(params string[] overrides) =>
            CellWork.Of(ConfigFile.Resolve("four-rooms", ["iterations=100", "seeds=2", .. overrides]));
        double one = Work("estimator.steps=850");
        Assert.Equal(200 * 1000, one);
        Assert.Equal(3 * one, Work("estimator.steps=850", "iterations=300"), 1e-6);
        Assert.Equal(6 * one, Work("estimator.steps=850", "seeds=6", "grid.learning_rate=[0.1, 0.2]"), 1e-6);
        Assert.Equal(11 * one, Work("estimator.steps=850", "estimator.name=hpgd-oracle", "estimator.restart_steps=10000"), 1e-6);
        Assert.True(Work("estimator.name=amd") > 20 * one);
    }

    [Fact]
    public void AFolderOfSomethingElseIsRefused()
    {
        string folder = Path.Combine(_folder, "other");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "thesis.tex"), "");
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => new Reproduction(s_experiment, folder, []));
        Assert.Equal($"{folder}: holds something already; expected a new or empty folder, or that of small to go on with", error.Message);
        Execute("small", s_experiment with { Cells = [s_experiment.Cells[1]] });
        error = Assert.Throws<InvalidInputException>(() => new Reproduction(s_experiment, Path.Combine(_folder, "small"), []));
        Assert.Contains("is of another experiment than small as it is now", error.Message);
    }

    [Fact]
    public void EveryCellOfTheCatalogueIsARunThatCanBegin()
    {
        foreach (string name in ExperimentCatalogue.Names)
        {
            foreach (bool quick in (bool[])[false, true])
            {
                Experiment experiment = ExperimentCatalogue.Create(name, quick);
                Assert.Equal(experiment.Cells.Count, experiment.Cells.Select(cell => cell.Folder).Distinct().Count());
                foreach (Cell cell in experiment.Cells)
                {
                    RunConfig config = ConfigFile.Resolve(cell.Run, cell.Overrides);
                    config.CreateProblem();
                    Assert.NotEmpty(config.Options.CreateLeaders());
                    Assert.NotNull(config.CreateEstimator());
                    Assert.Equal(0, config.Options.Iterations % config.Options.RecordEvery);
                }
            }
        }

        Assert.Throws<InvalidInputException>(() => ExperimentCatalogue.Create("five-rooms", quick: false));
        Assert.Throws<InvalidInputException>(() => ExperimentCatalogue.Create("four-rooms-bchg", quick: false, "guess"));
    }

    private IReadOnlyList<CellResult> Execute(
        string name, Experiment experiment, IProgress<ReproductionProgress>? progress = null, CancellationToken cancellation = default) =>
        new Reproduction(experiment, Path.Combine(_folder, name), []).Execute(progress, cancellation);

    private sealed class Stopper(CancellationTokenSource stop, long iteration) : IProgress<ReproductionProgress>
    {
        public void Report(ReproductionProgress value)
        {
            if (value.Run.Iteration >= iteration) stop.Cancel();
        }
    }
}
