using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Problems;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Rollouts;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Rollouts;

/// <summary>Rollouts of continuous states, many streams at once, against one sample at a time.</summary>
public class ContinuousSamplerTests
{
    [Theory, InlineData(true), InlineData(false)]
    public void RewardsAndActionsAreThoseOfTheModelSampleBySample(bool game)
    {
        using CpuBackend backend = new(1);
        Case rolled = new(game, backend, streams: 3, steps: 50, limit: 20);
        ContinuousBuffer buffer = rolled.Sampler.Buffers[0];
        LinearQuadraticSystem system = rolled.System(0);
        double[] s = new double[system.States], a = new double[system.LeaderActions], u = new double[system.Actions];
        double drift = 0;
        for (int k = 0; k < buffer.Count; k++)
        {
            for (int i = 0; i < s.Length; i++) s[i] = buffer.States[i][k];
            for (int i = 0; i < a.Length; i++) a[i] = buffer.Actions[i][k];
            for (int i = 0; i < u.Length; i++) u[i] = buffer.Actions[a.Length + i][k];
            Close.Within(1e-12, [-Form(system.Q, s) - Form(system.R, u)], [buffer.Reward[k]], $"reward {k}");
            double leader = system.HasGoal
                ? Math.Exp(-Form(system.Precision, [.. s.Zip(system.Goal, (x, g) => x - g)]) / 2)
                : -Form(system.LeaderStateCost, s) - Form(system.LeaderActionCost, u) - system.LeaderCost;
            Close.Within(1e-9, [leader], [buffer.LeaderReward[k]], $"leader's reward {k}");
            for (int i = 0; i < s.Length; i++)
            {
                double mean = 0;
                for (int j = 0; j < s.Length; j++) mean += system.A[i, j] * s[j];
                for (int j = 0; j < u.Length; j++) mean += system.B[i, j] * u[j];
                for (int j = 0; j < a.Length; j++) mean += system.C[i, j] * a[j];
                drift = Math.Max(drift, Math.Abs(buffer.Next[i][k] - mean));
            }
        }

        // Noise of 0.02 a zone, and none in the game.
        Assert.InRange(drift, game ? 0 : 0.01, game ? 1e-12 : 0.12);
    }

    [Fact]
    public void EpisodesGoOnWhereTheyWereAndAreCut()
    {
        using CpuBackend backend = new(1);
        ContinuousBuffer buffer = new Case(false, backend, streams: 4, steps: 50, limit: 20).Sampler.Buffers[0];
        Assert.Equal(4 * 3, buffer.Episodes);
        for (int t = 0; t < 50; t++)
        {
            for (int w = 0; w < 4; w++)
            {
                int k = (t * 4) + w;
                Assert.Equal((t % 20, t % 20 == 19 ? StepEnd.Truncated : StepEnd.None), (buffer.Time[k], buffer.End[k]));
                if (t > 0 && t % 20 != 0) Assert.Equal(buffer.Next[1][k - 4], buffer.States[1][k]);
                else Assert.True(t == 0 || buffer.Next[1][k - 4] != buffer.States[1][k]);
            }
        }
    }

    /// <summary>Means of 100 000 episodes, within five standard errors of the exact one (confidence 1 − 6e-7).</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void TheMeanReturnIsTheExactOne(bool game)
    {
        using CpuBackend backend = new(2);
        Case rolled = new(game, backend, streams: 1000, steps: 100, limit: 100);
        double[] mean = new double[1];
        List<double> means = [];
        for (uint iteration = 0; iteration < 100; iteration++)
        {
            rolled.Sampler.Sample(rolled.Follower, [3], iteration);
            rolled.Sampler.MeanReturns(mean);
            means.Add(mean[0]);
        }

        double average = means.Average(), error = Math.Sqrt(means.Sum(m =>
            (m - average) * (m - average)) / means.Count / (means.Count - 1));
        Assert.InRange(Math.Abs(average - rolled.Follower.Returns[0]) / error, 0, 5);
    }

    /// <summary>A stream's numbers are named by its own number: those of any more streams beside it do not change them.</summary>
    [Fact]
    public void AStreamHasTheSameBitsInAnyCompanyOfStreams()
    {
        using CpuBackend backend = new(1), team = new(3);
        ContinuousBuffer most = new Case(false, backend, streams: 130, steps: 7, limit: 5).Sampler.Buffers[0];
        for (int streams = 1; streams <= 130; streams++)
        {
            ContinuousBuffer fewer = new Case(false, streams % 2 == 0 ? backend : team, streams, steps: 7, limit: 5).Sampler.Buffers[0];
            for (int t = 0; t < 7; t++)
            {
                Assert.Equal(most.At(most.Reward, t)[..streams], fewer.At(fewer.Reward, t));
                for (int i = 0; i < 4; i++) Assert.Equal(most.NextAt(t)[i][..streams], fewer.NextAt(t)[i]);
            }
        }
    }

    private static double Form(double[,] matrix, double[] z)
    {
        double sum = 0;
        for (int i = 0; i < z.Length; i++)
            for (int j = 0; j < z.Length; j++) sum += z[i] * matrix[i, j] * z[j];
        return sum;
    }

    private sealed class Case
    {
        private readonly ClosedFormInstances _instances;

        public Case(bool game, Backend backend, int streams, int steps, int limit)
        {
            ClosedFormProblem problem = game ? BilevelLqr.Create() : BuildingThermal.Create();
            _instances = (ClosedFormInstances)problem.On(backend, new InstanceLayout(1));
            _instances.Initialise([3]);
            _instances.Configure();
            Follower = new ClosedFormFollower(_instances);
            Follower.Solve();
            Sampler = (ContinuousSampler)RolloutSampler.Of(
                _instances, Follower, new SamplingOptions { Steps = steps * streams, Streams = streams, EpisodeLimit = limit });
            Sampler.Sample(Follower, [3], 11);
        }

        public ClosedFormFollower Follower { get; }

        public ContinuousSampler Sampler { get; }

        public LinearQuadraticSystem System(int instance)
        {
            LinearQuadraticSystem system = new(_instances.Problem);
            Follower.Form(instance).Describe(system);
            return system;
        }
    }
}
