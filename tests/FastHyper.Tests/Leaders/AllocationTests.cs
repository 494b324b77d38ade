using FastHyper.Backends.Cpu;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;

namespace FastHyper.Tests.Leaders;

/// <summary>A leader iteration allocates nothing.</summary>
[Collection(nameof(Alone))]
public class AllocationTests
{
    public static TheoryData<string, bool> Loops
    {
        get
        {
            TheoryData<string, bool> loops = new() { { "bc-hg", true }, { "exact", true } };
            foreach (string estimator in EstimatorsAtWork.Names) loops.Add(estimator, false);
            return loops;
        }
    }

    [Theory, MemberData(nameof(Loops))]
    public void AnIterationAllocatesNothing(string estimator, bool drawnContexts)
    {
        using CpuBackend backend = new(1, 256);
        using Leader leader = NewLeader(backend, estimator, drawnContexts);
        Assert.Equal(0, LeastAllocated(leader, GC.GetAllocatedBytesForCurrentThread));
    }

    [Fact]
    public void WorkersAllocateNothingEither()
    {
        using CpuBackend backend = new(2, 256);
        using Leader leader = NewLeader(backend, "bc-hg", drawnContexts: false);
        Assert.Equal(0, LeastAllocated(leader, () => GC.GetTotalAllocatedBytes(true)));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void NeitherDoesOneOfContinuousStates(bool game)
    {
        Problem problem = game ? BilevelLqr.Create() : BuildingThermal.Create();
        SamplingOptions sampling = new() { Steps = 200, Streams = 4, EpisodeLimit = 30 };
        IHypergradientEstimator[] estimators = game ? [new FittedEstimator { Sampling = sampling }]
            : [new FittedEstimator { Sampling = sampling }, new BcHgEstimator { Sampling = sampling }];
        using CpuBackend backend = new(1, 256);
        foreach (IHypergradientEstimator estimator in estimators)
        {
            LeaderOptions options = new() { Leaders = LeaderOptions.Seeds(1, 3, Schedule.Constant(0.01)) };
            using Leader leader = new(problem, estimator, options, backend);
            Assert.Equal(0, LeastAllocated(leader, GC.GetAllocatedBytesForCurrentThread));
        }
    }

    /// <summary>
    /// Bytes allocated in ten iterations, the least of twenty times: runtime and test host allocate now and then, what an
    /// iteration allocates is there every time.
    /// </summary>
    private static long LeastAllocated(Leader leader, Func<long> allocated)
    {
        Step(leader, 20);
        long least = long.MaxValue;
        for (int window = 0; window < 20; window++)
        {
            long before = allocated();
            Step(leader, 10);
            least = Math.Min(least, allocated() - before);
        }

        return least;
    }

    [Theory, MemberData(nameof(EstimatorsAtWork.Sampling), MemberType = typeof(EstimatorsAtWork))]
    public void AMillionParametersTakeMemoryOfTheirNumberAndNotOfTheSamples(string name)
    {
        const int parameters = 1_000_000;
        IncentiveProblem problem = LinearProblem.Create("wide", RandomProblem.Generate(
            1, new RandomProblemOptions
            {
                States = 5,
                Actions = 2,
                Successors = 2,
                Parameters = parameters,
                Gamma = 0.9,
                GammaLeader = 0.9,
            }));
        IHypergradientEstimator estimator = EstimatorsAtWork.Create(name, new SamplingOptions { Steps = 10_000, Streams = 10 }, problem);
        using CpuBackend backend = new(1);
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetCurrentProcess();
        long allocated = GC.GetTotalAllocatedBytes(true), resident = process.WorkingSet64;
        using Leader leader = new(problem, estimator, new LeaderOptions(), backend);
        for (int i = 0; i < 3; i++) leader.Step();
        process.Refresh();

        // A row of parameters for each sample would be ten thousand times P.
        Assert.True(GC.GetTotalAllocatedBytes(true) - allocated < 16L * parameters * sizeof(double), "managed");
        Assert.True(process.WorkingSet64 - resident < 32L * parameters * sizeof(double), "working set");
    }

    private static void Step(Leader leader, int count)
    {
        for (int i = 0; i < count; i++) leader.Step();
    }

    private static Leader NewLeader(CpuBackend backend, string estimator, bool drawnContexts)
    {
        FourRoomsOptions rooms = new()
        {
            Map = ["xxxxxx", "x x  x", "x    x", "x x  x", "xxxxxx"],
            Start = [1, 1],
            Goals = drawnContexts ? [[1, 4], [3, 4], [3, 3]] : [[1, 4]],
            Target = [3, 1],
            Doors = [],
            DoorsClosed = [],
            Temperature = 0.1,
            Gamma = 0.6,
            GammaLeader = 0.6,
        };
        FourRooms problem = FourRooms.Create(rooms);
        IHypergradientEstimator bound = EstimatorsAtWork.Create(estimator, new SamplingOptions { Steps = 60, Streams = 2 }, problem);
        return new Leader(problem, bound, new LeaderOptions { Leaders = LeaderOptions.Seeds(1, 5, Schedule.Constant(0.1)) }, backend);
    }
}
