using FastHyper.Backends;

namespace FastHyper.Problems.Games;

/// <summary>What one of a game's followers gets, and what the leader gets from it.</summary>
/// <param name="Reward">Follower's reward r_F(s,a,b): (S·L·A), row (s·L + a)·A + b.</param>
/// <param name="LeaderReward">Leader's reward r_L(s,a,b), likewise.</param>
public sealed record GameFollower(double[] Reward, double[] LeaderReward);

/// <summary>
/// A two-player Markov game of S states, L leader actions and A follower actions: the leader draws a ~ f_θ(·|s), the follower sees
/// (s, a) and plays b. Several followers meet the same leader each in a copy of the game of its own.
/// </summary>
public sealed record GameData
{
    /// <summary>P(s'|s,a,b), (S·L·A) × S, row (s·L + a)·A + b.</summary>
    public required Transitions Transitions { get; init; }

    /// <summary>Number of leader actions L.</summary>
    public required int LeaderActions { get; init; }

    /// <summary>The followers; the leader's objective is the sum over them.</summary>
    public required IReadOnlyList<GameFollower> Followers { get; init; }

    /// <summary>Initial distribution μ: (S), sums to one.</summary>
    public required double[] Initial { get; init; }

    /// <summary>Follower's discount γ, in [0, 1]; 1 only where every state can reach termination.</summary>
    public required double Gamma { get; init; }

    /// <summary>Leader's discount γ_L, likewise.</summary>
    public required double GammaLeader { get; init; }

    /// <summary>Entropy temperature τ, in units of reward, above zero.</summary>
    public required double Temperature { get; init; }

    /// <summary>
    /// Φ, (S·L) × P, row s·L + a: f_θ(a|s) ∝ exp((Φθ)(s,a)). Null for a tabular policy, θ (S·L).
    /// </summary>
    public SparseMatrix? PolicyFeatures { get; init; }

    /// <summary>θ, (P), where a leader starts; null for zeros, a uniform policy.</summary>
    public double[]? Theta { get; init; }

    /// <summary>Number of follower actions A.</summary>
    public int FollowerActions => Transitions.Actions / LeaderActions;

    /// <summary>Features of a policy that is linear in the state's: (Φθ)(s,a) = Σ_j φ_j(s) θ(a,j), θ (L, K) at a·K + j.</summary>
    /// <param name="stateFeatures">φ, S × K.</param>
    /// <param name="leaderActions">L.</param>
    public static SparseMatrix LinearInStates(SparseMatrix stateFeatures, int leaderActions)
    {
        ArgumentNullException.ThrowIfNull(stateFeatures);
        int states = stateFeatures.RowCount, features = stateFeatures.ColumnCount;
        long[] offsets = new long[(states * leaderActions) + 1];
        int[] columns = new int[checked(stateFeatures.EntryCount * leaderActions)];
        double[] values = new double[columns.Length];
        int at = 0;
        for (int s = 0; s < states; s++)
        {
            for (int a = 0; a < leaderActions; a++)
            {
                for (long k = stateFeatures.Offsets[s]; k < stateFeatures.Offsets[s + 1]; k++, at++)
                    (columns[at], values[at]) = ((a * features) + stateFeatures.Columns[k], stateFeatures.Values[k]);
                offsets[(s * leaderActions) + a + 1] = at;
            }
        }

        return new SparseMatrix(checked(features * leaderActions), offsets, columns, values);
    }
}
