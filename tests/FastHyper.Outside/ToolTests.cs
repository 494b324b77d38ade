using FastHyper.Cli;
using FastHyper.Experiments.Catalogues;

namespace FastHyper.Outside;

/// <summary>A user's own parts on the command line of a user's own program.</summary>
public sealed class ToolTests : IDisposable
{
    private readonly Scratch _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheWholeCommandLineKnowsThem()
    {
        string[] small = ["--iterations", "6", "--seeds", "2", "--backend", "cpu"];
        string[] set = ["--set", "my_shop.shelves=5", "--set", "estimator.distance=0.01"];
        (int code, string output, string error) = Run(["run", "my-shop", "--estimator", "spsa", .. set, .. small, "--out", _folder["run"]]);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("my-shop, spsa: objective", output, StringComparison.Ordinal);
        string config = File.ReadAllText(Path.Combine(_folder["run"], "config.yaml"));
        Assert.Contains("my_shop:\n  value: 1\n  shelves: 5\n", config, StringComparison.Ordinal);
        Assert.Contains("estimator:\n  name: spsa\n  distance: 0.01\n", config, StringComparison.Ordinal);
        Assert.Equal(0, Run("run", "--resume", _folder["run"], "--iterations", "8").Code);
        Assert.Equal(0, Run("check-gradient", "my-shop", "--set", "my_shop.value=2").Code);
        Assert.Equal(0, Run("check-gradient", "my-shop", "--set", "objective.kind=calm", "--set", "objective.weight=2").Code);
        Assert.Equal(0, Run(["run", "my-shop", "--estimator", "direct-only", .. small, "--out", _folder["direct"]]).Code);
        Assert.Contains(
            "my_shop.shelves = 4\n    Shelves that customers walk along. (an integer in [2, 100])\n",
            Run("options", "my-shop").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AConfigurationMayNameThem()
    {
        File.WriteAllText(
            _folder["c.yaml"],
            """
            problem: my-shop
            my_shop: {shelves: 3}
            seeds: 1
            iterations: 3
            objective: {kind: calm, weight: 0.5}
            follower: {kind: hasty, haste: 7}
            estimator: {name: exact}
            """);
        (int code, _, string error) = Run("run", _folder["c.yaml"], "--out", _folder["run"]);
        Assert.Equal((0, ""), (code, error));
        string config = File.ReadAllText(Path.Combine(_folder["run"], "config.yaml"));
        Assert.Contains("objective:\n  kind: calm\n  weight: 0.5\n  minimize: false\n", config, StringComparison.Ordinal);
        Assert.Contains("follower:\n  kind: hasty\n  haste: 7\n", config, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("estimator.reuse: estimator.name = bc-hg-vr reads it, spsa does not (override estimator.reuse=3)", "estimator.reuse=3")]
    [InlineData("my_shop.shelves: value 1 (override my_shop.shelves=1), expected an integer in [2, 100]", "my_shop.shelves=1")]
    [InlineData(
        "my_shop.shelfs: unknown key (override my_shop.shelfs=3), did you mean shelves?; keys of my_shop: value, shelves",
        "my_shop.shelfs=3")]
    [InlineData("estimator: 'spsa' does not estimate the gradient of calm; expected exact or m-sobirl", "objective.kind=calm")]
    public void WhatTheyDoNotReadIsRefused(string expected, string set) =>
        Assert.Equal(
            (2, "", $"fasthyper: {expected}\n"), Run("run", "my-shop", "--estimator", "spsa", "--set", set, "--out", _folder["run"]));

    [Fact]
    public void TheToolWithoutThemSaysThatItHasNone() => Assert.Equal(2, Captured(() => FastHyperTool.Main(["run", "my-shop"])).Code);

    [Fact]
    public void ASetupIsBegunAndGoneOnWith()
    {
        (int code, string output, string error) = Captured(() => OwnTool.Lead(_folder["run"]));
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("iteration 20/20", output, StringComparison.Ordinal);
        byte[] checkpoint = File.ReadAllBytes(Path.Combine(_folder["run"], "checkpoint.npz"));
        Assert.Equal(0, Captured(() => OwnTool.Lead(_folder["run"])).Code);
        Assert.Equal(checkpoint.Length, new FileInfo(Path.Combine(_folder["run"], "checkpoint.npz")).Length);
    }

    [Theory]
    [InlineData("bc-hg", "catalogue: estimator.name 'bc-hg' is registered already; expected another name")]
    [InlineData("My Estimator", "catalogue: estimator.name 'My Estimator'; expected a name in kebab-case, such as my-estimator")]
    public void NamesAreHeldToTheirForm(string name, string expected) =>
        Assert.Equal(expected, Assert.Throws<InvalidInputException>(() => new Catalogue().Estimators.Register<Spsa>(name)).Message);

    private static (int Code, string Output, string Error) Run(params string[] args) => Captured(() => OwnTool.Command(args));

    private static (int Code, string Output, string Error) Captured(Func<int> work)
    {
        (TextWriter before, TextWriter errorBefore) = (Console.Out, Console.Error);
        using StringWriter output = new(), error = new();
        Console.SetOut(output);
        Console.SetError(error);
        try
        {
            return (work(), output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(before);
            Console.SetError(errorBefore);
        }
    }
}

/// <summary>What can be set of a user's follower.</summary>
[Options]
public sealed partial record HastyOptions
{
    /// <summary>Sweeps that it takes.</summary>
    [Range(Min = 1)]
    public int Haste { get; init => field = InRange.Of<HastyOptions>(value); } = 3;
}
