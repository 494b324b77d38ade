using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.OpenCl;
using FastHyper.Backends.OpenCl.Programs;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;

namespace FastHyper.Tests.Backends.OpenCl;

/// <summary>What is the same to the bit: from run to run, for every size of work-groups, and the samples of every backend.</summary>
[Collection(nameof(OnOpenCl))]
public sealed class OpenClBitsTests(OpenClFixture fixture)
{
    [Theory]
    [InlineData("bc-hg", Precision.F64, 16)]
    [InlineData("bc-hg", Precision.F32, 16)]
    [InlineData("exact", Precision.F64, 16)]
    public void AWorkGroupsSizeChangesNoBit(string estimator, Precision precision, int groupSize)
    {
        double[] parameters = Lead(fixture.Backend, estimator, precision);
        Assert.Equal(parameters, Lead(fixture.Backend, estimator, precision));
        using OpenClBackend other = new(fixture.Backend.Device, new BinaryCache(BinaryCache.DefaultFolder()), groupSize);
        Assert.Equal(parameters, Lead(other, estimator, precision));
    }

    [Fact]
    public void ALeaderThatDivergesChangesNoBitOfOthers()
    {
        BcHgEstimator bound = new() { Sampling = new SamplingOptions { Steps = 60, Streams = 2 } };
        Problem problem = LinearProblem.Create("random", RandomProblem.Generate(3, new RandomProblemOptions { States = 20 }));
        double[] Beside(double rate, int diverged)
        {
            LeaderOptions options =
                new() { Leaders = [new(1, 0.1), new(2, rate)], GradientClip = double.PositiveInfinity, Precision = Precision.F32 };
            using Leader leader = new(problem, bound, options, fixture.Backend);
            for (int i = 0; i < 10; i++) leader.Step();
            Assert.Equal(diverged, leader.Diverged.Count);
            return leader.Parameters(0);
        }

        // Rewards of 10⁴⁰ are infinite in float32.
        Assert.Equal(Beside(0.1, 0), Beside(1e40, 1));
    }

    [Theory, InlineData(1), InlineData(3)]
    public void LongSumsAndBoundsOfEveryGroupSizeAreTheSame(int instances)
    {
        const int states = 40_007;
        Transitions transitions = BackendContract.Staying(states, 2);
        EngineOptions options = new(instances);
        (double[] Dot, double Change) Sums(Backend backend)
        {
            using Engine engine = backend.CreateEngine(transitions, options);
            Random random = new(3);
            DeviceArray v = engine.Allocate(ArrayKind.State), r = engine.Allocate(ArrayKind.StateAction);
            for (int i = 0; i < instances; i++) engine.Upload(v, i, RandomInstances.Each(states, _ => random.NextDouble()));
            double[] dot = new double[instances];
            engine.Dot(v, v, dot);
            SweepStatus status = new(instances);
            status.Begin();
            engine.SoftSweeps(v, r, 0.9, new SweepLimits(3, 0, 0), status);
            return (dot, status.Change[0]);
        }

        (double[] dot, double change) = Sums(fixture.Backend);
        using OpenClBackend other = new(fixture.Backend.Device, new BinaryCache(BinaryCache.DefaultFolder()), 16);
        (double[] same, double sameChange) = Sums(other);
        Assert.Equal(dot, same);
        Assert.Equal(change, sameChange);
    }

    [Theory, InlineData(Precision.F64), InlineData(Precision.F32)]
    public void AnInstanceDoesNotSeeItsNeighbours(Precision precision)
    {
        RandomInstances data = new(6, 37, 3, 7);
        double[][] start = data.Numbers(37, 7);
        double[][] Solve(params int[] which)
        {
            using Engine engine = fixture.Backend.CreateEngine(data.Transitions, new EngineOptions(which.Length, Precision: precision));
            engine.SetTemperatures(RandomInstances.Each(which.Length, k => data.Temperatures[which[k]]));
            DeviceArray v = engine.Allocate(ArrayKind.State), r = engine.Allocate(ArrayKind.StateAction),
                policy = engine.Allocate(ArrayKind.StateAction);
            for (int k = 0; k < which.Length; k++)
            {
                engine.Upload(v, k, start[which[k]]);
                engine.Upload(r, k, data.Rewards[which[k]]);
            }

            SweepStatus status = new(which.Length);
            status.Begin();
            engine.SoftSweeps(v, r, 0.9, new SweepLimits(300, 1e-6, 0), status);
            engine.Policy(v, r, 0.9, policy);
            return RandomInstances.Each(which.Length, k =>
            {
                double[] values = new double[37], rows = new double[37 * 3];
                engine.Download(v, k, values);
                engine.Download(policy, k, rows);
                return (double[])[.. values, .. rows, status.Sweeps[k], status.Change[k]];
            });
        }

        double[][] all = Solve(0, 1, 2, 3, 4, 5, 6);
        Assert.Equal([all[4]], Solve(4));
        Assert.Equal([all[6], all[1], all[2]], Solve(6, 1, 2));
    }

    [Theory]
    [InlineData(Precision.F64, EngineLayout.States, false, 1)]
    [InlineData(Precision.F64, EngineLayout.Instances, true, 5)]
    [InlineData(Precision.F32, EngineLayout.Instances, false, 5)]
    public void RolloutsAreTheProcessorsGivenTheSamePolicy(Precision precision, EngineLayout layout, bool own, int leaders)
    {
        RandomInstances data = new(4, 37, 3, leaders);
        double[][] policies = data.Policies();
        ulong[] seeds = RandomInstances.Each(leaders, i => (ulong)i << 33 | 7);
        RolloutRecord Roll(Backend backend)
        {
            using Device d = new(backend, data, new EngineOptions(leaders, 1, own, precision, layout));
            using RolloutBuffer buffer = d.Engine.AllocateRollouts(new RolloutShape(50, 200, 40));
            DeviceArray r = d.Put(ArrayKind.StateAction, data.Rewards);
            d.Engine.Rollout(buffer, d.Put(ArrayKind.StateAction, policies), d.Put(ArrayKind.State, data.Initial), r, r, seeds, 3);
            return buffer.Download();
        }

        using CpuBackend cpu = new(1);
        RolloutRecord expected = Roll(cpu), found = Roll(fixture.Backend);
        Assert.Equal(expected.State, found.State);
        Assert.Equal(expected.Action, found.Action);
        Assert.Equal(expected.Slot, found.Slot);
        Assert.Equal(expected.Reward, found.Reward);
        Assert.Equal(expected.End, found.End);
    }

    /// <summary>x of two leaders after some steps on a four-rooms problem.</summary>
    private static double[] Lead(Backend backend, string estimator, Precision precision)
    {
        IHypergradientEstimator bound = estimator == "exact"
            ? new ExactEstimator()
            : new BcHgEstimator { Sampling = new SamplingOptions { Steps = 60, Streams = 2 } };
        LeaderOptions options = new() { Leaders = LeaderOptions.Seeds(1, 2, Schedule.Constant(0.1)), Precision = precision };
        using Leader leader = new(
            FourRooms.Create(new FourRoomsOptions { Temperature = 0.05, Gamma = 0.7, GammaLeader = 0.7 }), bound, options, backend);
        for (int i = 0; i < 4; i++) leader.Step();
        return [.. leader.Parameters(0), .. leader.Parameters(1)];
    }
}
