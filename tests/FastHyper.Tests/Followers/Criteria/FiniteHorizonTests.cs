using FastHyper.Followers.Criteria;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers.Criteria;

/// <summary>Episodes of so many steps.</summary>
public class FiniteHorizonTests
{
    [Theory, InlineData(1, null), InlineData(2, 1.0), InlineData(7, null), InlineData(7, 1.0)]
    public void ValuesAndReturnAreThoseOfPlainBackwardSteps(int horizon, double? discount)
    {
        ProblemData data = RandomProblem.Generate(3, new RandomProblemOptions { States = 11, Actions = 3, Parameters = 4 });
        FiniteProblem steps = LinearProblem.Create("steps", data);
        double[] x = Solved.Start(steps);
        using Solved plain = new(steps), solved = new(new FiniteHorizonProblem(steps, horizon, discount));
        plain.At(x);
        solved.At(x);
        double[] r = plain.Read(plain.Mdp.Reward, plain.Rows), l = plain.Read(plain.Mdp.LeaderReward, plain.Rows);
        double[] next = new double[11], leaderNext = new double[11], v = solved.Read(solved.Follower.V, 11 * horizon);
        for (int t = horizon - 1; t >= 0; t--)
        {
            double[] now = new double[11], leaderNow = new double[11];
            for (int s = 0; s < 11; s++)
            {
                double[] q = new double[3], leader = new double[3];
                for (int a = 0; a < 3; a++)
                {
                    int row = (s * 3) + a;
                    (q[a], leader[a]) = (r[row], l[row]);
                    for (long k = data.Transitions.Matrix.Offsets[row]; k < data.Transitions.Matrix.Offsets[row + 1]; k++)
                    {
                        int to = data.Transitions.Matrix.Columns[k];
                        q[a] += (discount ?? data.Gamma) * data.Transitions.Matrix.Values[k] * next[to];
                        leader[a] += (discount ?? data.GammaLeader) * data.Transitions.Matrix.Values[k] * leaderNext[to];
                    }
                }

                now[s] = data.Temperature * Math.Log(q.Sum(value => Math.Exp(value / data.Temperature)));
                for (int a = 0; a < 3; a++) leaderNow[s] += Math.Exp((q[a] - now[s]) / data.Temperature) * leader[a];
                Assert.Equal(now[s], v[(t * 11) + s], 1e-11);
            }

            (next, leaderNext) = (now, leaderNow);
        }

        Assert.Equal(leaderNext.Zip(data.Initial, (value, mu) => value * mu).Sum(), solved.Objectives()[0], 1e-11);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void GradientsAreDifferences(bool machine)
    {
        FiniteProblem steps = machine
            ? new Machine(controlsInitial: true)
            : LinearProblem.Create("steps", RandomProblem.Generate(5, new RandomProblemOptions { States = 20, Parameters = 6 }));
        FiniteHorizonProblem problem = new(steps, 9);
        Assert.InRange(GradientCheck.Worst(problem, Solved.Start(problem), 1e-3), 0, 1e-7);
    }

    [Fact]
    public void WithoutADiscountEpisodesEndAllTheSame()
    {
        FiniteHorizonProblem problem = new(new Machine(controlsInitial: false), 30, discount: 1);
        Assert.Equal((1, 1), (problem.Discount, problem.LeaderDiscount));
        Assert.InRange(GradientCheck.Worst(problem, Solved.Start(problem), 1e-3), 0, 1e-7);
    }

    [Fact]
    public void ContextsStayApart()
    {
        FiniteProblem steps = FourRooms.Create();
        FiniteHorizonProblem problem = new(steps, 12);
        Assert.Equal(steps.ContextProbabilities, problem.ContextProbabilities);
        Assert.InRange(GradientCheck.Worst(problem, Solved.Start(problem), 1e-3), 0, 1e-6);
    }

    [Fact]
    public void WhatIsNoHorizonIsNamed()
    {
        Machine machine = new(controlsInitial: false);
        Expect(() => new FiniteHorizonProblem(machine, 0), "machine: a horizon of 0 steps; expected at least 1");
        Expect(
            () => new FiniteHorizonProblem(machine, 1 << 29),
            "machine: 536870912 steps of 8 rows and 12 transitions; expected fewer than 2147483591 in all");
        Expect(() => new CriterionOptions { Horizon = 0 }, "horizon = 0");
    }

    private static void Expect(Func<object> make, string message) =>
        Assert.Contains(message, Assert.Throws<InvalidInputException>(make).Message, StringComparison.Ordinal);
}
