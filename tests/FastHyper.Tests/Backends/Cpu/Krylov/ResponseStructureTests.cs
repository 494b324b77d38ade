using System.Numerics;
using FastHyper.Backends;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Krylov;
using FastHyper.Backends.Cpu.Lanes;
using FastHyper.Backends.Cpu.OneLargeMdp;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Tests.Backends.Cpu.Krylov;

/// <summary>P_π as a pass over the states writes it, against Σ_a π_a P_a.</summary>
public class ResponseStructureTests
{
    private const int Actions = 4;

    public static TheoryData<string, int> Problems => new()
    {
        { "walls", 7 }, { "walls", 16 }, { "walls", 21 }, { "walls", 40 }, { "walls", 64 },
        { "swapped", 5 }, { "swapped", 12 }, { "swapped", 33 },
        { "holes", 9 }, { "holes", 30 },
        { "row", 300 },
    };

    [Theory, MemberData(nameof(Problems))]
    public void ValuesAreThoseOfThePolicy(string name, int side)
    {
        Transitions transitions = Create(name, side);
        foreach (int threads in (int[])[1, 2])
        {
            using ThreadTeam team = new(threads);
            Compare<Lane1<double>, double>(transitions, team, 1e-6);
            Compare<Lane256<double>, double>(transitions, team, 1e-6);
            Compare<Lane512<double>, double>(transitions, team, 1e-6);
            Compare<Lane256<float>, float>(transitions, team, 1e-6);
        }
    }

    /// <summary>
    /// Slices at a wall lack a neighbour here and there, and follow a pattern all the same, and so do those of the transpose.
    /// </summary>
    [Theory, InlineData("walls", 40), InlineData("walls", 64), InlineData("swapped", 32)]
    public void WallsFollowThePatternsBesideThem(string name, int side)
    {
        Transitions transitions = Create(name, side);
        using SlicedMatrix p = Slice(transitions);
        using ResponseStructure structure = ResponseStructure.Create(transitions, p)!;
        using ResponseTranspose transpose = ResponseTranspose.Create(structure)!;
        Assert.InRange(Patterned(p), 0, p.Slices * Actions * 7 / 10);
        // All but those at the upper and the lower wall, where a pattern would lead out of the grid.
        Assert.InRange(Patterned(structure.Matrix), p.Slices - 4, p.Slices);
        Assert.InRange(Patterned(transpose.Matrix), p.Slices - 4, p.Slices);

        static unsafe int Patterned(SlicedMatrix matrix)
        {
            int count = 0;
            for (int i = 0; i < matrix.Slices * matrix.Members; i++)
                if (matrix.MemberTable[i].Form == ColumnForm.Shift) count++;
            return count;
        }
    }

    private static unsafe void Compare<TLane, T>(Transitions transitions, ThreadTeam team, double tolerance)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using SlicedMatrix p = Slice(transitions);
        using ResponseStructure structure = ResponseStructure.Create(transitions, p, team)!;
        Assert.NotNull(structure);
        int capacity = p.Slices * SlicedMatrix.Height;
        using NativeArray<T> values = new(capacity), reward = new((long)capacity * Actions), policy = new((long)capacity * Actions);
        using NativeArray<float> change = new(capacity);
        using NativeArray<TLane> scratch = new(2L * (Actions + byte.MaxValue) * team.Size);
        using NativeArray<BlockBounds> bounds = new(p.Slices);
        Random random = new(20261122);
        for (int s = 0; s < transitions.States; s++)
        {
            double[] shares = [.. Enumerable.Range(0, Actions).Select(_ => random.NextDouble())];
            for (int a = 0; a < Actions; a++) policy.Pointer[((long)a * capacity) + s] = T.CreateTruncating(shares[a] / shares.Sum());
        }

        // What stood there before must not be added to.
        new Span<float>(structure.Matrix.High, checked((int)structure.Matrix.Stored)).Fill(float.NaN);
        BackupKernel<TLane, T> kernel = new()
        {
            P = p,
            SlicesInBlock = 3,
            States = transitions.States,
            RowAction = capacity,
            Discount = T.CreateTruncating(0.9),
            Temperature = T.One,
            InverseTemperature = T.One,
            Scratch = scratch.Pointer,
            ScratchLength = scratch.Length / team.Size,
            Bounds = bounds.Pointer,
            From = values.Pointer,
            Reward = reward.Pointer,
            Policy = policy.Pointer,
            Change = change.Pointer,
            Response = structure,
        };
        team.Run(ref kernel, kernel.Blocks);
        int[] columns = new int[transitions.LongestRow];
        double[] probabilities = new double[transitions.LongestRow];
        for (int s = 0; s < transitions.States; s++)
        {
            Dictionary<int, double> expected = [];
            for (int a = 0; a < Actions; a++)
            {
                int length = transitions.RowLength(((long)s * Actions) + a);
                p.CopyRow(s, a, columns.AsSpan(0, length), probabilities.AsSpan(0, length));
                for (int k = 0; k < length; k++)
                    expected[columns[k]] = expected.GetValueOrDefault(columns[k])
                        + (double.CreateTruncating(policy.Pointer[((long)a * capacity) + s]) * probabilities[k]);
            }

            (int slice, int lane) = Math.DivRem(s, SlicedMatrix.Height);
            SliceMember member = structure.Matrix.MemberTable[slice];
            Assert.InRange(structure.Lengths[s], expected.Count, member.Width);
            double found = 0;
            for (int k = 0; k < member.Width; k++)
            {
                double value = structure.Matrix.High[(((long)member.Values + k) * SlicedMatrix.Height) + lane];
                int column = structure.Matrix.Column(in member, slice, lane, k);
                if (value != 0) Assert.Equal(expected[column], value, tolerance);
                found += value;
            }

            // All of it is there, then, as each is.
            Assert.Equal(expected.Values.Sum(), found, 4 * tolerance);
        }
    }

    private static SlicedMatrix Slice(Transitions transitions) =>
        new(transitions.States, transitions.Actions, new TransitionSlices(transitions), exact: true, share: true);

    private static Transitions Create(string name, int side)
    {
        int states = name == "row" ? side : side * side;
        return Transitions.FromRows(states, Actions, 5, Row);

        int Row(int s, int a, Span<int> columns, Span<double> values)
        {
            (int row, int column) = name == "row" ? (0, s) : Math.DivRem(s, side);
            int last = name == "row" ? 0 : side - 1;
            int right = name == "row" ? states - 1 : side - 1;
            int[] to = [row > 0 ? s - side : s, column < right ? s + 1 : s, row < last ? s + side : s, column > 0 ? s - 1 : s];
            int east = to[1];
            // The names of moves change from state to state: no action follows a pattern, all of them together do.
            if (name == "swapped") to = [.. to.Select((_, i) => to[(i + s) % Actions])];
            double slip = name == "swapped" ? 0 : 0.2 + (0.1 * (s % 3));
            SortedDictionary<int, double> shares = new() { [s] = 0.1 };
            shares[east] = shares.GetValueOrDefault(east) + 0.1;
            for (int i = 0; i < Actions; i++)
            {
                bool hole = name == "holes" && (s * 7 % 11) == i;
                double share = i == a ? 0.8 - slip : slip / 3;
                int next = hole ? s : to[i];
                if (share > 0) shares[next] = shares.GetValueOrDefault(next) + share;
            }

            int stored = 0;
            foreach ((int successor, double share) in shares)
            {
                columns[stored] = successor;
                values[stored++] = share;
            }

            return stored;
        }
    }
}
