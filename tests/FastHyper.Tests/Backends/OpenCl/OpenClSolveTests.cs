using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.OpenCl.Engines;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Backends.OpenCl;

/// <summary>Linear solves on a device against those of the processor: one grid and several, with horizons up to 10⁴.</summary>
public sealed class OpenClSolveTests(OpenClFixture fixture) : IClassFixture<OpenClFixture>
{
    private static readonly Transitions s_grid = Grids.Create(24, s => 0.1 + (0.3 * (s * 7919 % 1009) / 1009));

    [Theory]
    [InlineData(1, 0.99), InlineData(1, 0.999), InlineData(1, 0.9999)]
    [InlineData(3, 0.9), InlineData(3, 0.999)]
    public void SolvesEndWhereThoseOfTheProcessorEnd(int instances, double discount)
    {
        using CpuBackend cpu = new(2);
        Answers expected = Solve(cpu, instances, discount), found = Solve(fixture.Backend, instances, discount);
        for (int i = 0; i < instances; i++)
        {
            Close(expected.V[i], found.V[i], "V");
            Close(expected.Value[i], found.Value[i], "the policy's value");
            Close(expected.Visits[i], found.Visits[i], "the adjoint");
        }
    }

    [Fact]
    public void StepsAreFewAndProductsCounted()
    {
        using Engine engine = Create(fixture.Backend, 2, out DeviceArray reward);
        DeviceArray v = engine.Allocate(ArrayKind.State);
        SweepStatus status = new(2);
        status.Begin();
        status.Active[1] = false;
        engine.PolicyIteration(v, reward, 0.99, new SweepLimits(50, 1e-8, 0), status);
        Assert.False(status.Active[0]);
        Assert.InRange(status.Sweeps[0], 2, 100);
        Assert.InRange(status.Products[0], 2, 2000);
        Assert.Equal((0, 0), (status.Sweeps[1], status.Products[1]));
        double[] untouched = new double[s_grid.States];
        engine.Download(v, 1, untouched);
        Assert.All(untouched, value => Assert.Equal(0, value));
    }

    [Theory, InlineData(1), InlineData(3)]
    public void SolvesThatAreCutOffDoNotCountInLaterRounds(int instances)
    {
        using OpenClEngine engine = (OpenClEngine)Create(fixture.Backend, instances, out DeviceArray reward);
        engine.MostIterations = 5;
        DeviceArray v = engine.Allocate(ArrayKind.State);
        SweepStatus status = new(instances);
        status.Begin();
        engine.PolicyIteration(v, reward, 0.999, new SweepLimits(1, 1e-8, 0), status);
        Assert.True(engine.IsSolving);
        engine.PolicyIteration(v, reward, 0.999, new SweepLimits(5000, 1e-8, 0), status);
        Assert.False(status.AnyActive);
        Assert.False(engine.IsSolving);
    }

    [Fact]
    public void LongUndiscountedEpisodesThatLeadStepsAstrayAreSwept()
    {
        // A walk of tens of thousands of steps to the only state where it ends: linear solves do not come near the values of the first
        // policies.
        SparseMatrix p = Grids.Create(80, s => 0.1 + (0.3 * (s * 7919 % 1009) / 1009)).Matrix;
        int ending = (int)p.Offsets[4], states = p.ColumnCount;
        Transitions transitions = new(
            states, 4,
            new SparseMatrix(
                states, [.. p.Offsets.Select(offset => Math.Max(0, offset - ending))], p.Columns[ending..], p.Values[ending..]));
        double[] initial = new double[states];
        initial[^1] = 1;
        ProblemData data = new()
        {
            Transitions = transitions,
            Reward = [.. Grids.Numbers(4 * states, 1).Select(number => -number)],
            LeaderReward = new double[4 * states],
            Initial = initial,
            Gamma = 1,
            GammaLeader = 0.5,
            Temperature = 0.05,
            X = [],
        };
        using Solved solved = new(SmallProblem.Problem(data), tolerance: 1e-9, backend: fixture.Backend);
        solved.AtStart();
        solved.Response.ThrowIfUnsolved();
        Certificate[] certificate = new Certificate[1];
        solved.Response.Certify(certificate);
        Assert.InRange(certificate[0].Residual, 0, 1e-9);
    }

    [Fact]
    public void SweepsThatAreNotInPlaceAreNotSaidToBe()
    {
        using Solved solved = new(
            new RandomCase(4, 9, 3, 3, 2, 0, 0.9, 0.1).Problem(), method: SolveMethod.GaussSeidel, tolerance: 1e-9,
            backend: fixture.Backend);
        solved.AtStart();
        Certificate[] certificate = new Certificate[1];
        solved.Response.Certify(certificate);
        Assert.True(certificate[0] is { Converged: true, Method: SolveMethod.Sweeps });
    }

    private static void Close(double[] expected, double[] found, string what)
    {
        double largest = expected.Max(Math.Abs);
        for (int s = 0; s < expected.Length; s++)
            Assert.True(Math.Abs(expected[s] - found[s]) <= 1e-7 * largest, $"{what}({s}): {found[s]:R}, expected {expected[s]:R}");
    }

    private static Engine Create(Backend backend, int instances, out DeviceArray reward)
    {
        Engine engine = backend.CreateEngine(s_grid, new EngineOptions(instances));
        engine.SetTemperatures([.. Enumerable.Range(0, instances).Select(i => 0.1 / (i + 1))]);
        reward = engine.Allocate(ArrayKind.StateAction);
        for (int i = 0; i < instances; i++) engine.Upload(reward, i, Grids.Numbers(s_grid.States * s_grid.Actions, 1 + i));
        return engine;
    }

    private static Answers Solve(Backend backend, int instances, double discount)
    {
        using Engine engine = Create(backend, instances, out DeviceArray reward);
        DeviceArray v = engine.Allocate(ArrayKind.State), value = engine.Allocate(ArrayKind.State),
            visits = engine.Allocate(ArrayKind.State);
        DeviceArray policy = engine.Allocate(ArrayKind.StateAction), initial = engine.Allocate(ArrayKind.State);
        for (int i = 0; i < instances; i++) engine.Upload(initial, i, Grids.Numbers(s_grid.States, 7 + i));
        SweepStatus status = new(instances);
        status.Begin();
        engine.PolicyIteration(v, reward, discount, new SweepLimits(200, 1e-9, 0), status);
        Assert.False(status.AnyActive);
        engine.Policy(v, reward, discount, policy);
        SweepLimits limits = new(10_000, 0, 1e-12);
        status.Begin();
        engine.Evaluate(value, policy, reward, discount, limits, status);
        Assert.False(status.AnyActive);
        status.Begin();
        engine.Adjoint(visits, policy, initial, discount, limits, status);
        Assert.False(status.AnyActive);
        return new Answers(Read(v), Read(value), Read(visits));

        double[][] Read(DeviceArray array) => [.. Enumerable.Range(0, instances).Select(i =>
        {
            double[] numbers = new double[s_grid.States];
            engine.Download(array, i, numbers);
            return numbers;
        })];
    }

    private sealed record Answers(double[][] V, double[][] Value, double[][] Visits);
}
