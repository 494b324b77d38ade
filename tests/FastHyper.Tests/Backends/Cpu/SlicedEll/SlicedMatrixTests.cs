using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.Cpu.Krylov;
using FastHyper.Backends.Cpu.Lanes;
using FastHyper.Backends.Cpu.SlicedEll;
using FsCheck.Xunit;

namespace FastHyper.Tests.Backends.Cpu.SlicedEll;

public class SlicedMatrixTests
{
    [Property(MaxTest = 1000, Replay = "20261121,7")]
    public void TheHalvesOfAProbabilityAreTheProbability(double any)
    {
        double number = double.IsFinite(any) ? Math.Abs(any % 1) : 0.5;
        (float high, int low) = SplitNumber.Split(number);
        Assert.Equal(Math.Abs((float)number) < 1.17549435e-38f ? 0 : number, SplitNumber.Join(high, low));
    }

    [Theory, InlineData(0), InlineData(1), InlineData(0.5), InlineData(1.0 / 3), InlineData(0.9999999999999999), InlineData(2e-38),
        InlineData(1.5e-38)]
    public void TheHalvesOfANumberJoin(double number)
    {
        (float high, int low) = SplitNumber.Split(number);
        Assert.Equal(number, SplitNumber.Join(high, low));
    }

    [Fact]
    public unsafe void KeepsEveryEntryInEveryForm()
    {
        foreach (Transitions transitions in (Transitions[])[
            Grids.Create(37, s => 0.1 + (s % 7 * 0.01)), new RandomInstances(1, 130, 3).Transitions, Scattered(70_001)])
        {
            SparseMatrix p = transitions.Matrix;
            using SlicedMatrix sliced = new(
                transitions.States, transitions.Actions, p.Offsets, p.Columns, p.Values, exact: true, share: true);
            for (int row = 0; row < p.RowCount; row++)
            {
                (int s, int a) = Math.DivRem(row, transitions.Actions);
                int slice = s / SlicedMatrix.Height, lane = s % SlicedMatrix.Height;
                SliceMember member = sliced.MemberTable[((long)slice * transitions.Actions) + a];
                for (int k = 0; k < member.Width; k++)
                {
                    long at = (((long)member.Values + k) * SlicedMatrix.Height) + lane;
                    double value = SplitNumber.Join(sliced.High[at], sliced.Low[at]);
                    bool stored = k < p.Offsets[row + 1] - p.Offsets[row];
                    Assert.Equal(stored ? p.Values[p.Offsets[row] + k] : 0, value);
                    if (stored) Assert.Equal(p.Columns[p.Offsets[row] + k], sliced.Column(member, slice, lane, k));
                    Assert.InRange(sliced.Column(member, slice, lane, k), 0, transitions.States - 1);
                }
            }
        }
    }

    [Fact]
    public unsafe void ChoosesTheFormThatTakesTheFewestBytes()
    {
        Assert.Equal((true, true, false), Forms(Grids.Create(64, _ => 0.2)));
        Assert.Equal((false, true, false), Forms(new RandomInstances(1, 130, 3).Transitions));
        Assert.Equal((false, false, true), Forms(Scattered(160_000)));
    }

    [Fact]
    public void RepeatedValuesAreStoredOnce()
    {
        Transitions uniform = Grids.Create(256, _ => 0.2);
        Transitions varied = Grids.Create(256, s => 0.1 + (0.3 * ((s * 7919L) % 65_536) / 65_536));
        Assert.InRange(BytesPerRow(uniform), 0, 8);
        Assert.InRange(BytesPerRow(varied), 30, 45);
    }

    [Fact]
    public void ReleasedRowsComeBackAsTheyWere()
    {
        Transitions transitions = new RandomInstances(1, 300, 3).Transitions;
        SparseMatrix before = transitions.Matrix;
        Assert.False(transitions.ReleaseMatrix());
        using CpuBackend backend = new(1);
        using (Engine engine = backend.CreateEngine(transitions, new EngineOptions(Layout: EngineLayout.States)))
        {
            Assert.True(transitions.ReleaseMatrix());
            Assert.NotSame(before, transitions.Matrix);
        }

        Assert.Equal(before.Offsets, transitions.Matrix.Offsets);
        Assert.Equal(before.Columns, transitions.Matrix.Columns);
        Assert.Equal(before.Values, transitions.Matrix.Values);
        Assert.Same(transitions.Matrix, transitions.Matrix);
    }

    [Fact]
    public void EnginesShareWhatTheyReadOnly()
    {
        Transitions transitions = Grids.Create(32, _ => 0.2);
        using CpuBackend backend = new(1);
        using Engine first = backend.CreateEngine(transitions, new EngineOptions(Layout: EngineLayout.States));
        ITransitionRows? rows = transitions.Rows;
        Assert.NotNull(rows);
        using Engine second = backend.CreateEngine(transitions, new EngineOptions(Layout: EngineLayout.States));
        using Engine own = backend.CreateEngine(transitions, new EngineOptions(OwnTransitions: true, Layout: EngineLayout.States));
        own.Fill(own.Probabilities!, 0);
        Assert.Same(rows, transitions.Rows);
        int[] columns = new int[8];
        double[] values = new double[8];
        int length = transitions.CopyRow(40, 1, columns, values);
        Assert.Equal(1, values.AsSpan(0, length).ToArray().Sum(), 1e-12);
    }

    [Fact]
    public unsafe void ResponsesMergeActionsThatShareNeighbours()
    {
        Transitions grid = Grids.Create(64, _ => 0.2);
        using SlicedMatrix p = Sliced(grid);
        using ResponseStructure? merged = ResponseStructure.Create(grid, p);
        Assert.NotNull(merged);
        for (int slice = 0; slice < p.Slices; slice++) Assert.InRange(merged.Matrix.MemberTable[slice].Width, 3, 5);
        Transitions random = new RandomInstances(1, 1000, 4).Transitions;
        using SlicedMatrix q = Sliced(random);
        Assert.Null(ResponseStructure.Create(random, q));
    }

    [Fact]
    public unsafe void ResponsesOfStatesThatEndAreNotTakenForOthers()
    {
        // Whole slices without successors, and then slices that all have the next pattern.
        const int states = 8 * SlicedMatrix.Height, ending = 2 * SlicedMatrix.Height;
        long[] offsets = [.. Enumerable.Range(0, (2 * states) + 1).Select(row => 2L * Math.Max(0, row - (2 * ending)))];
        int[] columns = [.. Enumerable.Range(ending, states - ending).SelectMany(s => (int[])[s - 2, s - 1, s - 2, s - 1])];
        Transitions t = new(states, 2, new SparseMatrix(states, offsets, columns, [.. Enumerable.Repeat(0.5, columns.Length)]));
        using SlicedMatrix p = Sliced(t);
        using ResponseStructure? merged = ResponseStructure.Create(t, p);
        Assert.NotNull(merged);
        for (int s = 0; s < states; s++) Assert.Equal(s < ending ? 0 : 2, merged.Lengths[s]);
    }

    [Fact]
    public unsafe void ResponsesHaveEachColumnOnceInWhateverOrderRowsAre()
    {
        const int states = 100;
        int[] columns =
            [.. Enumerable.Range(0, 3 * states).SelectMany(row => (int[])[0, ((row / 3) + 1) % states, ((row / 3) + states - 1) % states])];
        Transitions t = new(
            states, 3,
            new SparseMatrix(
                states, [.. Enumerable.Range(0, (3 * states) + 1).Select(row => 3L * row)], columns,
                [.. Enumerable.Repeat(0.25, columns.Length)]));
        using SlicedMatrix p = Sliced(t);
        using ResponseStructure? merged = ResponseStructure.Create(t, p);
        Assert.NotNull(merged);
        for (int s = 0; s < states; s++) Assert.Equal(s is 1 or states - 1 ? 2 : 3, merged.Lengths[s]);
    }

    /// <summary>A run of slices alike ends where a pattern, a width or the place of the values changes.</summary>
    [Fact]
    public unsafe void SlicesAlikeAreCounted()
    {
        const int slices = 600;
        List<long> offsets = [0];
        List<int> columns = [];
        for (int s = 0; s < slices * SlicedMatrix.Height; s++)
        {
            // Alike up to slice 299, but for 100 without columns; then another pattern.
            int slice = s / SlicedMatrix.Height;
            if (slice != 100) columns.Add(s);
            if (slice >= 300) columns.Add(s - 40);
            offsets.Add(columns.Count);
        }

        double[] values = new double[columns.Count];
        values.AsSpan().Fill(0.5);
        using SlicedMatrix alone = new(slices * SlicedMatrix.Height, 1, [.. offsets], [.. columns], values, exact: false, share: false);
        for (int slice = 0; slice < slices; slice++)
        {
            int end = slice < 100 ? 99 : slice == 100 ? 100 : slice < 300 ? 299 : slices - 1;
            Assert.Equal(Math.Min(end - slice, 255), alone.MemberTable[slice].Alike);
        }

        using SlicedMatrix shared = new(slices * SlicedMatrix.Height, 1, [.. offsets], [.. columns], values, exact: false, share: true);
        for (int slice = 0; slice < slices; slice++)
            for (int i = 1; i <= shared.MemberTable[slice].Alike; i++)
                Assert.Equal(
                    shared.MemberTable[slice].Values + (i * shared.MemberTable[slice].Width), shared.MemberTable[slice + i].Values);
    }

    private static SlicedMatrix Sliced(Transitions t) =>
        new(t.States, t.Actions, t.Matrix.Offsets, t.Matrix.Columns, t.Matrix.Values, exact: true, share: true);

    private static double BytesPerRow(Transitions transitions)
    {
        using SlicedMatrix p = Sliced(transitions);
        return p.Bytes / (double)transitions.Matrix.RowCount;
    }

    private static unsafe (bool Shift, bool Near, bool Far) Forms(Transitions transitions)
    {
        using SlicedMatrix p = Sliced(transitions);
        HashSet<ColumnForm> forms = [.. Enumerable.Range(0, p.Slices * p.Members).Select(at => p.MemberTable[at].Form)];
        return (forms.Contains(ColumnForm.Shift), forms.Contains(ColumnForm.Near), forms.Contains(ColumnForm.Far));
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
