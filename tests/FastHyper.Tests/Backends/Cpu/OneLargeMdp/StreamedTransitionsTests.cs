using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Krylov;
using FastHyper.Backends.Cpu.SlicedEll;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Backends.Cpu.OneLargeMdp;

/// <summary>Transitions that a function writes row by row are in all respects those of their matrix.</summary>
public class StreamedTransitionsTests
{
    [Fact]
    public void GiveTheBitsOfTheirMatrix() => RandomCase.Check(40, random =>
    {
        ProblemData data = random.Data();
        Transitions streamed = Streamed(data.Transitions);
        AssertSame(data.Transitions, streamed);
        foreach (EngineLayout layout in (EngineLayout[])[EngineLayout.States, EngineLayout.Instances])
            Assert.Equal(Answers(data, layout), Answers(data with { Transitions = Streamed(data.Transitions) }, layout));
    });

    [Fact]
    public void OfEveryNumberOfStates()
    {
        for (int states = 1; states <= 130; states++)
        {
            Transitions matrix = new RandomInstances(states, states, 1 + (states % 3)).Transitions;
            AssertSame(matrix, Streamed(matrix));
            AssertSameSlices(matrix);
        }
    }

    [Fact]
    public void InEveryFormOfColumns()
    {
        foreach (Transitions matrix in (Transitions[])[
            Grids.Create(64, _ => 0.2), Grids.Create(100, s => 0.1 + (0.3 * (s * 7919L % 65_536) / 65_536)), Scattered(70_001),
                Scattered(160_000)])
            AssertSameSlices(matrix);
    }

    [Fact]
    public void AlsoWhereRowsHaveNoEntries()
    {
        Transitions empty = Transitions.FromRows(70, 2, 0, (_, _, _, _) => 0);
        Assert.Equal((0, 0.0, false), (empty.EntryCount, empty.MaxRowSum, empty.RowsSumToOne));
        AssertSameSlices(empty);
        Transitions one = Transitions.FromRows(1, 1, 3, (_, _, successors, probabilities) =>
        {
            successors[0] = 0;
            probabilities[0] = 1;
            return 1;
        });
        Assert.Equal((1, 1.0, true, 1), (one.EntryCount, one.MaxRowSum, one.RowsSumToOne, one.RowLength(0)));
        Assert.Equal([0], one.Matrix.Columns);
    }

    [Fact]
    public void RepeatsAreFoundWhereKeysOfDifferentValuesAreEqual()
    {
        Transitions grid = Grids.Create(64, s => s % 128 < 64 ? 0.2 : 0.3);
        TransitionSlices source = new(grid);
        using SlicedMatrix apart = new(grid.States, 4, source, exact: true, share: false);
        using SlicedMatrix shared = new(grid.States, 4, source, exact: true, share: true);
        using SlicedMatrix misled = new(grid.States, 4, source, exact: true, share: true, keyBits: 4);
        Assert.True(shared.Stored < apart.Stored / 4);
        Assert.Equal(apart.Stored, misled.Stored);
        AssertSameRows(grid, shared);
        AssertSameRows(grid, misled);
    }

    [Fact]
    public void TransitionsOfTheirOwnAndRolloutsSeeTheSame()
    {
        foreach (EngineLayout layout in (EngineLayout[])[EngineLayout.States, EngineLayout.Instances])
        {
            RandomInstances data = new(7, 60, 3);
            double[] policy = data.Policies()[0];
            foreach (bool own in (bool[])[false, true])
                Assert.Equal(
                    Rollouts(data, data.Transitions, policy, layout, own), Rollouts(data, Streamed(data.Transitions), policy, layout, own));
        }
    }

    [Fact]
    public void NobodyMakesAMatrixForASolve()
    {
        foreach (Precision precision in Enum.GetValues<Precision>())
        {
            Transitions grid = Streamed(Grids.Create(40, _ => 0.2));
            double[] reward = Grids.Numbers(grid.States * 4, 3), initial = new double[grid.States];
            initial[0] = 1;
            ProblemData data =
                new()
                {
                    Transitions = grid,
                    Reward = reward,
                    LeaderReward = new double[reward.Length],
                    Initial = initial,
                    Gamma = 0.9,
                    GammaLeader = 0.9,
                    Temperature = 0.1,
                    X = [],
                };
            using CpuBackend backend = new(2);
            using Mdp mdp = new(LinearProblem.Create("grid", data), backend, precision: precision);
            using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-8 });
            mdp.Configure();
            response.Solve();
            Certificate[] certificate = new Certificate[1];
            response.Certify(certificate);
            Assert.True(certificate[0].Converged);
            Assert.Null(grid.MatrixInMemory);
        }
    }

    [Fact]
    public void RowsOfAFileAreReleasedOnceTheyAreLaidOut()
    {
        SparseMatrix matrix = Grids.Create(20, _ => 0.2).Matrix;
        Transitions transitions = new(400, 4, matrix) { KeepsMatrix = false };
        using CpuBackend backend = new(1);
        using Engine engine = backend.CreateEngine(transitions, new EngineOptions(Layout: EngineLayout.States));
        Assert.Null(transitions.MatrixInMemory);
        AssertSame(new Transitions(400, 4, matrix), transitions);
    }

    [Fact]
    public void ProbabilitiesThatALayoutDropsAreNotForgotten()
    {
        SparseMatrix matrix = new(2, [0, 2, 3], [0, 1, 1], [1, 1e-300, 1]);
        Transitions given = new(2, 1, matrix), streamed = Streamed(given);
        using CpuBackend backend = new(1);
        using Engine first = backend.CreateEngine(given, new EngineOptions(Layout: EngineLayout.States));
        using Engine second = backend.CreateEngine(streamed, new EngineOptions(Layout: EngineLayout.States));
        Assert.False(given.ReleaseMatrix());
        Assert.Equal(matrix.Values, streamed.Matrix.Values);
        Assert.True(streamed.ReleaseMatrix());
        Assert.Equal(matrix.Values, streamed.Matrix.Values);
    }

    [Theory]
    [InlineData(0, 0.5, 0)]
    [InlineData(4999, 0.5, 5000)]
    [InlineData(4999, 0.5, -1)]
    [InlineData(2500, -0.25, 3)]
    [InlineData(2500, double.NaN, 3)]
    [InlineData(2500, double.PositiveInfinity, 3)]
    [InlineData(3000, 1.25, 3)]
    [InlineData(3000, 1.0000001, 3)]
    public void RefuseWhatTheirMatrixRefuses(int row, double probability, int column)
    {
        (int[] columns, double[] values) = (Enumerable.Repeat(1, 5000).ToArray(), Enumerable.Repeat(0.5, 5000).ToArray());
        (columns[row], values[row]) = (column, probability);
        // Of several, the first.
        if (row == 3000) values[row + 1000] = 7;
        Exception? expected = Record.Exception(
            () => new Transitions(5000, 1, new SparseMatrix(5000, [.. Enumerable.Range(0, 5001)], columns, values)));
        Exception? found = Record.Exception(() => Transitions.FromRows(5000, 1, 2, (s, _, successors, probabilities) =>
        {
            (successors[0], probabilities[0]) = (columns[s], values[s]);
            return 1;
        }));
        Assert.Equal((expected?.GetType(), expected?.Message), (found?.GetType(), found?.Message));
        Assert.Equal(row == 0, expected is null);
    }

    [Fact]
    public void RefuseLengthsThatAreNone()
    {
        foreach (int length in (int[])[-1, 3])
        {
            Exception found = Assert.Throws<InvalidInputException>(
                () => Transitions.FromRows(9, 2, 2, (s, a, _, _) => s == 4 && a == 1 ? length : 0));
            Assert.Equal($"transitions: row 9 (state 4, action 1) has {length} entries; expected 0 to 2", found.Message);
        }

        Assert.Contains(
            "0 states and 1 actions", Assert.Throws<InvalidInputException>(() => Transitions.FromRows(0, 1, 1, (_, _, _, _) => 0)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "at most -1 entries", Assert.Throws<InvalidInputException>(() => Transitions.FromRows(1, 1, -1, (_, _, _, _) => 0)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "expected fewer than",
            Assert.Throws<InvalidInputException>(() => Transitions.FromRows(1 << 30, 4, 1, (_, _, _, _) => 0)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void WhatTheFunctionThrowsComesThrough()
    {
        Assert.Equal("state 4321", Assert.Throws<FormatException>(
            () => Transitions.FromRows(5000, 1, 1, (s, _, _, _) => s < 4321 ? 0 : throw new FormatException($"state {s}"))).Message);
        Assert.Throws<IndexOutOfRangeException>(() => Transitions.FromRows(5, 1, 1, (_, _, successors, _) => successors[1]));
    }

    [Fact]
    public void RowsThatChangeAreRefused()
    {
        int calls = 0;
        Transitions changing = Transitions.FromRows(100, 1, 2, (s, _, successors, probabilities) =>
        {
            successors[0] = Interlocked.Increment(ref calls) > 150 ? (s + 50) % 100 : s;
            probabilities[0] = 1;
            return 1;
        });
        using CpuBackend backend = new(1);
        Exception found = Assert.Throws<InvalidInputException>(
            () => backend.CreateEngine(changing, new EngineOptions(Layout: EngineLayout.States)));
        Assert.Contains("was not written as before", found.Message, StringComparison.Ordinal);
    }

    /// <summary>The same transitions, from a function.</summary>
    private static Transitions Streamed(Transitions matrix)
    {
        SparseMatrix p = matrix.Matrix;
        return Transitions.FromRows(matrix.States, matrix.Actions, 64, (s, a, successors, probabilities) =>
        {
            // The rest of the space may be used for whatever.
            successors.Fill(-7);
            probabilities.Fill(double.NaN);
            Range entries = (int)p.Offsets[(s * matrix.Actions) + a]..(int)p.Offsets[(s * matrix.Actions) + a + 1];
            p.Columns.AsSpan(entries).CopyTo(successors);
            p.Values.AsSpan(entries).CopyTo(probabilities);
            return p.Columns[entries].Length;
        });
    }

    private static void AssertSame(Transitions expected, Transitions found)
    {
        Assert.Equal(
            (expected.States, expected.Actions, expected.EntryCount, expected.LongestRow),
            (found.States, found.Actions, found.EntryCount, found.LongestRow));
        Assert.Equal((expected.MaxRowSum, expected.RowsSumToOne), (found.MaxRowSum, found.RowsSumToOne));
        Assert.Equal(Rows(expected), Rows(found));
        Assert.Equal(expected.Matrix.Offsets, found.Matrix.Offsets);
        Assert.Equal(expected.Matrix.Columns, found.Matrix.Columns);
        Assert.Equal(expected.Matrix.Values, found.Matrix.Values);
    }

    private static List<(int, double)> Rows(Transitions transitions)
    {
        List<(int, double)> entries = [];
        int[] columns = new int[64];
        double[] values = new double[64];
        for (int s = 0; s < transitions.States; s++)
        {
            for (int a = 0; a < transitions.Actions; a++)
            {
                int length = transitions.CopyRow(s, a, columns, values);
                Assert.Equal(length, transitions.RowLength((s * transitions.Actions) + a));
                for (int k = 0; k < length; k++) entries.Add((columns[k], values[k]));
                entries.Add((-1, length));
            }
        }

        return entries;
    }

    /// <summary>Laid out from the matrix or from the function, by one thread or three: byte by byte.</summary>
    private static unsafe void AssertSameSlices(Transitions transitions)
    {
        SparseMatrix p = transitions.Matrix;
        using ThreadTeam team = new(3);
        using SlicedMatrix expected = new(
            transitions.States, transitions.Actions, p.Offsets, p.Columns, p.Values, exact: true, share: true);
        using SlicedMatrix found = new(
            transitions.States, transitions.Actions, new TransitionSlices(Streamed(transitions)), exact: true, share: true, team);
        AssertSameRows(transitions, expected);
        Assert.Equal((expected.Bytes, expected.Stored, expected.Bandwidth), (found.Bytes, found.Stored, found.Bandwidth));
        int members = expected.Slices * expected.Members;
        Assert.Equal(
            new ReadOnlySpan<SliceMember>(expected.MemberTable, members), new ReadOnlySpan<SliceMember>(found.MemberTable, members));
        AssertSameRows(transitions, found);
        using ResponseStructure? first = ResponseStructure.Create(transitions, expected),
            second = ResponseStructure.Create(transitions, expected, team);
        Assert.Equal(first?.Bytes, second?.Bytes);
        if (first is null || second is null) return;
        for (int slice = 0; slice < first.Matrix.Slices; slice++)
            Assert.Equal((first.Begins[slice], first.Matrix.MemberTable[slice]), (second.Begins[slice], second.Matrix.MemberTable[slice]));
        for (int s = 0; s < transitions.States; s++)
        {
            Assert.Equal(first.Lengths[s], second.Lengths[s]);
            AssertMerged(transitions, first, s);
            AssertMerged(transitions, second, s);
        }
    }

    /// <summary>
    /// A state's row of P_π has the columns of all its actions, ascending; others only where the slice follows a pattern.
    /// </summary>
    private static unsafe void AssertMerged(Transitions transitions, ResponseStructure response, int s)
    {
        (int slice, int lane) = Math.DivRem(s, SlicedMatrix.Height);
        SliceMember merged = response.Matrix.MemberTable[slice];
        SparseMatrix p = transitions.Matrix;
        List<int> expected = [.. Enumerable.Range(0, transitions.Actions)
            .SelectMany(a => p.Columns[(int)p.Offsets[(s * transitions.Actions) + a]..(int)p.Offsets[(s * transitions.Actions) + a + 1]])
                .Distinct().Order()];
        List<int> found = [.. Enumerable.Range(0, response.Lengths[s]).Select(k => response.Matrix.Column(merged, slice, lane, k))];
        Assert.Equal(found.Distinct().Order(), found);
        if (merged.Form == ColumnForm.Shift) found.RemoveAll(column => !expected.Contains(column));
        Assert.Equal(expected, found);
    }

    private static unsafe void AssertSameRows(Transitions transitions, SlicedMatrix sliced)
    {
        SparseMatrix p = transitions.Matrix;
        int[] columns = new int[64];
        double[] values = new double[64];
        for (int row = 0; row < p.RowCount; row++)
        {
            (int s, int a) = Math.DivRem(row, transitions.Actions);
            int length = transitions.RowLength(row), begin = (int)p.Offsets[row];
            sliced.CopyRow(s, a, columns.AsSpan(0, length), values.AsSpan(0, length));
            Assert.Equal(p.Columns.AsSpan(begin, length), columns.AsSpan(0, length));
            Assert.Equal(p.Values.AsSpan(begin, length), values.AsSpan(0, length));
        }
    }

    private static List<double> Answers(ProblemData data, EngineLayout layout)
    {
        List<double> answers = [];
        using CpuBackend backend = new(2);
        using Mdp mdp = new(LinearProblem.Create("random", data), backend, layout: layout);
        mdp.Initialise([1]);
        mdp.Configure();
        foreach (SolveMethod method in (SolveMethod[])[SolveMethod.Auto, SolveMethod.PolicyIteration])
        {
            using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-9, Method = method });
            response.Solve();
            Certificate[] certificate = new Certificate[1];
            response.Certify(certificate);
            double[] v = new double[mdp.Engine.States], policy = new double[v.Length * mdp.Engine.Actions];
            mdp.Engine.Download(response.V, 0, v);
            mdp.Engine.Download(response.Policy, 0, policy);
            answers.AddRange(
                [.. v, .. policy, certificate[0].Residual, certificate[0].Bound, certificate[0].Iterations, certificate[0].Products]);
        }

        return answers;
    }

    private static List<double> Rollouts(
        RandomInstances data, Transitions transitions, double[] probabilities, EngineLayout layout, bool own)
    {
        using CpuBackend backend = new(2);
        using Engine engine = backend.CreateEngine(transitions, new EngineOptions(OwnTransitions: own, Layout: layout));
        if (own) engine.Upload(engine.Probabilities!, 0, data.Own[0]);
        using DeviceArray policy = Put(engine, ArrayKind.StateAction, probabilities),
            initial = Put(engine, ArrayKind.State, data.Initial[0]);
        using DeviceArray reward = Put(engine, ArrayKind.StateAction, data.Rewards[0]),
            leaderReward = Put(engine, ArrayKind.StateAction, data.LeaderRewards[0]);
        using DeviceArray visits = engine.Allocate(ArrayKind.StateAction), v = engine.Allocate(ArrayKind.State);
        using RolloutBuffer rollouts = engine.AllocateRollouts(new RolloutShape(8, 50, 20));
        engine.Rollout(rollouts, policy, initial, reward, leaderReward, [3], 1);
        using DeviceArray powers = engine.AllocateSteps(rollouts.Shape);
        engine.Scale(rollouts, null, powers, discount: 0.9, perEpisode: true);
        engine.Scatter(rollouts, powers, StepPlace.Pair, visits);
        SweepStatus status = new(1);
        status.Begin();
        engine.SoftSweeps(v, reward, 0.8, new SweepLimits(20, -1, 0), status);
        double[] visited = new double[visits.Length], values = new double[v.Length];
        engine.Download(visits, 0, visited);
        engine.Download(v, 0, values);
        return [.. visited, .. values];
    }

    private static DeviceArray Put(Engine engine, ArrayKind kind, double[] values)
    {
        DeviceArray array = engine.Allocate(kind);
        engine.Upload(array, 0, values);
        return array;
    }

    /// <summary>One action, two successors anywhere.</summary>
    private static Transitions Scattered(int states)
    {
        Random random = new(5);
        long[] offsets = [.. Enumerable.Range(0, states + 1).Select(s => 2L * s)];
        int[] columns =
            [.. Enumerable.Range(0, states).SelectMany(s => (int[])[random.Next(states / 8), states - 1 - random.Next(states / 8)])];
        return new Transitions(states, 1, new SparseMatrix(states, offsets, columns, [.. Enumerable.Repeat(0.5, 2 * states)]));
    }
}
