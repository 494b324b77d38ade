using FastHyper.Backends;
using FastHyper.Problems.Games;
using FastHyper.Reference.Arithmetic;

namespace FastHyper.Reference.Dense;

/// <summary>
/// The exact answer of a Markov game with one follower, in double-double, through the follower's process over z = (s, a): with the visits
/// D(s) = Σ_a d(s,a) and the adjoint Y(s) = Σ_a y(s,a), the derivative in the logits of f is
/// <code>f(a|s) D(s) (V_L(s,a) − Σ_a' f V_L(s,a'))  directly, and  f(a|s) Y(s) (V(s,a) − Σ_a' f V(s,a'))  through the response.</code>
/// </summary>
public sealed class GameAnswer
{
    private readonly int _leaderActions;
    private readonly DoubleDouble[] _f;

    private GameAnswer(GameData game, DoubleDouble[] f, SoftSolution<DoubleDouble> solution, Precision precision)
    {
        double share = ReferenceAnswer.Share(precision), unit = ReferenceAnswer.Unit(precision);
        Sensitivity sensitivity = new(solution, unit);
        _leaderActions = game.LeaderActions;
        _f = f;
        V = new Known(Numbers.Of(solution.V), sensitivity.V, sensitivity.V.Sum(), share);
        Policy = new Known(Numbers.Of(solution.Policy), sensitivity.Policy, sensitivity.Policy.Sum(), share);
        Objective = new Known([solution.Objective.Value], [sensitivity.Objective], sensitivity.Objective, share);

        double[] level = [.. sensitivity.LeaderV(Centres).Select(change => change + (unit * Numbers.Largest(solution.LeaderV)))];
        Direct = Gradient(game, solution.Visits, solution.LeaderV, sensitivity.Visits, level, unit, 0, share);
        ResponseChange response = sensitivity.Response();
        level = [.. sensitivity.Values(Centres).Select(change => change + (unit * Numbers.Largest(solution.V)))];
        DoubleDouble[] y = solution.Response(solution.ReturnCotangent).Y;
        Response = Gradient(game, y, solution.V, response.Y, level, unit, Float64.Rounding * Numbers.Largest(Direct.Values), share);
    }

    /// <summary>V(s,a), (S·L).</summary>
    public Known V { get; }

    /// <summary>g(b|s,a), (S·L·A).</summary>
    public Known Policy { get; }

    /// <summary>J.</summary>
    public Known Objective { get; }

    /// <summary>The direct part of dJ/dθ, (P).</summary>
    public Known Direct { get; }

    /// <summary>The part through the response, (P).</summary>
    public Known Response { get; }

    /// <summary>The objective and both parts of a gradient beside what they should be.</summary>
    public (string Part, Known Exact, double[] Found)[] Compare(double objective, double[] direct, double[] response) =>
        [("objective", Objective, [objective]), ("direct", Direct, direct), ("response", Response, response)];

    /// <summary>As <see cref="ReferenceAnswer.Digits"/>.</summary>
    public double Digits
    {
        get
        {
            double largest = Math.Max(Numbers.Largest(Direct.Values), Numbers.Largest(Response.Values));
            double gradient = largest > 0 ? Math.Max(Numbers.Largest(Direct.Each), Numbers.Largest(Response.Each)) / largest : 0;
            return new[] { V.Allowed, Policy.Allowed, gradient }.Max();
        }
    }

    /// <summary>The answer of a game; null where there is no finite one.</summary>
    public static GameAnswer? Of(GameData game, Precision precision = Precision.F64)
    {
        DoubleDouble[] f = SoftProcess<DoubleDouble>.LeaderPolicy(game);
        SoftSolution<Float64>? draft = ReferenceAnswer.Draft(SoftProcess<Float64>.Of(game, 0, SoftProcess<Float64>.LeaderPolicy(game)));
        return ReferenceAnswer.Solve(SoftProcess<DoubleDouble>.Of(game, 0, f), draft) is SoftSolution<DoubleDouble> solution
            ? new GameAnswer(game, f, solution, precision)
            : null;
    }

    /// <summary>Rows less their mean under f over the leader's actions in the same state.</summary>
    private DoubleDouble[][] Centres(DoubleDouble[][] rows)
    {
        DoubleDouble[][] centred = new DoubleDouble[rows.Length][];
        for (int z = 0; z < rows.Length; z++)
        {
            centred[z] = [.. rows[z]];
            for (int other = z / _leaderActions * _leaderActions; other < ((z / _leaderActions) + 1) * _leaderActions; other++)
                DoubleDouble.SubtractMultiple(centred[z], _f[other], rows[other]);
        }

        return centred;
    }

    /// <summary>f (a|s) Σ_a weight(s,a) (value(s,a) − Σ_a' f value(s,a')), pulled back to θ.</summary>
    private Known Gradient(
        GameData game, DoubleDouble[] weights, DoubleDouble[] values, double[] weightChange, double[] valueChange, double unit,
        double floor, double share)
    {
        DoubleDouble[] cotangent = new DoubleDouble[weights.Length];
        double[] change = new double[weights.Length];
        for (int z = 0; z < cotangent.Length; z++)
        {
            DoubleDouble weight = default, centred = values[z];
            double moved = 0;
            for (int other = z / _leaderActions * _leaderActions; other < ((z / _leaderActions) + 1) * _leaderActions; other++)
            {
                weight += weights[other];
                moved += weightChange[other];
                centred -= _f[other] * values[other];
            }

            cotangent[z] = _f[z] * weight * centred;
            double either = (moved * Math.Abs(centred.Value)) + (Math.Abs(weight.Value) * valueChange[z]);
            change[z] = (_f[z].Value * either) + (unit * Math.Abs(cotangent[z].Value)) + floor;
        }

        if (game.PolicyFeatures is not SparseMatrix features) return new Known(Numbers.Of(cotangent), change, change.Sum(), share);
        double[] each = new double[features.ColumnCount];
        for (int row = 0; row < features.RowCount; row++)
            for (long k = features.Offsets[row]; k < features.Offsets[row + 1]; k++)
                each[features.Columns[k]] += Math.Abs(features.Values[k]) * change[row];
        return new Known(Numbers.Pullback(features, cotangent, each.Length), each, each.Sum(), share);
    }
}
