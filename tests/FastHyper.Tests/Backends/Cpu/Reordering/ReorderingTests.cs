using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Reordering;
using FastHyper.Backends.Cpu.SlicedEll;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Reference.Dense;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Backends.Cpu.Reordering;

/// <summary>States stand in another order where that pays, and nobody can tell but by the time taken.</summary>
public class ReorderingTests
{
    private static readonly EngineOptions s_states = new(Layout: EngineLayout.States);

    [Fact]
    public void SolvesAreThoseOfTheReference() => RandomCase.Check(40, random =>
    {
        ProblemData data = random.Data();
        double[] expected = ReferenceAnswer.Of(data)!.V.Values;
        using CpuBackend backend = new(2, 0, StateReordering.Always);
        foreach (Precision precision in Enum.GetValues<Precision>())
        {
            using Mdp mdp = new(LinearProblem.Create("random", data), backend, precision: precision, layout: EngineLayout.States);
            Assert.True(mdp.Engine.ReordersStates);
            mdp.Initialise([1]);
            mdp.Configure();
            foreach (SolveMethod method in Enum.GetValues<SolveMethod>())
            {
                using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-11, Method = method });
                response.Solve();
                double[] v = new double[mdp.Engine.States];
                mdp.Engine.Download(response.State.First().Array, 0, v);
                Certificate[] certificate = new Certificate[1];
                response.Certify(certificate);
                Assert.True(certificate[0].Converged);
                for (int s = 0; s < v.Length; s++)
                    Assert.Equal(expected[s], v[s], (precision == Precision.F64 ? 1e-9 : 1e-5) * (1 + Math.Abs(expected[s])));
            }
        }
    });

    [Fact]
    public void ShuffledGridsAreAsNaturalOnes()
    {
        Transitions grid = Grids.Create(140, s => 0.1 + (0.3 * (s * 7919L % 65_536) / 65_536)), shuffled = Grids.Shuffled(grid, 4);
        using CpuBackend backend = new(2), never = new(2, 0, StateReordering.Never);
        using Engine natural = backend.CreateEngine(grid, s_states), reordered = backend.CreateEngine(shuffled, s_states),
            again = backend.CreateEngine(shuffled, s_states with { Precision = Precision.F32 });
        using Engine left = never.CreateEngine(shuffled, s_states);
        Assert.Equal(
            (false, true, true, false), (natural.ReordersStates, reordered.ReordersStates, again.ReordersStates, left.ReordersStates));
        Assert.Contains("states reordered", reordered.Description, StringComparison.Ordinal);
        Assert.Equal(reordered.TransitionBytes, again.TransitionBytes);
        Assert.InRange(reordered.TransitionBytes, 0, 1.1 * natural.TransitionBytes);
        Assert.True(Ordering.Lines(shuffled, null) > 3.5);
        Assert.InRange(Ordering.Lines(grid, null), 0, 0.7);
    }

    [Theory, InlineData(64), InlineData(1), InlineData(0)]
    public void WhatNoOrderHelpsStaysAsItIs(int successors)
    {
        const int states = 20_000;
        Transitions any = Transitions.FromRows(states, 2, 64, (s, a, columns, values) =>
        {
            for (int k = 0; k < successors; k++) (columns[k], values[k]) =
                ((int)((((s * 2654435761L) + (a * 40_503L) + (k * 7919L)) % 1_000_003) * states / 1_000_003), 1.0 / 64);
            return successors;
        });
        using CpuBackend backend = new(2);
        using Engine engine = backend.CreateEngine(any, s_states);
        Assert.False(engine.ReordersStates);
    }

    [Fact]
    public void AnEndThatAllStatesMayComeToIsNoNeighbour()
    {
        Transitions grid = Grids.Create(140, _ => 0.2, mass: 0.9);
        int end = grid.States;
        Transitions ending = Grids.Shuffled(
            Transitions.FromRows(end + 1, 4, 6, (s, a, columns, values) =>
            {
                int length = s == end ? 0 : grid.CopyRow(s, a, columns, values);
                (columns[length], values[length]) = (end, s == end ? 1 : 0.1);
                return length + 1;
            }),
            6);
        StateOrder order = Ordering.Choose(ending, StateReordering.Auto, null)!;
        Assert.InRange(Ordering.Lines(ending, order), 0, 1.2);
    }

    [Fact]
    public void OrdersArePermutationsThatLeadNeighboursTogether()
    {
        for (int states = 1; states <= 130; states++)
        {
            // A path in random order, its last state alone where there are many.
            Transitions path = Grids.Shuffled(Path(states), states);
            StateOrder order = Ordering.Choose(path, StateReordering.Always, null)!;
            Assert.Equal(Enumerable.Range(0, states), order.States.Order());
            for (int p = 0; p < states; p++) Assert.Equal(p, order.Positions[order.States[p]]);
            for (int s = 0; s < states; s++) Assert.InRange(Math.Abs(order.Positions[s] - order.Positions[path.Matrix.Columns[s]]), 0, 1);
        }

        Transitions grid = Grids.Shuffled(Grids.Create(50, _ => 0.2), 7);
        StateOrder of = Ordering.Choose(grid, StateReordering.Always, null)!;
        for (int row = 0; row < grid.Matrix.RowCount; row++)
            for (long k = grid.Matrix.Offsets[row]; k < grid.Matrix.Offsets[row + 1]; k++)
                Assert.InRange(Math.Abs(of.Positions[row / 4] - of.Positions[grid.Matrix.Columns[k]]), 0, 51);
    }

    [Fact]
    public void ManyThreadsFindTheSameOrder()
    {
        Transitions grid = Grids.Shuffled(Grids.Create(140, _ => 0.2), 8);
        using ThreadTeam team = new(3);
        Assert.Equal(Ordering.Choose(grid, StateReordering.Auto, null)!.States, Ordering.Choose(grid, StateReordering.Auto, team)!.States);
    }

    [Fact]
    public void RowsComeBackAsTheyWere()
    {
        for (int states = 1; states <= 100; states++)
        {
            Transitions kept = new RandomInstances(states, states, 1 + (states % 3)).Transitions,
                given = new(kept.States, kept.Actions, kept.Matrix);
            using CpuBackend backend = new(1, 0, StateReordering.Always);
            using Engine engine = backend.CreateEngine(given, s_states);
            bool ascend = Enumerable.Range(0, kept.Matrix.RowCount).All(row => IsAscending(kept.Matrix, row));
            Assert.Equal(ascend, given.ReleaseMatrix());
            Assert.Equal(kept.Matrix.Offsets, given.Matrix.Offsets);
            Assert.Equal(kept.Matrix.Columns, given.Matrix.Columns);
            Assert.Equal(kept.Matrix.Values, given.Matrix.Values);
        }
    }

    [Fact]
    public void RowsThatDoNotAscendAreNotForgotten()
    {
        SparseMatrix matrix = new(3, [0, 2, 4, 6], [2, 0, 1, 1, 0, 2], [0.5, 0.25, 0.25, 0.5, 0.75, 0.125]);
        Transitions given = new(3, 1, matrix);
        using CpuBackend backend = new(1, 0, StateReordering.Always);
        using Engine engine = backend.CreateEngine(given, s_states);
        Assert.True(engine.ReordersStates);
        Assert.False(given.ReleaseMatrix());
        using DeviceArray v = engine.Allocate(ArrayKind.State), r = engine.Allocate(ArrayKind.StateAction),
            q = engine.Allocate(ArrayKind.StateAction);
        engine.Upload(v, 0, [1, 10, 100]);
        engine.ActionValues(v, r, 1, q);
        double[] found = new double[3];
        engine.Download(q, 0, found);
        Assert.Equal([50.25, 7.5, 13.25], found);
    }

    [Fact]
    public void RolloutsDrawTheSame()
    {
        RandomInstances data = new(7, 60, 3);
        double[] probabilities = data.Policies()[0];
        List<RolloutRecord> records = [];
        foreach (StateReordering reordering in (StateReordering[])[StateReordering.Never, StateReordering.Always])
        {
            using CpuBackend backend = new(2, 0, reordering);
            using Engine engine = backend.CreateEngine(data.Transitions, s_states);
            using DeviceArray policy = Put(ArrayKind.StateAction, probabilities), initial = Put(ArrayKind.State, data.Initial[0]);
            using DeviceArray reward = Put(ArrayKind.StateAction, data.Rewards[0]),
                leaderReward = Put(ArrayKind.StateAction, data.LeaderRewards[0]);
            using RolloutBuffer rollouts = engine.AllocateRollouts(new RolloutShape(8, 50, 20));
            engine.Rollout(rollouts, policy, initial, reward, leaderReward, [3], 1);
            records.Add(rollouts.Download());

            DeviceArray Put(ArrayKind kind, double[] values)
            {
                DeviceArray array = engine.Allocate(kind);
                engine.Upload(array, 0, values);
                return array;
            }
        }

        Assert.Equal(records[0].State, records[1].State);
        Assert.Equal(records[0].Action, records[1].Action);
        Assert.Equal(records[0].Slot, records[1].Slot);
        Assert.Equal(records[0].Reward, records[1].Reward);
        Assert.Equal(records[0].LeaderReward, records[1].LeaderReward);
        Assert.Equal(records[0].End, records[1].End);
    }

    private static bool IsAscending(SparseMatrix matrix, int row)
    {
        ReadOnlySpan<int> columns = matrix.Columns.AsSpan((int)matrix.Offsets[row], (int)(matrix.Offsets[row + 1] - matrix.Offsets[row]));
        for (int k = 1; k < columns.Length; k++)
            if (columns[k] <= columns[k - 1]) return false;
        return true;
    }

    private static Transitions Path(int states) => Transitions.FromRows(states, 1, 1, (s, _, columns, values) =>
    {
        (columns[0], values[0]) = (s + 2 < states ? s + 1 : s, 1);
        return 1;
    });
}
