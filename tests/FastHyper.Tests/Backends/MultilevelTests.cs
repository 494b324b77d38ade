using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.Cpu.Krylov;
using FastHyper.Followers;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

namespace FastHyper.Tests.Backends;

/// <summary>Linear solves through levels of aggregated states.</summary>
public unsafe class MultilevelTests
{
    // Of one lane a corridor would be a chain, which is eliminated.
    private const int Lanes = 3;
    private const int Length = 4000;
    private const int States = Lanes * Length;
    private const double Discount = 0.999999;

    [Theory, InlineData(1), InlineData(3), InlineData(60)]
    public void FactorsOfTheCoarsestLevelSolve(int states)
    {
        Random random = new(7);
        using Level level = new(states, states * states, states);
        double[,] a = new double[states, states];
        for (int i = 0; i < states; i++)
        {
            level.Slack[i] = a[i, i] = 1e-6;
            level.Offsets[i + 1] = level.Offsets[i];
            for (int j = 0; j < states; j++)
            {
                if (i == j || random.NextDouble() < 0.5) continue;
                double value = random.NextDouble();
                level.Columns[level.Offsets[i + 1]] = j;
                level.Values[level.Offsets[i + 1]++] = value;
                a[i, j] -= value;
                a[i, i] += value;
            }
        }

        using DenseFactors factors = new(level);
        double* b = stackalloc double[states], x = stackalloc double[states];
        foreach (bool transposed in (bool[])[false, true])
        {
            for (int i = 0; i < states; i++) b[i] = random.NextDouble() - 0.5;
            factors.Solve(b, x, transposed);
            double largest = 0;
            for (int i = 0; i < states; i++) largest = Math.Max(largest, Math.Abs(x[i]));
            for (int i = 0; i < states; i++)
            {
                double sum = 0;
                for (int j = 0; j < states; j++) sum += (transposed ? a[j, i] : a[i, j]) * x[j];
                Assert.Equal(b[i], sum, 1e-12 * Math.Max(1, largest));
            }
        }
    }

    /// <summary>
    /// A corridor whose ends pay differently: values travel along all of it, and products alone would take thousands. Values and visits are
    /// checked against each other, and against the horizon.
    /// </summary>
    [Theory, InlineData(1), InlineData(2)]
    public void ALongCorridorIsEvaluatedAndItsAdjointSolved(int threads)
    {
        using CpuBackend backend = new(threads);
        using Mdp mdp = Corridor(backend);
        using DeviceArray policy = mdp.Engine.Allocate(ArrayKind.StateAction), v = mdp.Engine.Allocate(ArrayKind.State);
        using DeviceArray y = mdp.Engine.Allocate(ArrayKind.State);
        mdp.Engine.Fill(policy, 0.5);
        using LinearSolves solves = new(mdp, new SolveOptions { Tolerance = 1e-10 });
        solves.Evaluate(v, policy, mdp.Reward, Discount);
        Assert.InRange(solves.Certificates[0].Residual, 0, 1e-10);
        MultilevelWork evaluated = mdp.Engine.Multilevel;
        Assert.InRange(evaluated.Levels, 2, 12);
        solves.Adjoint(y, policy, mdp.Initial, Discount);
        Assert.InRange(mdp.Engine.Multilevel.Cycles, evaluated.Cycles + 1, 2000);

        // One set-up serves both.
        Assert.Equal(evaluated.SetUps, mdp.Engine.Multilevel.SetUps);
        double[] values = new double[States], visits = new double[States], reward = new double[2 * States], initial = new double[States];
        mdp.Engine.Download(v, 0, values);
        mdp.Engine.Download(y, 0, visits);
        mdp.Engine.Download(mdp.Reward, 0, reward);
        mdp.Engine.Download(mdp.Initial, 0, initial);
        // μᵀ V = Σ_s y Σ_a π r, and visits sum to the horizon.
        double start = initial.Zip(values, (p, value) => p * value).Sum();
        double gained = visits.Select((visit, s) => visit * 0.5 * (reward[2 * s] + reward[(2 * s) + 1])).Sum();
        Assert.Equal(start, gained, 1e-5 * Math.Abs(start));
        Assert.Equal(1 / (1 - Discount), visits.Sum(), 1e-5 / (1 - Discount));
    }

    [Fact]
    public void ThreadsDoNotShow()
    {
        double[][] found = [.. ((int[])[1, 2, 3]).Select(threads =>
        {
            using CpuBackend backend = new(threads);
            using Mdp mdp = Corridor(backend);
            using DeviceArray policy = mdp.Engine.Allocate(ArrayKind.StateAction), v = mdp.Engine.Allocate(ArrayKind.State);
            mdp.Engine.Fill(policy, 0.5);
            using LinearSolves solves = new(mdp, new SolveOptions { Tolerance = 1e-10 });
            solves.Evaluate(v, policy, mdp.Reward, Discount);
            Assert.NotEqual(0, mdp.Engine.Multilevel.Cycles);
            double[] values = new double[States];
            mdp.Engine.Download(v, 0, values);
            return values;
        })];
        Assert.Equal(found[0], found[1]);
        Assert.Equal(found[0], found[2]);
    }

    private static Mdp Corridor(CpuBackend backend)
    {
        // Action a goes to the side of a with probability 0.6, to the other with 0.2, and to the next lane with 0.2; walls stop.
        Transitions transitions = Transitions.FromRows(States, 2, 3, Row);
        double[] initial = new double[States];
        initial[States / 2] = 1;
        IncentiveContext context = new(
            1, new AffineMap((s, a) => s < Lanes ? 1 : s >= States - Lanes ? 2 : -0.01 * a), new AffineMap((_, _) => 0), initial);
        IncentiveProblem problem = new(
            "corridor", transitions, 0, new LinkMap(LinkKind.Identity), [context], (_, _) => { }, Discount, Discount, 0.5);
        Mdp mdp = new(problem, backend, layout: EngineLayout.States);
        mdp.Initialise([1]);
        mdp.Configure();
        return mdp;

        static int Row(int s, int a, Span<int> columns, Span<double> values)
        {
            (int at, int lane) = Math.DivRem(s, Lanes);
            int left = (Math.Max(0, at - 1) * Lanes) + lane, right = (Math.Min(Length - 1, at + 1) * Lanes) + lane;
            (columns[0], values[0]) = (left, a == 0 ? 0.6 : 0.2);
            (columns[1], values[1]) = ((at * Lanes) + ((lane + 1) % Lanes), 0.2);
            (columns[2], values[2]) = (right, a == 0 ? 0.2 : 0.6);
            return 3;
        }
    }
}
