using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;
using FastHyper.Tests.Problems.Continuous;

namespace FastHyper.Tests.Rollouts;

/// <summary>A problem of continuous states rolled out as it is, under the response over its grid.</summary>
public class GridPolicyTests
{
    /// <summary>
    /// The grid's return is that of 400 000 episodes of the problem itself: within five standard errors (confidence 1 − 6e-7), and 0.2 per
    /// cent for what interpolation leaves.
    /// </summary>
    [Fact]
    public void TheGridsReturnIsThatOfTheProblemItself()
    {
        using CpuBackend backend = new(2);
        FiniteProblem grid = new Drifting(1, new() { Points = [129], Nodes = 9, Starts = 256 }).Discretise();
        using Mdp mdp = new(grid, backend);
        using SolvedFollower follower = Solved(mdp);
        using LeaderReturn value = new(mdp, new SolveOptions { Tolerance = 1e-12 });
        double[] expected = new double[1], mean = new double[1];
        value.Evaluate(follower.Policy, expected);
        SamplingOptions sampling = new() { Steps = 4000 * 40, Streams = 4000, EpisodeLimit = 40 };
        using RolloutSampler sampler = RolloutSampler.WithoutGrid(mdp, follower, sampling);
        List<double> means = [];
        for (uint iteration = 0; iteration < 100; iteration++)
        {
            sampler.Sample(follower, [3], iteration);
            sampler.MeanReturns(mean);
            means.Add(mean[0]);
        }

        double average = means.Average();
        double error = Math.Sqrt(means.Sum(m => (m - average) * (m - average)) / means.Count / (means.Count - 1));
        Assert.InRange(Math.Abs(average - expected[0]), 0, (5 * error) + (0.002 * Math.Abs(expected[0])));
    }

    [Fact]
    public void OthersThanThoseOverGridsAreRefused()
    {
        using CpuBackend backend = new(1);
        using Mdp mdp = new(FourRooms.Create(), backend);
        using SolvedFollower follower = SolvedFollower.Create(mdp);
        Assert.Contains(
            "four-rooms: no grid of continuous states",
            Assert.Throws<InvalidInputException>(() => RolloutSampler.WithoutGrid(mdp, follower, new SamplingOptions())).Message);
    }

    [Theory, InlineData(1), InlineData(2)]
    public void EpisodesEndWhereTheProblemSaysSo(int dimensions)
    {
        using CpuBackend backend = new(1);
        using Mdp mdp = new(new Drifting(dimensions) { StartWidth = 2 }.Discretise(), backend);
        using SolvedFollower follower = Solved(mdp);
        SamplingOptions sampling = new() { Steps = 130 * 60, Streams = 130, EpisodeLimit = 50 };
        using ContinuousSampler sampler = (ContinuousSampler)RolloutSampler.WithoutGrid(mdp, follower, sampling);
        sampler.Sample(follower, [1], 0);
        ContinuousBuffer buffer = sampler.Buffers[0];
        int ended = 0;
        for (int k = 0; k < buffer.Count; k++)
        {
            bool ends = buffer.States[0][k] > 1.9;
            Assert.Equal(ends, buffer.End[k] == StepEnd.Terminated);
            Assert.InRange(buffer.Actions[0][k], 0, 2);
            if (!ends) continue;
            ended++;
            if (k + 130 < buffer.Count) Assert.Equal((0, true), (buffer.Time[k + 130], Math.Abs(buffer.States[0][k + 130]) <= 2));
        }

        Assert.True(ended > 5, $"{ended} ended");
    }

    private static SolvedFollower Solved(Mdp mdp)
    {
        mdp.Initialise([1]);
        mdp.Configure();
        SolvedFollower follower = SolvedFollower.Create(mdp, new SolveOptions { Tolerance = 1e-10 });
        follower.Solve();
        return follower;
    }
}
