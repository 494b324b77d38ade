using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

/// <summary>Vectors that no cache line, block or page divides.</summary>
public abstract partial class BackendContract
{
    private const int Long = 40_007;

    [Theory, MemberData(nameof(Links))]
    public void LongLinksAreTheirFormulasToo(LinkKind kind, bool magnitudes)
    {
        using Device d = NewDevice(Precision.F64, EngineLayout.Instances, leaders: 2, states: 2);
        LinkMap link = new(kind, -0.7, 0.4, magnitudes);
        double[][] x = d.Data.Numbers(Long, 2);
        (x[0][33_000], x[1][20_000]) = (5, 6);
        DeviceArray y = d.Unwritten(ArrayKind.Parameter, link.OutputLength(Long));
        d.Engine.Link(link, d.Put(ArrayKind.Parameter, x), y);
        d.Expect(y, leader => Value(link, x[leader]));
    }

    [Theory, MemberData(nameof(Links))]
    public void LongLinksPullBackAlongADirection(LinkKind kind, bool magnitudes)
    {
        using Device d = NewDevice(Precision.F64, EngineLayout.Instances, leaders: 2, states: 2);
        LinkMap link = new(kind, -0.7, 0.4, magnitudes);
        double[][] x = d.Data.Numbers(Long, 2), dy = d.Data.Numbers(link.OutputLength(Long), 2), before = d.Data.Numbers(Long, 2);
        double[] along = d.Data.Numbers(Long);
        DeviceArray gradient = d.Put(ArrayKind.Parameter, before);
        d.Engine.LinkPullback(link, d.Put(ArrayKind.Parameter, x), d.Put(ArrayKind.Parameter, dy), gradient);
        double[][] found = d.Get(gradient);
        for (int leader = 0; leader < 2; leader++)
        {
            const double h = 1e-6;
            double[] Moved(double by) => Value(link, [.. x[leader].Zip(along, (a, b) => a + (by * b))]);
            double slope = Moved(h).Zip(Moved(-h), (a, b) => (a - b) / (2 * h)).Zip(dy[leader], (a, b) => a * b).Sum();
            double expected = found[leader].Zip(before[leader], (g, b) => g - b).Zip(along, (g, b) => g * b).Sum();
            Assert.Equal(slope, expected, 1e-5 * Math.Max(1, Math.Abs(slope)));
        }
    }

    [Fact]
    public void LongNormsAndSumsAreThoseOfTheirNumbers()
    {
        using Device d = NewDevice(Precision.F64, EngineLayout.Instances, leaders: 2, states: 2);
        double[][] x = d.Data.Numbers(Long, 2), y = d.Data.Numbers(Long, 2);
        DeviceArray source = d.Put(ArrayKind.Parameter, x), target = d.Put(ArrayKind.Parameter, y);
        double[] norms = new double[2];
        d.Engine.Norms(source, norms);
        d.Expect([.. x.Select(v => Math.Sqrt(v.Sum(n => n * n)))], norms);
        d.Engine.Accumulate(target, source, [0.5, -2]);
        d.Expect(target, leader => [.. y[leader].Zip(x[leader], (a, b) => a + ((leader == 0 ? 0.5 : -2) * b))]);
    }

    [Theory]
    [InlineData(Precision.F64, EngineLayout.States, 1)]
    [InlineData(Precision.F32, EngineLayout.States, 1)]
    [InlineData(Precision.F64, EngineLayout.Instances, 5)]
    [InlineData(Precision.F32, EngineLayout.Instances, 5)]
    public void ManyStatesHaveTheirCotangentsAndProducts(Precision precision, EngineLayout layout, int leaders)
    {
        const int states = 16_384 + 4096 + 11;
        Random random = new(1);
        double[][] Numbers(int count) =>
            RandomInstances.Each(leaders, _ => RandomInstances.Each(count, _ => (2 * random.NextDouble()) - 1));
        double tolerance = precision == Precision.F64 ? 1e-11 : 2e-5;
        using Engine engine = Tested.CreateEngine(Staying(states, 2), new EngineOptions(leaders, 1, false, precision, layout));
        double[] temperatures = RandomInstances.Each(leaders, i => 0.5 + i), products = new double[leaders], found = new double[2 * states];
        engine.SetTemperatures(temperatures);
        DeviceArray Put(ArrayKind kind, double[][] values)
        {
            DeviceArray array = engine.Allocate(kind);
            for (int i = 0; i < leaders; i++) engine.Upload(array, i, values[i]);
            return array;
        }

        double[][] a = Numbers(states), b = Numbers(states), g = Numbers(2 * states), policy = Numbers(2 * states);
        engine.Dot(Put(ArrayKind.State, a), Put(ArrayKind.State, b), products);
        foreach (double[] pi in policy)
            for (int k = 0; k < pi.Length; k += 2) (pi[k], pi[k + 1]) = (Math.Abs(pi[k]), 1 - Math.Abs(pi[k]));
        DeviceArray c = engine.Allocate(ArrayKind.StateAction);
        engine.QCotangent(Put(ArrayKind.StateAction, policy), Put(ArrayKind.StateAction, g), c);
        for (int i = 0; i < leaders; i++)
        {
            double product = a[i].Zip(b[i], (x, y) => x * y).Sum();
            Assert.Equal(product, products[i], 100 * tolerance);
            engine.Download(c, i, found);
            for (int k = 0; k < found.Length; k++)
            {
                double mean = (policy[i][k & ~1] * g[i][k & ~1]) + (policy[i][k | 1] * g[i][k | 1]);
                double expected = policy[i][k] * (g[i][k] - mean) / temperatures[i];
                if (!(Math.Abs(found[k] - expected) <= tolerance))
                    Assert.Fail($"number {k} of instance {i}: {found[k]:R}; expected {expected:R}");
            }
        }
    }

    /// <summary>Every action stays where it is.</summary>
    internal static Transitions Staying(int states, int actions)
    {
        int rows = states * actions;
        SparseMatrix matrix = new(
            states, RandomInstances.Each(rows + 1, row => (long)row), RandomInstances.Each(rows, row => row / actions),
            RandomInstances.Each(rows, _ => 1.0));
        return new Transitions(states, actions, matrix);
    }
}
