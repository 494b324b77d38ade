using FastHyper.Backends;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

namespace FastHyper.Tests.Support;

/// <summary>Problems of a few states, their transitions written down as (successor, probability) for each row.</summary>
internal static class SmallProblem
{
    public static ProblemData Data(int actions, double gamma, double temperature, double[] reward, params (int Next, double P)[][] rows)
    {
        int states = rows.Length / actions;
        long[] offsets = new long[rows.Length + 1];
        for (int row = 0; row < rows.Length; row++) offsets[row + 1] = offsets[row] + rows[row].Length;
        SparseMatrix matrix = new(
            states, offsets, [.. rows.SelectMany(row => row.Select(e => e.Next))], [.. rows.SelectMany(row => row.Select(e => e.P))]);
        return new ProblemData
        {
            Transitions = new Transitions(states, actions, matrix),
            Reward = reward,
            LeaderReward = new double[reward.Length],
            Initial = [.. Enumerable.Repeat(1.0 / states, states)],
            Gamma = gamma,
            GammaLeader = 0.5,
            Temperature = temperature,
            X = [],
        };
    }

    public static IncentiveProblem Problem(ProblemData data) => LinearProblem.Create("small", data);

    /// <summary>One state that one can stay in, or leave for good.</summary>
    public static ProblemData StayOrLeave(double gamma, double temperature, double stay, double leave) =>
        Data(2, gamma, temperature, [stay, leave], [(0, 1)], []);

    /// <summary>An absorbing state, a pair that swaps for ever, and a state that leads to either.</summary>
    public static ProblemData Disconnected(double gamma, double temperature) => Data(
        2, gamma, temperature, [1, -1, 0.5, 0.2, -0.3, 0, 0.1, 0.4],
        [(0, 1)], [(0, 1)], [(2, 1)], [(2, 1)], [(1, 1)], [(1, 0.5), (2, 0.5)], [(0, 1)], [(1, 1)]);
}
