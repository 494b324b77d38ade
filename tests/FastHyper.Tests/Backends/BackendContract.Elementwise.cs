using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

public abstract partial class BackendContract
{
    [Theory, MemberData(nameof(Engines))]
    public void ArraysOfEveryKindComeBackAsTheyWere(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader, actions: 6, leaderActions: 2);
        foreach (ArrayKind kind in Enum.GetValues<ArrayKind>())
        {
            DeviceArray array = d.Unwritten(kind, 6);
            double[][] values = d.Data.Numbers(array.Length, kind == ArrayKind.Parameter ? leaders : d.Data.Instances);
            for (int i = 0; i < values.Length; i++) d.Engine.Upload(array, i, values[i]);
            bool rounds = precision == Precision.F32 && kind is not (ArrayKind.WideState or ArrayKind.Parameter or ArrayKind.Step);
            Assert.Equal(values.Select(x => x.Select(y => rounds ? (float)y : y).ToArray()), d.Get(array));
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void NewArraysAreZeroAndFillSetsEveryNumber(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader, actions: 6, leaderActions: 2);
        foreach (ArrayKind kind in Enum.GetValues<ArrayKind>())
        {
            DeviceArray array = d.Allocate(kind, 6);
            foreach (double value in (double[])[0, 2.5, 0])
            {
                if (value != 0 || d.Get(array)[0][0] != 0) d.Engine.Fill(array, value);
                Assert.All(d.Get(array), numbers => Assert.All(numbers, x => Assert.Equal(value, x)));
            }
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void CopiesOutsideAnArrayAreRefused(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader, actions: 6, leaderActions: 2);
        foreach (ArrayKind kind in Enum.GetValues<ArrayKind>())
        {
            DeviceArray array = d.Unwritten(kind, 6);
            int count = kind == ArrayKind.Parameter ? leaders : d.Data.Instances;
            double[] values = new double[array.Length];
            Assert.ThrowsAny<ArgumentException>(() => d.Engine.Upload(array, 0, new double[array.Length + 1]));
            Assert.ThrowsAny<ArgumentException>(() => d.Engine.Download(array, 0, new double[array.Length - 1]));
            Assert.ThrowsAny<ArgumentException>(() => d.Engine.Upload(array, count, values));
            Assert.ThrowsAny<ArgumentException>(() => d.Engine.Download(array, count, values));
            Assert.ThrowsAny<ArgumentException>(() => d.Engine.Download(array, -1, values));
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void CombineAddsUpSourcesWithCoefficientsOfEachInstance(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        int count = d.Data.Instances;
        double[][][] values = [d.Data.Numbers(37, count), d.Data.Numbers(37, count), d.Data.Numbers(37, count)];
        DeviceArray[] sources = [.. values.Select(v => d.Put(ArrayKind.State, v))];
        double[] c = d.Data.Numbers(3 * count);
        DeviceArray target = d.Unwritten(ArrayKind.State);
        double[] Sum(int i) =>
            [.. Enumerable.Range(0, 37).Select(s => Enumerable.Range(0, 3).Sum(j => c[(j * count) + i] * values[j][i][s]))];
        d.Engine.Combine(sources, c, target);
        d.Expect(target, Sum);
        d.Engine.Combine(sources, c, sources[1]);
        d.Expect(sources[1], Sum);
        Assert.Throws<ArgumentException>(() => d.Engine.Combine(sources, c.AsSpan(1), target));
    }

    [Theory, MemberData(nameof(Engines))]
    public void ScaleByStateMultipliesOrAccumulates(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] m = d.Data.Numbers(37 * 3, d.Data.Instances), v = d.Data.Numbers(37, d.Data.Instances),
            t = d.Data.Numbers(37 * 3, d.Data.Instances);
        DeviceArray matrix = d.Put(ArrayKind.StateAction, m);
        DeviceArray vector = d.Put(ArrayKind.State, v);
        DeviceArray product = d.Unwritten(ArrayKind.StateAction);
        DeviceArray sum = d.Put(ArrayKind.StateAction, t);
        d.Engine.ScaleByState(matrix, vector, product, accumulate: false);
        d.Engine.ScaleByState(matrix, vector, sum, accumulate: true);
        d.Engine.ScaleByState(matrix, vector, matrix, accumulate: false);
        d.Expect(product, i => [.. m[i].Select((x, row) => x * v[i][row / 3])]);
        d.Expect(sum, i => [.. m[i].Select((x, row) => t[i][row] + (x * v[i][row / 3]))]);
        d.Expect(matrix, i => [.. m[i].Select((x, row) => x * v[i][row / 3])]);
    }

    [Theory, MemberData(nameof(Engines))]
    public void QCotangentIsTheSoftmaxPullback(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] policies = d.Data.Policies(), g = d.Data.Numbers(37 * 3, d.Data.Instances);
        DeviceArray target = d.Unwritten(ArrayKind.StateAction);
        d.Engine.QCotangent(d.Put(ArrayKind.StateAction, policies), d.Put(ArrayKind.StateAction, g), target);
        d.Expect(target, i => d.Reference(i).QCotangent(policies[i], g[i], d.Data.Temperatures[i]));
    }

    [Theory, InlineData(EngineLayout.States), InlineData(EngineLayout.Instances)]
    public void QCotangentKeepsItsDigitsWhereThePolicyIsNearlyDeterministic(EngineLayout layout)
    {
        using Device d = NewDevice(Precision.F64, layout, states: 1, actions: 2);
        DeviceArray target = d.Unwritten(ArrayKind.StateAction);
        d.Engine.QCotangent(d.Put(ArrayKind.StateAction, [[1, 1e-30]]), d.Put(ArrayKind.StateAction, [[1, 4]]), target);
        double[] c = d.Get(target)[0];
        double exact = 3e-30 / d.Data.Temperatures[0];
        Assert.InRange(c[0] / -exact, 1 - 1e-12, 1 + 1e-12);
        Assert.InRange(c[1] / exact, 1 - 1e-12, 1 + 1e-12);
    }

    [Theory, MemberData(nameof(Engines))]
    public void EntryCotangentIsScaleTimesRowTimesSuccessorValue(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] rows = d.Data.Numbers(37 * 3, d.Data.Instances), v = d.Data.Numbers(37, d.Data.Instances);
        DeviceArray target = d.Unwritten(ArrayKind.Entry);
        d.Engine.EntryCotangent(d.Put(ArrayKind.StateAction, rows), d.Put(ArrayKind.State, v), 0.7, target);
        SparseMatrix p = d.Data.Transitions.Matrix;
        (int Row, int Next)[] entries = [.. Enumerable.Range(0, p.RowCount)
            .SelectMany(row => p.Columns[(int)p.Offsets[row]..(int)p.Offsets[row + 1]].Select(next => (row, next)))];
        d.Expect(target, i => [.. entries.Select(e => 0.7 * rows[i][e.Row] * v[i][e.Next])]);
    }

    [Theory, MemberData(nameof(Engines))]
    public void DotSumsOverStatesInFloat64(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        DeviceArray a = d.Put(ArrayKind.State, d.Data.Numbers(37, d.Data.Instances));
        DeviceArray b = d.Put(ArrayKind.State, d.Data.Numbers(37, d.Data.Instances));
        double[] result = new double[d.Data.Instances];
        d.Engine.Dot(a, b, result);
        (double[][] x, double[][] y) = (d.Get(a), d.Get(b));
        for (int i = 0; i < result.Length; i++) Assert.Equal(x[i].Zip(y[i], (p, q) => p * q).Sum(), result[i], 1e-14);
    }
}
