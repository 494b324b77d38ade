using FastHyper.Backends;
using FastHyper.Problems;
using FastHyper.Problems.Games;
using FastHyper.Reference.Arithmetic;

namespace FastHyper.Reference.Dense;

/// <summary>A follower's decision process at given leader parameters, its numbers in an arithmetic of choice.</summary>
public sealed class SoftProcess<T>
    where T : struct, IScalar<T>
{
    public required int States { get; init; }

    public required int Actions { get; init; }

    /// <summary>Where each row s·A+a of P begins, and the end.</summary>
    public required int[] Offsets { get; init; }

    public required int[] Columns { get; init; }

    public required T[] Probabilities { get; init; }

    /// <summary>r, (S·A).</summary>
    public required T[] Reward { get; init; }

    /// <summary>l, (S·A).</summary>
    public required T[] LeaderReward { get; init; }

    /// <summary>μ, (S).</summary>
    public required T[] Initial { get; init; }

    public required double Gamma { get; init; }

    public required double GammaLeader { get; init; }

    public required double Temperature { get; init; }

    /// <summary>The process of a linear problem, r = r₀ + Φx and l = l₀ + Ψx.</summary>
    /// <param name="data">The problem.</param>
    /// <param name="x">Leader parameters; those of the data where null.</param>
    public static SoftProcess<T> Of(ProblemData data, T[]? x = null)
    {
        SparseMatrix p = data.Transitions.Matrix;
        x ??= From(data.X);
        return new SoftProcess<T>
        {
            States = data.Transitions.States,
            Actions = data.Transitions.Actions,
            Offsets = [.. p.Offsets.Select(offset => (int)offset)],
            Columns = p.Columns,
            Probabilities = From(p.Values),
            Reward = Affine(data.Reward, data.Features, x),
            LeaderReward = Affine(data.LeaderReward, data.LeaderFeatures, x),
            Initial = From(data.Initial),
            Gamma = data.Gamma,
            GammaLeader = data.GammaLeader,
            Temperature = data.Temperature,
        };
    }

    /// <summary>
    /// The process over z = (s, a) that one of a game's followers plays: P'((s',a')|z,b) = P(s'|s,a,b) f(a'|s'), μ'(z) = μ(s) f(a|s).
    /// </summary>
    /// <param name="game">The game.</param>
    /// <param name="follower">Which follower.</param>
    /// <param name="f">The leader's policy, (S·L).</param>
    public static SoftProcess<T> Of(GameData game, int follower, T[] f)
    {
        SparseMatrix p = game.Transitions.Matrix;
        int leaderActions = game.LeaderActions;
        return new SoftProcess<T>
        {
            States = game.Transitions.States * leaderActions,
            Actions = game.FollowerActions,
            Offsets = [.. p.Offsets.Select(offset => (int)offset * leaderActions)],
            Columns = [.. p.Columns.SelectMany(s => Enumerable.Range(s * leaderActions, leaderActions))],
            Probabilities =
            [
                .. p.Columns.SelectMany((s, k) => Enumerable.Range(s * leaderActions, leaderActions).Select(z => T.Of(p.Values[k]) * f[z])),
            ],
            Reward = From(game.Followers[follower].Reward),
            LeaderReward = From(game.Followers[follower].LeaderReward),
            Initial = [.. f.Select((share, z) => T.Of(game.Initial[z / leaderActions]) * share)],
            Gamma = game.Gamma,
            GammaLeader = game.GammaLeader,
            Temperature = game.Temperature,
        };
    }

    /// <summary>f_θ(a|s) ∝ exp((Φθ)(s,a)), (S·L).</summary>
    public static T[] LeaderPolicy(GameData game, T[]? theta = null)
    {
        int rows = game.Transitions.States * game.LeaderActions;
        theta ??= From(game.Theta ?? new double[game.PolicyFeatures?.ColumnCount ?? rows]);
        T[] logits = game.PolicyFeatures is SparseMatrix features ? Affine(new double[rows], features, theta) : theta;
        return [.. logits.Chunk(game.LeaderActions).SelectMany(row => SoftMaximum<T>.Of(row, 1).Shares)];
    }

    /// <summary>Σ_s' P(s'|row) v(s').</summary>
    public T Mean(int row, T[] v)
    {
        T sum = default;
        for (int k = Offsets[row]; k < Offsets[row + 1]; k++) sum += Probabilities[k] * v[Columns[k]];
        return sum;
    }

    /// <summary>Adds Pᵀ w to a vector over states.</summary>
    public void AddTransposed(T[] w, T[] target)
    {
        for (int row = 0; row < w.Length; row++)
            for (int k = Offsets[row]; k < Offsets[row + 1]; k++) target[Columns[k]] += Probabilities[k] * w[row];
    }

    /// <summary>I − discount · P_π by rows.</summary>
    public T[][] Operator(T[] policy, double discount)
    {
        T[][] rows = new T[States][];
        for (int s = 0; s < States; s++)
        {
            T[] row = rows[s] = new T[States];
            for (int a = s * Actions; a < (s + 1) * Actions; a++)
            {
                T share = -(T.Of(discount) * policy[a]);
                for (int k = Offsets[a]; k < Offsets[a + 1]; k++) row[Columns[k]] += share * Probabilities[k];
            }

            row[s] += T.Of(1);
        }

        return rows;
    }

    private static T[] From(double[] values) => Array.ConvertAll(values, T.Of);

    private static T[] Affine(double[] constant, SparseMatrix? features, T[] x)
    {
        T[] y = From(constant);
        if (features is null) return y;
        for (int row = 0; row < y.Length; row++)
            for (long k = features.Offsets[row]; k < features.Offsets[row + 1]; k++)
                y[row] += T.Of(features.Values[k]) * x[features.Columns[k]];
        return y;
    }
}
