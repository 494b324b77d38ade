using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

public abstract partial class BackendContract
{
    public static TheoryData<LinkKind, bool> Links
    {
        get
        {
            TheoryData<LinkKind, bool> data = [];
            foreach (LinkKind kind in Enum.GetValues<LinkKind>())
            {
                data.Add(kind, false);
                data.Add(kind, true);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Links))]
    public void LinkIsItsFormula(LinkKind kind, bool magnitudes)
    {
        using Device d = NewDevice(Precision.F64, EngineLayout.Instances, leaders: 3, states: 2);
        LinkMap link = new(kind, -0.7, 0.4, magnitudes);
        double[][] x = [[-2, 0.5, 1, 0], [700, -700, 0, 3], [0, 0, 0, 0]];
        DeviceArray y = d.Unwritten(ArrayKind.Parameter, link.OutputLength(4));
        d.Engine.Link(link, d.Put(ArrayKind.Parameter, x), y);
        d.Expect(y, leader => Value(link, x[leader]));
    }

    [Theory, MemberData(nameof(Links))]
    public void LinkNeverDropsWhatIsNotANumber(LinkKind kind, bool magnitudes)
    {
        using Device d = NewDevice(Precision.F64, EngineLayout.Instances, leaders: 2, states: 2);
        LinkMap link = new(kind, -0.7, 0.4, magnitudes);
        for (int k = 0; k < 6; k++)
        {
            double[][] x = d.Data.Numbers(6, 2);
            x[1][k] = double.NaN;
            DeviceArray y = d.Put(ArrayKind.Parameter, RandomInstances.Each(2, _ => new double[link.OutputLength(6)]));
            d.Engine.Link(link, d.Put(ArrayKind.Parameter, x), y);
            double[][] found = d.Get(y);
            d.Expect(Value(link, x[0]), found[0]);
            for (int j = 0; j < found[1].Length; j++) Assert.Equal(kind == LinkKind.Softmax || j % 6 == k, double.IsNaN(found[1][j]));
        }
    }

    [Theory, MemberData(nameof(Links))]
    public void LinkPullbackAgreesWithCentralDifferences(LinkKind kind, bool magnitudes)
    {
        using Device d = NewDevice(Precision.F64, EngineLayout.Instances, leaders: 3, states: 2);
        LinkMap link = new(kind, -0.7, 0.4, magnitudes);
        double[][] x = d.Data.Numbers(6, 3), dy = d.Data.Numbers(link.OutputLength(6), 3), before = d.Data.Numbers(6, 3);
        DeviceArray gradient = d.Put(ArrayKind.Parameter, before);
        d.Engine.LinkPullback(link, d.Put(ArrayKind.Parameter, x), d.Put(ArrayKind.Parameter, dy), gradient);
        d.Expect(gradient, leader => [.. before[leader].Select((g, k) => g + Slope(link, x[leader], dy[leader], k))], 1e-9);
    }

    [Theory, MemberData(nameof(Engines))]
    public void AnAffineMapsConstantMayBeAFunction(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[] constant = d.Data.Numbers(37 * 3, 1)[0];
        DeviceAffineMap prepared = d.Engine.Prepare([new AffineMap((s, a) => constant[(s * 3) + a])]);
        DeviceArray target = d.Unwritten(ArrayKind.StateAction);
        d.Engine.Affine(prepared, new int[d.Data.Instances], d.Put(ArrayKind.Parameter, d.Data.Numbers(7, leaders)), target);
        d.Expect(target, _ => constant);
    }

    [Theory, MemberData(nameof(Engines))]
    public void AffineMapsTheLeadersIncentivesByEachInstancesContext(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        AffineMap[] maps = RandomMaps(d);
        DeviceAffineMap prepared = d.Engine.Prepare(maps);
        double[][] y = d.Data.Numbers(7, leaders);
        DeviceArray incentives = d.Put(ArrayKind.Parameter, y), target = d.Unwritten(ArrayKind.StateAction);
        for (int first = 0; first < maps.Length; first++)
        {
            int[] contexts = [.. Enumerable.Range(0, d.Data.Instances).Select(i => (first + i) % maps.Length)];
            d.Engine.Affine(prepared, contexts, incentives, target);
            d.Expect(target, i => [.. Enumerable.Range(0, 37 * 3).Select(row =>
                ConstantOf(maps[contexts[i]], row) + Entries(maps[contexts[i]], row).Sum(e => e.Value * y[i / perLeader][e.Column]))]);
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void AffinePullbackSumsTheLeadersWeightedInstances(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        AffineMap[] maps = RandomMaps(d);
        DeviceAffineMap prepared = d.Engine.Prepare(maps);
        double[] weights = d.Data.Numbers(d.Data.Instances);
        weights[^1] = layout == EngineLayout.States ? weights[^1] : 0;
        double[][] cotangent = d.Data.Numbers(37 * 3, d.Data.Instances), before = d.Data.Numbers(7, leaders);
        DeviceArray rows = d.Put(ArrayKind.StateAction, cotangent);
        for (int first = 0; first < maps.Length; first++)
        {
            int[] contexts = [.. Enumerable.Range(0, d.Data.Instances).Select(i => (first + i) % maps.Length)];
            DeviceArray dy = d.Put(ArrayKind.Parameter, before);
            d.Engine.AffinePullback(prepared, contexts, weights, rows, dy);
            d.Expect(dy, leader =>
            {
                double[] sum = [.. before[leader]];
                for (int i = leader * perLeader; i < (leader + 1) * perLeader; i++)
                    for (int row = 0; row < 37 * 3; row++)
                        foreach ((int column, double value) in Entries(maps[contexts[i]], row))
                            sum[column] += weights[i] * value * cotangent[i][row];
                return sum;
            });
        }
    }

    [Fact]
    public void AffineMapsOfOtherShapesAreRefused()
    {
        using Device d = NewDevice(Precision.F64, EngineLayout.States, states: 2, actions: 2);
        SparseMatrix tall = new(1, new long[6], [], []);
        Assert.Contains(
            "expected 4 (states x actions)",
            Assert.Throws<InvalidInputException>(() => d.Engine.Prepare([new AffineMap(new double[3], null)])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "5 rows; expected 4",
            Assert.Throws<InvalidInputException>(() => d.Engine.Prepare([new AffineMap(new double[4], tall)])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void NormsAreEuclideanForEachLeader()
    {
        using Device d = NewDevice(Precision.F32, EngineLayout.Instances, leaders: 3, states: 2);
        double[] norms = new double[3];
        d.Engine.Norms(d.Put(ArrayKind.Parameter, [[3, 4], [0, 0], [-5, 12]]), norms);
        Assert.Equal([5, 0, 13], norms);
    }

    [Fact]
    public void AccumulateAddsEachLeadersFactorTimesTheSource()
    {
        using Device d = NewDevice(Precision.F32, EngineLayout.Instances, leaders: 2, states: 2);
        DeviceArray target = d.Put(ArrayKind.Parameter, [[1, 2], [3, 4]]);
        d.Engine.Accumulate(target, d.Put(ArrayKind.Parameter, [[10, 20], [30, 40]]), [0.5, -1]);
        Assert.Equal([[6, 12], [-27, -36]], d.Get(target));
    }

    [Fact]
    public void AdamStepsAscendAsInKingmaAndBa()
    {
        using Device d = NewDevice(Precision.F32, EngineLayout.Instances, leaders: 2, states: 2);
        double[][] x = d.Data.Numbers(5, 2), m = [new double[5], new double[5]], v = [new double[5], new double[5]];
        DeviceArray parameters = d.Put(ArrayKind.Parameter, x), first = d.Put(ArrayKind.Parameter, m),
            second = d.Put(ArrayKind.Parameter, v);
        double[] scales = [0.5, 2], rates = [0.1, 0.02];
        for (int step = 1; step <= 3; step++)
        {
            double[][] g = d.Data.Numbers(5, 2);
            d.Engine.AdamStep(
                parameters, d.Put(ArrayKind.Parameter, g), first, second, scales, rates, new AdamSettings(0.8, 0.95, 1e-3, step));
            for (int leader = 0; leader < 2; leader++)
            {
                for (int i = 0; i < 5; i++)
                {
                    double scaled = scales[leader] * g[leader][i];
                    m[leader][i] = (0.8 * m[leader][i]) + (0.2 * scaled);
                    v[leader][i] = (0.95 * v[leader][i]) + (0.05 * scaled * scaled);
                    double mHat = m[leader][i] / (1 - Math.Pow(0.8, step)), vHat = v[leader][i] / (1 - Math.Pow(0.95, step));
                    x[leader][i] += rates[leader] * mHat / (Math.Sqrt(vHat) + 1e-3);
                }
            }
        }

        foreach ((DeviceArray found, double[][] expected) in ((DeviceArray, double[][])[])[(parameters, x), (first, m), (second, v)])
            for (int leader = 0; leader < 2; leader++)
                Assert.All(d.Get(found)[leader].Zip(expected[leader]), pair => Assert.Equal(pair.Second, pair.First, 1e-14));
    }

    private static double[] Value(LinkMap link, double[] x)
    {
        double total = x.Sum(Math.Exp);
        double[] y = [.. x.Select(value => link.Kind switch
        {
            LinkKind.Identity => value,
            LinkKind.Softmax => link.High * Math.Exp(value) / total,
            _ => link.Low + ((link.High - link.Low) / (1 + Math.Exp(-value))),
        })];
        return link.WithMagnitudes ? [.. y, .. y.Select(Math.Abs)] : y;
    }

    /// <summary>∂(dy · link(x))/∂x_k.</summary>
    private static double Slope(LinkMap link, double[] x, double[] dy, int k)
    {
        const double h = 1e-5;
        double[] up = [.. x], down = [.. x];
        up[k] += h;
        down[k] -= h;
        return Value(link, up).Zip(Value(link, down), (a, b) => (a - b) / (2 * h)).Zip(dy, (slope, c) => slope * c).Sum();
    }

    /// <summary>
    /// Contexts that share a matrix up to a factor, do not depend on y, or give a constant or a row for all actions of a state.
    /// </summary>
    private static AffineMap[] RandomMaps(Device d)
    {
        int rows = d.Data.States * d.Data.Actions;
        long[] offsets = [.. Enumerable.Range(0, rows + 1).Select(row => (row / 2) + (long)(row / 3))];
        int[] columns = [.. Enumerable.Range(0, (int)offsets[^1]).Select(k => k * 5 % 7)];
        SparseMatrix matrix = new(7, offsets, columns, d.Data.Numbers(columns.Length));
        SparseMatrix ofStates = new(
            7, offsets[..(d.Data.States + 1)], columns[..(int)offsets[d.Data.States]], d.Data.Numbers((int)offsets[d.Data.States]));
        return
        [
            new(d.Data.Numbers(rows), matrix), new(d.Data.Numbers(rows), null), new(d.Data.Numbers(rows), matrix, -0.5),
            new(d.Data.Numbers(rows), ofStates), new(d.Data.Numbers(d.Data.States), ofStates, 3),
            new(d.Data.Numbers(d.Data.States), matrix), new(d.Data.Numbers(d.Data.States), null),
        ];
    }

    private static IEnumerable<(int Column, double Value)> Entries(AffineMap map, int row)
    {
        if (map.Matrix is null) yield break;
        if (map.Matrix.RowCount == 37) row /= 3;
        for (long k = map.Matrix.Offsets[row]; k < map.Matrix.Offsets[row + 1]; k++)
            yield return (map.Matrix.Columns[k], map.Scale * map.Matrix.Values[k]);
    }

    private static double ConstantOf(AffineMap map, int row) => map.Constant[map.Constant.Length == 37 ? row / 3 : row];
}
