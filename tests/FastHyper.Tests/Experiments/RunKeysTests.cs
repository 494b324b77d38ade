using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Experiments.Configuration;
using FastHyper.Experiments.Reproductions;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;

namespace FastHyper.Tests.Experiments;

/// <summary>A key that is given counts in the run, or is refused with the choice that would read it.</summary>
public class RunKeysTests
{
    public static TheoryData<string, string> Choices
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (string name in new Catalogue().Estimators.Names)
            {
                data.Add(name, "seed=1");
                foreach (string kind in Enum.GetNames<CriticKind>().Select(Names.Kebab)) data.Add(name, $"estimator.critic.kind={kind}");
            }

            data.Add("bc-hg", "estimator.follower_values=fitted");
            data.Add("m-sobirl", "estimator.adjoint.step=normal-equation");
            data.Add("zero-order", "estimator.zero_order.model=true");
            data.Add("zero-order", "estimator.zero_order.difference=one-point");
            data.Add("sobirl", "objective.kind=bradley-terry");
            data.Add("exact", "objective.kind=squared-norms");
            data.Add("exact", "leader.optimizer=adam");
            data.Add("exact", "follower.kind=sweeps");
            data.Add("exact", "follower.kind=q-learning");
            return data;
        }
    }

    public static TheoryData<string, bool> Cells
    {
        get
        {
            TheoryData<string, bool> data = [];
            foreach (string name in ExperimentCatalogue.Names) data.Add(name, true);
            foreach (string name in ExperimentCatalogue.Names) data.Add(name, false);
            return data;
        }
    }

    [Theory]
    [InlineData("exact", "linear_tolerance")]
    [InlineData("m-sobirl", "linear_tolerance", "adjoint.step", "adjoint.steps")]
    [InlineData("amd", "amd.sweeps", "amd.carry_over")]
    [InlineData("bc-hg", "steps", "streams", "episode_limit", "average_visits", "follower_values", "continuous.centred",
        "continuous.transitions", "critic.kind", "critic.step", "critic.passes")]
    [InlineData("bc-hg-vr", "steps", "streams", "episode_limit", "reuse", "clip", "critic.kind", "critic.step", "critic.passes")]
    [InlineData("hpgd", "steps", "streams", "episode_limit", "critic.kind", "critic.passes")]
    [InlineData("hpgd-sa", "steps", "streams", "episode_limit", "critic.kind", "critic.step", "critic.passes")]
    [InlineData("hpgd-oracle", "steps", "streams", "episode_limit", "restart_steps", "critic.kind", "critic.passes")]
    [InlineData("sobirl", "steps", "streams", "episode_limit", "undiscounted", "critic.kind", "critic.step", "critic.passes")]
    [InlineData(
        "zero-order", "steps", "streams", "episode_limit", "zero_order.model", "zero_order.difference", "zero_order.common_random_numbers",
            "zero_order.radius")]
    [InlineData("naive", "steps", "streams", "episode_limit", "critic.kind", "critic.step", "critic.passes")]
    [InlineData("bi-ac", "steps", "streams", "episode_limit", "critic.kind", "critic.step", "critic.passes")]
    public void WhatEachEstimatorReads(string name, params string[] keys) =>
        Assert.Equal(
            keys.Append("name").Order(),
            RunKeys.OfRun(ConfigFile.Resolve("random", [$"estimator.name={name}"])).Keys
                .Where(key => key.StartsWith("estimator.", StringComparison.Ordinal)).Select(key => key["estimator.".Length..]).Order());

    /// <summary>
    /// A key that is read changes what a run is made of; one that is not is none of the estimator's, or says with what it counts.
    /// </summary>
    [Theory, MemberData(nameof(Choices))]
    public void WhatIsReadIsWhatMatters(string name, string choice)
    {
        RunConfig config = ConfigFile.Resolve("random", [$"estimator.name={name}"]).With(choice);
        ReadKeys read = RunKeys.OfRun(config);
        HashSet<string> own =
            [.. config.Catalogue.Estimators.Find(name, config.CreateObjective()).Options.Select(option => $"estimator.{option.Key}")];
        string before = $"{config.CreateEstimator()}";
        int changed = 0;
        foreach ((string key, string other) in Others(config.Catalogue))
        {
            bool matters = $"{config.With($"{key}={other}").CreateEstimator()}" != before;
            if (matters != own.Contains(key) || (read.Contains(key) && !matters))
                Assert.Fail($"{key} with {name}, {choice}: read {read.Contains(key)}, matters {matters}");
            changed++;
        }

        Assert.True(changed > 20, $"{changed} keys");
    }

    /// <summary>Other values of the estimators' keys than the default, but for those that choose what else is read.</summary>
    private static IEnumerable<(string Key, string Value)> Others(Catalogue catalogue)
    {
        foreach (Option option in catalogue.Estimators.Entries.SelectMany(entry => entry.Options).DistinctBy(option => option.Key))
        {
            string? other = option.Type switch
            {
                { Form: OptionForm.Int } => "17",
                { Form: OptionForm.Number, Range: { Max: <= 1 } } => "0.123",
                { Form: OptionForm.Number } => "1.5",
                _ => null,
            };
            if (other is not null) yield return ($"estimator.{option.Key}", other);
        }
    }

    [Theory]
    [InlineData(
        "estimator.reuse: estimator.name = bc-hg-vr reads it, naive does not (override estimator.reuse=3)", "four-rooms",
            "estimator.name=naive", "estimator.reuse=3")]
    [InlineData("estimator.undiscounted: estimator.name = sobirl reads it, bc-hg does not", "four-rooms", "estimator.undiscounted=true")]
    [InlineData(
        "estimator.critic.trace_decay: estimator.critic.kind = td-lambda reads it, sarsa does not", "random",
            "estimator.critic.trace_decay=0.5")]
    [InlineData(
        "estimator.critic.trace_decay: estimator.name = bc-hg, bc-hg-vr, hpgd, hpgd-sa, hpgd-oracle, sobirl, naive, bi-ac or fitted reads "
            + "estimator.critic, exact does not", "random", "estimator.name=exact", "estimator.critic.trace_decay=0.5")]
    [InlineData(
        "estimator.follower_critic.step: estimator.follower_values = fitted reads it, known does not", "discrete-toy",
            "estimator.follower_critic.step=0.5")]
    [InlineData(
        "estimator.adjoint.step_size: estimator.adjoint.step = normal-equation reads it, krylov does not", "random-mdp",
            "estimator.adjoint.step=krylov", "estimator.adjoint.step_size=0.1")]
    [InlineData("estimator.streams: ", "preference", "estimator.name=sobirl", "estimator.streams=2")]
    [InlineData(
        "objective.segment: objective.kind = bradley-terry reads it, discounted-return does not", "four-rooms", "objective.segment=2")]
    [InlineData("follower.sweeps: follower.kind = sweeps reads it, best-response does not", "random", "follower.sweeps=3")]
    [InlineData(
        "follower.carry_over: follower.kind = sweeps or q-learning reads it, best-response does not", "random",
            "follower.carry_over=false")]
    [InlineData(
        "follower.learning.rounds: follower.kind = q-learning reads it, sweeps does not", "random-mdp", "follower.learning.rounds=3")]
    [InlineData("leader.adam_floor: leader.optimizer = adam reads it, sgd does not", "random", "leader.adam_floor=1e-3")]
    [InlineData(
        "leader.learning_rate: grid.learning_rate = [] reads it, [0.1, 0.2] does not", "random", "leader.learning_rate=0.3",
            "grid.learning_rate=[0.1, 0.2]")]
    [InlineData(
        "training_temperature: grid.training_temperature = [] reads it, [0.1] does not", "random", "training_temperature=0.3",
            "grid.training_temperature=[0.1]")]
    [InlineData("evaluation.discount: evaluation.horizon = 1 reads it, null does not", "random", "evaluation.discount=0.5")]
    [InlineData("warehouse.rows: problem = warehouse reads it, four-rooms does not", "four-rooms", "warehouse.rows=30")]
    [InlineData(
        "four_rooms.incentive_range: four_rooms.incentive = sigmoid reads it, softmax does not", "four-rooms",
            "four_rooms.incentive_range=[-1, 0]")]
    [InlineData(
        "four_rooms.incentive_scale: four_rooms.incentive = softmax reads it, sigmoid does not", "four-rooms",
            "four_rooms.incentive=sigmoid", "four_rooms.incentive_scale=1")]
    [InlineData("problem_hash: not read by the run", "random", "problem_hash=abc")]
    public void AnOverrideThatIsNotReadIsRefused(string expected, string name, params string[] overrides) =>
        Assert.StartsWith(expected, Assert.Throws<InvalidInputException>(() => ConfigFile.Resolve(name, overrides)).Message);

    [Theory]
    [InlineData("seed: ", "four-rooms", "seed=3")]
    [InlineData("iterations: not read by check-gradient (override iterations=3)", "random", "iterations=3")]
    [InlineData("estimator.steps: not read by check-gradient", "random", "estimator.steps=3")]
    public void WhoUsesTheProblemAloneReadsNoMore(string expected, string name, params string[] overrides)
    {
        Assert.StartsWith(
            expected, Assert.Throws<InvalidInputException>(() => ConfigFile.ResolveProblem(name, overrides, "check-gradient")).Message);
        Assert.Equal(7, ConfigFile.ResolveProblem("random", ["seed=7", "random.states=9"], "check-gradient").Options.Seed);
    }

    [Theory]
    [InlineData(
        "problem: four-rooms\nestimator:\n  name: naive\n  reuse: 3\n", "c.yaml: ",
            "estimator.reuse: estimator.name = bc-hg-vr reads it, naive does not (", "line 4)")]
    [InlineData("problem: random\nwarehouse: {}\n", "warehouse: problem = warehouse reads it, random does not (", "line 2)")]
    [InlineData("problem: random\nwarehouse:\n  rows: 30\n", "warehouse.rows: problem = warehouse reads it, random does not (", "line 3)")]
    [InlineData("", "c.yaml: empty; expected a configuration with problem: ")]
    [InlineData("# nothing\n---\n", "c.yaml: empty; expected")]
    [InlineData("{}", "c.yaml: empty; expected")]
    [InlineData("~", "c.yaml: empty; expected")]
    [InlineData("iterations: 5\n", "c.yaml: no problem; expected a configuration with problem: ")]
    [InlineData("problem: for-rooms\n", "problem: 'for-rooms', did you mean four-rooms?; expected cliff-walking, ")]
    public void AFileThatIsNotReadIsRefused(string yaml, params string[] expected)
    {
        using ScratchFolder folder = new();
        File.WriteAllText(folder["c.yaml"], yaml);
        string message = Assert.Throws<InvalidInputException>(() => ConfigFile.Resolve(folder["c.yaml"], [])).Message;
        foreach (string part in expected.Where(part => part != "c.yaml: ")) Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileIsHeldToItsOwnChoicesAndOverridesMayChooseOthers()
    {
        using ScratchFolder folder = new();
        File.WriteAllText(folder["c.yaml"], "problem: random\nestimator:\n  name: bc-hg-vr\n  reuse: 3\n");
        Assert.Equal(3, Assert.IsType<BcHgVrEstimator>(ConfigFile.Resolve(folder["c.yaml"], []).CreateEstimator()).Reuse);
        RunConfig other = ConfigFile.Resolve(folder["c.yaml"], ["estimator.name=naive"]);
        Assert.DoesNotContain("reuse", other.ToYaml(), StringComparison.Ordinal);
        Assert.StartsWith("estimator.reuse: ", Assert.Throws<InvalidInputException>(
            () => ConfigFile.Resolve(folder["c.yaml"], ["estimator.name=naive", "estimator.reuse=2"])).Message);
        Assert.Equal("taxi", ConfigFile.Resolve("random", ["problem=taxi", "taxi.cost=0.5"]).Problem);
    }

    [Fact]
    public void WhatIsWrittenHasTheKeysThatCountAndNoOther()
    {
        string[] lines = ConfigFile.Resolve("random", ["estimator.name=exact"]).ToYaml().Split('\n');
        string[] sections = [.. lines.Where(line => line.EndsWith(':'))];
        Assert.Equal(["random:", "objective:", "follower:", "estimator:", "leader:", "criterion:", "evaluation:", "grid:"], sections);
        Assert.Equal(
            ["  name: exact", "  linear_tolerance: 1E-14"],
            lines.SkipWhile(line => line != "estimator:").Skip(1).TakeWhile(line => line.StartsWith(' ')));
    }

    [Theory, MemberData(nameof(Cells))]
    public void EveryCellOfAReproductionIsRead(string name, bool quick)
    {
        Experiment experiment = ExperimentCatalogue.Create(name, quick, null);
        Assert.NotEmpty(experiment.Cells);
        foreach (Cell cell in experiment.Cells)
        {
            RunConfig config = ConfigFile.Resolve(cell.Run, [.. cell.Overrides, "backend=cpu", "threads=1"]);
            Assert.True(RunKeys.OfRun(config).Contains("estimator.name"));
        }
    }

    [Fact]
    public void AFolderOfTheFirstVersionsIsResumedAndItsKeysToldOf()
    {
        using ScratchFolder folder = new();
        string run = folder["run"], path = Path.Combine(run, "config.yaml");
        RunConfig config = ConfigFile.Resolve("random", ["iterations=2", "seeds=1", "random.states=8"]);
        using (Run first = Run.Begin(config, run)) first.Execute(null, CancellationToken.None);
        List<string> told = [];
        using (Run same = Run.Resume(run, 3, told.Add)) same.Execute(null, CancellationToken.None);
        Assert.Empty(told);

        // They wrote every key that there is, and null for a critic's kind of the estimator's own.
        string written = File.ReadAllText(path);
        File.WriteAllText(path, written.Replace("    kind: sarsa\n", "    kind: null\n", StringComparison.Ordinal)
            + "taxi:\n  cost: 0.1\nproblem_hash: null\n");
        using (Run old = Run.Resume(run, 4, told.Add)) Assert.True(old.Execute(null, CancellationToken.None).Completed);
        string line = Assert.Single(told);
        Assert.EndsWith("config.yaml: taxi.cost, problem_hash: not read by the run", line, StringComparison.Ordinal);
        Assert.Equal(written.Replace("iterations: 3", "iterations: 4", StringComparison.Ordinal), File.ReadAllText(path));
    }

    [Theory]
    [InlineData("typo: 1\n")]
    [InlineData("iterations: nine\n")]
    public void AFolderWhoseConfigurationIsWrongIsNotResumed(string line)
    {
        using ScratchFolder folder = new();
        using (Run first = Run.Begin(ConfigFile.Resolve("random", ["iterations=0", "seeds=1", "random.states=8"]), folder["run"])) { }
        string path = Path.Combine(folder["run"], "config.yaml");
        File.WriteAllText(path, File.ReadAllText(path).Replace("iterations: 0\n", line, StringComparison.Ordinal));
        Assert.Contains("config.yaml line 4", Assert.Throws<InvalidInputException>(() => Run.Resume(folder["run"])).Message);
    }
}
