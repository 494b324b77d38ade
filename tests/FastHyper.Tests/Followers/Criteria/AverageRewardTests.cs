using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers.Criteria;
using FastHyper.Problems;
using FastHyper.Problems.Games;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers.Criteria;

/// <summary>The average reward a step.</summary>
public class AverageRewardTests
{
    [Theory, InlineData(1, 0.1), InlineData(2, 0.02), InlineData(3, 1)]
    public void GainsAndValuesAreThoseOfPlainRelativeIteration(ulong seed, double temperature)
    {
        ProblemData data = RandomProblem.Generate(
            seed, new RandomProblemOptions { States = 17, Actions = 3, Successors = 4, Parameters = 4, Temperature = temperature });
        FiniteProblem steps = LinearProblem.Create("steps", data);
        double[] x = Solved.Start(steps);
        AverageRewardProblem problem = new(steps);
        using Solved plain = new(steps), solved = new(problem);
        plain.At(x);
        solved.At(x);
        double[] r = plain.Read(plain.Mdp.Reward, plain.Rows), l = plain.Read(plain.Mdp.LeaderReward, plain.Rows);
        (double gain, double[] h, double[] policy) = RelativeIteration(data, r, temperature, problem.Start);
        Assert.Equal(gain, Assert.Single(solved.Mdp.Gains!), 1e-10);
        double[] v = solved.Read(solved.Follower.V, 17), pi = solved.Read(solved.Follower.Policy, 51);
        for (int s = 0; s < 17; s++) Assert.Equal(h[s], v[s], 1e-9);
        for (int row = 0; row < 51; row++) Assert.Equal(policy[row], pi[row], 1e-8);
        // The stationary distribution by steps of its own.
        double[] d = [.. Enumerable.Repeat(1.0 / 17, 17)];
        for (int step = 0; step < 5000; step++)
        {
            double[] then = new double[17];
            for (int row = 0; row < 51; row++)
                for (long k = data.Transitions.Matrix.Offsets[row]; k < data.Transitions.Matrix.Offsets[row + 1]; k++)
                    then[data.Transitions.Matrix.Columns[k]] += d[row / 3] * policy[row] * data.Transitions.Matrix.Values[k];
            d = then;
        }

        Assert.Equal(Enumerable.Range(0, 51).Sum(row => d[row / 3] * policy[row] * l[row]), solved.Objectives()[0], 1e-9);
    }

    [Theory, InlineData("random"), InlineData("machine"), InlineData("cold")]
    public void GradientsAreDifferences(string name)
    {
        RandomProblemOptions options = new() { States = 40, Parameters = 8 };
        FiniteProblem steps = name == "machine"
            ? new Machine(controlsInitial: true)
            : LinearProblem.Create("steps", RandomProblem.Generate(7, name == "cold" ? options with { Temperature = 0.01 } : options));
        AverageRewardProblem problem = new(steps);
        Assert.InRange(GradientCheck.Worst(problem, Solved.Start(problem), 1e-3), 0, 1e-6);
    }

    [Fact]
    public void ItIsTheLimitOfDiscountedReturns()
    {
        ProblemData data = RandomProblem.Generate(9, new RandomProblemOptions { States = 25, Parameters = 5 });
        const double gamma = 1 - 1e-6;
        FiniteProblem near = LinearProblem.Create("near", data with { Gamma = gamma, GammaLeader = gamma });
        double[] x = Solved.Start(near);
        using Solved discounted = new(near, tolerance: 1e-10), average = new(new AverageRewardProblem(near));
        double limit = (1 - gamma) * discounted.At(x).Objectives()[0];
        Assert.Equal(limit, average.At(x).Objectives()[0], 1e-4);
        double[] slope = discounted.Gradient(), gradient = average.Gradient();
        for (int p = 0; p < x.Length; p++) Assert.Equal((1 - gamma) * slope[p], gradient[p], 1e-4 * Close.Largest(gradient));
    }

    // By hand: the cycle is 0 → 1 → 2 → 0 whatever is chosen.
    [Fact]
    public void APeriodicCycleEarnsItsMean()
    {
        ProblemData data = SmallProblem.Data(1, 0.9, 0.5, [1, 4, 1], [(1, 1)], [(2, 1)], [(0, 1)]) with
        {
            LeaderReward = [3, 0, 0],
        };
        using Solved solved = new(new AverageRewardProblem(SmallProblem.Problem(data)));
        solved.AtStart();
        Assert.Equal(2, Assert.Single(solved.Mdp.Gains!), 1e-14);
        Assert.Equal(1, solved.Objectives()[0], 1e-14);
    }

    [Fact]
    public void TransientStatesDoNotCount()
    {
        // 0 leads to 1, which is never left.
        ProblemData data = SmallProblem.Data(1, 0.9, 0.5, [100, 2], [(0, 0.5), (1, 0.5)], [(1, 1)]) with { LeaderReward = [7, 3] };
        AverageRewardProblem problem = new(SmallProblem.Problem(data));
        Assert.Equal(1, problem.Start);
        using Solved solved = new(problem);
        solved.AtStart();
        Assert.Equal((2, 3), (Math.Round(solved.Mdp.Gains![0], 12), Math.Round(solved.Objectives()[0], 12)));
    }

    [Fact]
    public void LeadersAtOnceHaveGainsOfTheirOwn()
    {
        FiniteProblem steps = LinearProblem.Create("steps", RandomProblem.Generate(11, new RandomProblemOptions { States = 15 }));
        double[] x = Solved.Start(steps), other = [.. x.Select(value => value + 1)];
        using Solved both = new(new AverageRewardProblem(steps), 2), one = new(new AverageRewardProblem(steps));
        double[] objectives = both.At(x, other).Objectives();
        Assert.NotEqual(both.Mdp.Gains![0], both.Mdp.Gains[1], 1e-3);
        Assert.Equal(one.At(x).Objectives()[0], objectives[0], 1e-12);
        Assert.Equal(one.At(other).Objectives()[0], objectives[1], 1e-12);
    }

    [Fact]
    public void WhatHasNoAverageIsNamed()
    {
        Expect(() => Of(SmallProblem.StayOrLeave(0.9, 0.1, 1, 1)), "average reward where episodes end");
        Expect(
            () => Of(SmallProblem.Data(1, 0.9, 0.1, [1, 1], [(0, 1)], [(1, 1)])),
            "average reward where state 0 never leads to state 1: there is more than one class of states that is never left (multichain)");
        Expect(() => new AverageRewardProblem(DiscreteToy.Create(new DiscreteToyOptions())), "average reward of a game");
        using CpuBackend backend = new(1);
        Expect(
            () => new Mdp(new AverageRewardProblem(new Machine(false)), backend, precision: Precision.F32),
            "machine: average reward in float32; expected float64");

        static AverageRewardProblem Of(ProblemData data) => new(SmallProblem.Problem(data));
    }

    private static void Expect(Func<object> make, string message) =>
        Assert.Contains(message, Assert.Throws<InvalidInputException>(make).Message, StringComparison.Ordinal);

    private static (double Gain, double[] H, double[] Policy) RelativeIteration(ProblemData data, double[] r, double tau, int start)
    {
        int states = data.Transitions.States, actions = data.Transitions.Actions;
        SparseMatrix p = data.Transitions.Matrix;
        double[] h = new double[states], policy = new double[states * actions];
        double gain = 0;
        for (int sweep = 0; sweep < 20_000; sweep++)
        {
            double[] next = new double[states];
            for (int s = 0; s < states; s++)
            {
                double[] q = new double[actions];
                for (int a = 0; a < actions; a++)
                {
                    int row = (s * actions) + a;
                    q[a] = r[row];
                    for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++) q[a] += p.Values[k] * h[p.Columns[k]];
                }

                double most = q.Max();
                next[s] = most + (tau * Math.Log(q.Sum(value => Math.Exp((value - most) / tau))));
                for (int a = 0; a < actions; a++) policy[(s * actions) + a] = Math.Exp((q[a] - next[s]) / tau);
            }

            gain = next[start];
            for (int s = 0; s < states; s++) h[s] = next[s] - gain;
        }

        return (gain, h, policy);
    }
}
