using FastHyper.Backends.Cpu;
using FastHyper.Cli;

using FastHyper.Experiments.Catalogues;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;

namespace FastHyper.Outside;

/// <summary>A user's own problem of a continuous state, by name and in code.</summary>
public sealed class RoomTests : IDisposable
{
    private readonly Scratch _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ItIsCheckedAndLedByName()
    {
        Assert.Equal(0, Run("check-gradient", "my-room"));
        Assert.Equal(0, Run("run", "my-room", "--estimator", "exact", "--iterations", "5", "--seeds", "1", "--backend", "cpu", "--out",
            _folder["run"]));
    }

    [Fact]
    public void ItIsLedInCode()
    {
        using CpuBackend backend = new(1);
        Room room = new();
        using Leader leader = new(room, new ExactEstimator(), new LeaderOptions { Optimizer = OptimizerKind.Adam }, backend);
        using ObjectiveEvaluator evaluator = new(room, 1, backend);
        double[] before = new double[1], after = new double[1];
        evaluator.Evaluate(leader, before);
        for (int i = 0; i < 30; i++) leader.Step();
        evaluator.Evaluate(leader, after);
        Assert.True(after[0] > before[0] + 0.1, $"{before[0]} {after[0]}");
    }

    private static int Run(params string[] arguments)
    {
        Catalogue catalogue = new();
        catalogue.Problems.Register("my-room", () => new Room());
        return FastHyperTool.Main(arguments, catalogue);
    }
}
