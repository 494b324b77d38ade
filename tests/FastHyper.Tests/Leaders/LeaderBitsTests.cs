using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;

namespace FastHyper.Tests.Leaders;

/// <summary>The same bits of x, whatever the machine and however a run is divided.</summary>
public class LeaderBitsTests
{
    private static readonly FourRooms Problem = FourRooms.Create(new FourRoomsOptions { Temperature = 0.05, Goals = [[1, 9], [11, 11]] });

    public static TheoryData<CriticKind> Critics => [.. Enum.GetValues<CriticKind>()];

    [Theory]
    [MemberData(nameof(Critics))]
    public void ThreadsAndWidthsChangeNothing(CriticKind critic)
    {
        double[] expected = Run(critic, 1, 64, 3, 2);
        foreach ((int threads, int laneBits) in new[] { (2, 64), (1, 256), (2, 256), (1, 512), (2, 512) })
            Assert.Equal(expected, Run(critic, threads, laneBits, 3, 2));
    }

    [Theory]
    [MemberData(nameof(EstimatorsAtWork.Sampling), MemberType = typeof(EstimatorsAtWork))]
    public void ThreadsAndWidthsChangeNothingForAnyEstimator(string estimator)
    {
        double[] expected = RunRooms(estimator, 1, 64, 12);
        foreach ((int threads, int laneBits) in new[] { (2, 64), (1, 256), (2, 512) })
            Assert.Equal(expected, RunRooms(estimator, threads, laneBits, 12));
    }

    [Theory]
    [MemberData(nameof(EstimatorsAtWork.Sampling), MemberType = typeof(EstimatorsAtWork))]
    public void ARestoredLeaderGoesOnWithTheSameBitsWhateverTheEstimator(string estimator)
    {
        using CpuBackend backend = new(1, 256);
        using Leader straight = Rooms(backend, estimator), restored = Rooms(backend, estimator);
        for (int i = 0; i < 7; i++) straight.Step();
        foreach (((_, DeviceArray from), (_, DeviceArray to)) in straight.State.Zip(restored.State))
        {
            double[] values = new double[from.Length];
            for (int i = 0; i < 2; i++)
            {
                straight.Mdp.Engine.Download(from, i, values);
                restored.Mdp.Engine.Upload(to, i, values);
            }
        }

        restored.ResumeAt(7);
        for (int i = 0; i < 5; i++) restored.Step();
        Assert.Equal(RunRooms(estimator, 1, 256, 12), restored.Parameters(1));
    }

    private static double[] RunRooms(string estimator, int threads, int laneBits, int iterations)
    {
        using CpuBackend backend = new(threads, laneBits);
        using Leader leader = Rooms(backend, estimator);
        for (int i = 0; i < iterations; i++) leader.Step();
        return leader.Parameters(1);
    }

    private static readonly FourRooms s_rooms = FourRooms.Create(
        new FourRoomsOptions { Temperature = 0.05, Gamma = 0.9, GammaLeader = 0.9 });

    private static Leader Rooms(CpuBackend backend, string estimator) => new(
        s_rooms,
        EstimatorsAtWork.Create(estimator, new SamplingOptions { Steps = 200, Streams = 2 }, s_rooms),
        new LeaderOptions { Leaders = LeaderOptions.Seeds(1, 2, 0.5), Layout = EngineLayout.Instances },
        backend);

    [Fact]
    public void ALeaderAmongOthersIsAsItIsAlone()
    {
        double[] alone = Run(CriticKind.Sarsa, 1, 256, 1, 0, seed: 3);
        Assert.Equal(alone, Run(CriticKind.Sarsa, 1, 256, 3, 2));
        Assert.NotEqual(alone, Run(CriticKind.Sarsa, 1, 256, 3, 1));
    }

    [Theory]
    [InlineData(OptimizerKind.Sgd)]
    [InlineData(OptimizerKind.Adam)]
    public void ARestoredLeaderGoesOnWithTheSameBits(OptimizerKind optimizer)
    {
        using CpuBackend backend = new(1, 256);
        using Leader straight = Create(backend, CriticKind.Sarsa, 2, 1, optimizer),
            restored = Create(backend, CriticKind.Sarsa, 2, 1, optimizer);
        foreach (long _ in straight.Steps(10))
        {
        }

        foreach (((string name, DeviceArray from), (string same, DeviceArray to)) in straight.State.Zip(restored.State))
        {
            Assert.Equal(name, same);
            double[] values = new double[from.Length];
            for (int i = 0; i < 2; i++)
            {
                straight.Mdp.Engine.Download(from, i, values);
                restored.Mdp.Engine.Upload(to, i, values);
            }
        }

        restored.ResumeAt(10);
        for (int i = 0; i < 10; i++)
        {
            straight.Step();
            restored.Step();
        }

        Assert.Equal(straight.Parameters(1), restored.Parameters(1));
    }

    private static double[] Run(CriticKind critic, int threads, int laneBits, int leaders, int which, ulong seed = 1)
    {
        using CpuBackend backend = new(threads, laneBits);
        using Leader leader = Create(backend, critic, leaders, seed, OptimizerKind.Sgd);
        foreach (long _ in leader.Steps(20))
        {
        }

        return leader.Parameters(which);
    }

    private static Leader Create(CpuBackend backend, CriticKind critic, int leaders, ulong seed, OptimizerKind optimizer) => new(
        Problem,
        new BcHgEstimator
        {
            Sampling = new SamplingOptions { Steps = 200, Streams = 2 },
            Critic = new CriticOptions { Kind = critic, Features = EstimatorsAtWork.FeaturesOf(Problem) },
        },
        new LeaderOptions
        {
            Leaders = LeaderOptions.Seeds(seed, leaders, 0.5, Schedule.Geometric(0.1, 0.05, 10)),
            Optimizer = optimizer,
            Layout = EngineLayout.Instances,
        },
        backend);
}
