using FastHyper.Backends;
using FastHyper.Files;
using FastHyper.Problems.Games;

namespace FastHyper.Experiments;

/// <summary>The followers' best responses in a game, over (s, a): V(s,a) = τ log Σ_b exp(Q(s,a,b)/τ), g = exp((Q − V)/τ).</summary>
/// <param name="V">Soft values, (S·L) of each follower, one after the other.</param>
/// <param name="Q">Action values, (S·L·A) of each.</param>
/// <param name="G">g(b|s,a), likewise.</param>
/// <param name="LeaderPolicy">f(a|s), (S·L).</param>
/// <param name="Shape">(S, L, A).</param>
public sealed record GameSolution(double[] V, double[] Q, double[] G, double[] LeaderPolicy, IReadOnlyList<int> Shape)
{
    /// <summary>The solution that action values tell.</summary>
    /// <param name="game">The game.</param>
    /// <param name="q">Q, (S·L·A) of each follower.</param>
    /// <param name="leaderPolicy">f, (S·L).</param>
    /// <param name="temperatures">τ of each follower.</param>
    internal static GameSolution Of(MarkovGame game, double[] q, double[] leaderPolicy, ReadOnlySpan<double> temperatures)
    {
        int actions = game.FollowerActions, choices = q.Length / actions / temperatures.Length;
        double[] v = new double[q.Length / actions], g = new double[q.Length];
        for (int z = 0; z < v.Length; z++)
        {
            ReadOnlySpan<double> row = q.AsSpan(z * actions, actions);
            double temperature = temperatures[z / choices], divisor = HardMaximum.Divisor(temperature), largest = double.NegativeInfinity,
                sum = 0;
            foreach (double value in row) largest = Math.Max(largest, value);
            foreach (double value in row) sum += Math.Exp((value - largest) / divisor);
            v[z] = largest + (temperature * Math.Log(sum));
            for (int b = 0; b < actions; b++) g[(z * actions) + b] = Math.Exp((row[b] - largest) / divisor) / sum;
        }

        if (temperatures.IndexOfAnyExcept(0.0) < 0) HardMaximum.Choose(g, actions);
        return new GameSolution(v, q, g, leaderPolicy, [game.Transitions.States, game.LeaderActions, actions]);
    }

    /// <summary>Writes V (S, L), Q (S, L, A), g (S, L, A), after (N) where there are N followers, and leader_policy (S, L).</summary>
    internal void Write(NpzWriter writer)
    {
        int[] choices = [Shape[0], Shape[1]], rows = [.. Shape];
        int followers = V.Length / (choices[0] * choices[1]);
        int[] first = followers > 1 ? [followers] : [];
        writer.Write("V", V.AsSpan(), [.. first, .. choices]);
        writer.Write("Q", Q.AsSpan(), [.. first, .. rows]);
        writer.Write("g", G.AsSpan(), [.. first, .. rows]);
        writer.Write("leader_policy", LeaderPolicy.AsSpan(), choices);
    }
}
