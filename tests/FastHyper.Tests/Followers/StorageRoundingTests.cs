using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Problems.Games;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Backends.OpenCl;
using FastHyper.Tests.Cli;
using FastHyper.Tests.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers;

/// <summary>Certificates of float32 solves hold of the problem as it is given, not only of the one that float32 stores.</summary>
public sealed class StorageRoundingTests(OpenClFixture openCl) : IClassFixture<OpenClFixture>
{
    private static readonly Lazy<CpuBackend> s_cpu = new(() => new CpuBackend(1));

    [Theory, InlineData(EngineLayout.States), InlineData(EngineLayout.Instances)]
    public void BoundsHoldOnTheProcessor(EngineLayout layout) => BoundsHold(s_cpu.Value, layout, 60);

    [Fact]
    public void BoundsHoldOnOpenCl() => BoundsHold(openCl.Backend, EngineLayout.Auto, 6);

    [Fact]
    public void BoundsHoldWhereInstancesHaveTheirOwnTransitionsOnTheProcessor() => BoundsHoldOfOwnTransitions(s_cpu.Value);

    [Fact]
    public void BoundsHoldWhereInstancesHaveTheirOwnTransitionsOnOpenCl() => BoundsHoldOfOwnTransitions(openCl.Backend);

    [Fact]
    public void BoundsHoldInGamesOnTheProcessor() => BoundsHoldInGames(s_cpu.Value);

    [Fact]
    public void BoundsHoldInGamesOnOpenCl() => BoundsHoldInGames(openCl.Backend);

    [Fact]
    public void BoundsAreNoLooserThanStorageIs()
    {
        IncentiveProblem problem = LinearProblem.Load(Golden.Problem("random-30x4"));
        using Solved solved = new Solved(problem, tolerance: 1e-7, precision: Precision.F32, backend: s_cpu.Value).AtStart();
        Assert.InRange(Certificate(solved).Bound, 0, 2e-7 / (1 - problem.Discount));
    }

    private static void BoundsHold(Backend backend, EngineLayout layout, int count) => RandomCase.Check(count, c =>
    {
        foreach ((double scale, double tolerance) in new[] { (1, 1e-7), (1, 1e-3), (1e-20, 1e-7), (1e12, 1e-7) })
        {
            ProblemData data = c.Data();
            double[] reward = [.. data.Reward.Select(r => scale * r)];
            Holds(
                SmallProblem.Problem(data with { Reward = reward, Features = null, LeaderFeatures = null, X = [] }), backend, layout,
                tolerance);
        }
    });

    private static void BoundsHoldOfOwnTransitions(Backend backend)
    {
        foreach (double discount in new[] { 0.5, 0.95, 0.999 })
            for (int seed = 1; seed < 6; seed++)
                Holds(
                    new OwnProblemExample(discount, 0.9, 0.1 + (0.07 * seed)), backend, EngineLayout.Auto, 1e-7,
                    [0.3 * seed, 0.7 - seed, 0.1]);
    }

    private static void BoundsHoldInGames(Backend backend)
    {
        foreach (double deviation in new[] { 0.5, 20 })
        {
            foreach (int features in new[] { 0, 3 })
            {
                RandomGameOptions options =
                    new() { States = 12, Gamma = 0.99, Deviation = deviation, StateFeatures = features, Followers = 2 };
                for (ulong seed = 1; seed < 4; seed++)
                    Holds(new MarkovGame("game", RandomGame.Generate(seed, options)), backend, EngineLayout.Auto, 1e-7);
            }
        }
    }

    private static void Holds(FiniteProblem problem, Backend backend, EngineLayout layout, double tolerance, double[]? x = null)
    {
        x ??= Solved.Start(problem);
        using Solved narrow = new Solved(problem, tolerance: tolerance, precision: Precision.F32, layout: layout, backend: backend).At(x);
        using Solved wide = new Solved(problem, tolerance: 1e-12, backend: s_cpu.Value).At(x);
        Certificate[] certificates = new Certificate[narrow.Mdp.Engine.Instances], exact = new Certificate[certificates.Length];
        narrow.Response.Certify(certificates);
        wide.Response.Certify(exact);
        for (int i = 0; i < certificates.Length; i++)
        {
            double error = Close.Largest(
                Close.Difference(
                    narrow.Read(narrow.Response.State.First().Array, narrow.States, i), wide.Read(wide.Response.V, wide.States, i)));
            Assert.True(
                error <= certificates[i].Bound + exact[i].Bound, $"error {error:E2} above {certificates[i].Bound:E2} of {certificates[i]}");
        }
    }

    private static Certificate Certificate(Solved solved)
    {
        Certificate[] certificates = new Certificate[1];
        solved.Response.Certify(certificates);
        return certificates[0];
    }
}
