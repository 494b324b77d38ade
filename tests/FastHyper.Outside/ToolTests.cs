using FastHyper.Cli;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Followers;
using FastHyper.Hypergradients;

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
        (int code, string output, string error) = Run(["run", "my-shop", "--estimator", "spsa", "--set", "my_shop.shelves=5", "--set", "estimator.distance=0.01", .. small, "--out", _folder["run"]]);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("my-shop, spsa: objective", output, StringComparison.Ordinal);
        string config = File.ReadAllText(Path.Combine(_folder["run"], "config.yaml"));
        Assert.Contains("my_shop:\n  value: 1\n  shelves: 5\n", config, StringComparison.Ordinal);
        Assert.Contains("estimator:\n  name: spsa\n  distance: 0.01\n", config, StringComparison.Ordinal);
        Assert.Equal(0, Run("run", "--resume", _folder["run"], "--iterations", "8").Code);
        Assert.Equal(0, Run("check-gradient", "my-shop", "--set", "my_shop.value=2").Code);
        Assert.Contains("my_shop.shelves = 4\n    Shelves that customers walk along. (an integer in [2, 100])\n", Run("options", "my-shop").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AConfigurationMayNameThem()
    {
        File.WriteAllText(_folder["c.yaml"], "problem: my-shop\nmy_shop:\n  shelves: 3\nseeds: 1\niterations: 3\nobjective:\n  kind: calm\nfollower:\n  kind: hasty\n  haste: 7\nestimator:\n  name: exact\n");
        (int code, _, string error) = Run("run", _folder["c.yaml"], "--out", _folder["run"]);
        Assert.Equal((0, ""), (code, error));
        string config = File.ReadAllText(Path.Combine(_folder["run"], "config.yaml"));
        Assert.Contains("objective:\n  kind: calm\n  minimize: false\n", config, StringComparison.Ordinal);
        Assert.Contains("follower:\n  kind: hasty\n  haste: 7\n", config, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("estimator.reuse: estimator.name = bc-hg-vr reads it, spsa does not (override estimator.reuse=3)", "estimator.reuse=3")]
    [InlineData("my_shop.shelves: value 1 (override my_shop.shelves=1), expected an integer in [2, 100]", "my_shop.shelves=1")]
    [InlineData("my_shop.shelfs: unknown key (override my_shop.shelfs=3), did you mean shelves?; keys of my_shop: value, shelves", "my_shop.shelfs=3")]
    [InlineData("estimator: 'spsa' does not estimate the gradient of calm; expected exact or m-sobirl", "objective.kind=calm")]
    public void WhatTheyDoNotReadIsRefused(string expected, string set) =>
        Assert.Equal((2, "", $"fasthyper: {expected}\n"), Run("run", "my-shop", "--estimator", "spsa", "--set", set, "--out", _folder["run"]));

    [Fact]
    public void TheToolWithoutThemSaysThatItHasNone() => Assert.Equal(2, Captured(() => FastHyperTool.Main(["run", "my-shop"])).Code);

    [Fact]
    public void ASetupIsBegunAndGoneOnWith()
    {
        RunSetup setup = new(new Shop(new ShopOptions()), new Spsa()) { Options = new RunOptions { Iterations = 5, Seeds = 2 } };
        Assert.Equal((0, ""), Captured(() => FastHyperTool.Run(setup, _folder["run"])) is var first ? (first.Code, first.Error) : default);
        Assert.Equal(0, Captured(() => FastHyperTool.Run(setup with { Options = setup.Options with { Iterations = 9 } }, _folder["run"])).Code);
        Assert.Contains("\n9,", File.ReadAllText(Path.Combine(_folder["run"], "metrics.csv")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bc-hg", "catalogue: estimator.name 'bc-hg' is registered already; expected another name")]
    [InlineData("My Estimator", "catalogue: estimator.name 'My Estimator'; expected a name in kebab-case, such as my-estimator")]
    public void NamesAreHeldToTheirForm(string name, string expected) =>
        Assert.Equal(expected, Assert.Throws<InvalidInputException>(() => new Catalogue().Estimators.Register<Spsa>(name)).Message);

    private static Catalogue Own()
    {
        Catalogue catalogue = new();
        catalogue.Problems.Register<ShopOptions>("my-shop", options => new Shop(options));
        catalogue.Estimators.Register<Spsa>("spsa");
        catalogue.Objectives.Register<NoOptions>("calm", _ => new Calm());
        catalogue.Followers.Register<HastyOptions>("hasty", (mdp, options) => new SweepFollower(mdp, new SweepFollowerOptions { Sweeps = options.Haste }));
        return catalogue;
    }

    private static (int Code, string Output, string Error) Run(params string[] args) => Captured(() => FastHyperTool.Main(args, Own()));

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

    /// <summary>An objective of a user: −½‖x‖².</summary>
    private sealed class Calm() : CustomObjective("calm")
    {
        public override double Evaluate(ReadOnlySpan<double> x, int context, ReadOnlySpan<double> policy, Span<double> policyCotangent, Span<double> gradient)
        {
            double sum = 0;
            for (int p = 0; p < x.Length; p++)
            {
                sum += x[p] * x[p];
                gradient[p] = -x[p];
            }

            return -sum / 2;
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
