using FastHyper.Backends;
using FastHyper.Experiments;
using FastHyper.Problems;
using FastHyper.Problems.Games;

namespace FastHyper.Native;

internal sealed unsafe partial class Solver
{
    private DeviceArray? _shifted;

    /// <summary>Axes of r, Q and the policy: (S, A), of a game (S, L, A).</summary>
    private long[] Pairs => Mdp.Problem is MarkovGame game ? [States, game.LeaderActions, game.FollowerActions] : [States, Actions];

    /// <summary>V(s,a), Q and g(b|s,a) of all instances, at their temperatures.</summary>
    private GameSolution AnswerOf(MarkovGame game) => GameSolution.Of(
        game, [.. Enumerable.Range(0, _engine.Instances).SelectMany(ActionValues)], Host(_engine.LeaderPolicy!, 0), Mdp.Temperatures);

    /// <summary>
    /// c = g (ḡ − Σ_b g ḡ)/τ + g V̄(s,a) + Q̄: what the follower's derivative takes. The answer over (s, a) does not depend on f but by
    /// W(s) = Σ_a f V(s,a), so that the cotangent of f is y(s) V(s,a).
    /// </summary>
    private void WriteGameCotangent(MarkovGame game, in StridedArray policy, in StridedArray v, in StridedArray q, DeviceArray target)
    {
        GameSolution answer = _game ??= AnswerOf(game);
        int actions = game.FollowerActions, rows = (int)(States * Actions), choices = rows / actions;
        double[] c = new double[rows];
        for (int i = 0; i < _engine.Instances; i++)
        {
            ReadOnlySpan<double> g = answer.G.AsSpan(i * rows, rows);
            c.AsSpan().Clear();
            if (!policy.IsAbsent)
            {
                Part("policy", policy, i, _engine.Instances, Pairs).Read(ref _scratch).CopyTo(c);
                for (int z = 0; z < choices; z++)
                    Centre(g.Slice(z * actions, actions), c.AsSpan(z * actions, actions), Mdp.Temperatures[i]);
            }

            if (!v.IsAbsent)
            {
                ReadOnlySpan<double> values = Part("V", v, i, _engine.Instances, States, game.LeaderActions).Read(ref _scratch);
                for (int row = 0; row < rows; row++) c[row] += g[row] * values[row / actions];
            }

            if (!q.IsAbsent)
            {
                ReadOnlySpan<double> values = Part("Q", q, i, _engine.Instances, Pairs).Read(ref _scratch);
                for (int row = 0; row < rows; row++) c[row] += values[row];
            }

            ProblemCheck.RequireVector(game.Name, "cotangents", c, rows);
            _engine.Upload(target, i, c);
        }
    }

    /// <summary>r(s,a,b) + Σ_a' ∂f(a'|s) V(s,a'), whose mean under f g has the tangent of f, too.</summary>
    private double[] Shifted(MarkovGame game, int instance, in StridedArray leaderPolicy, double[] rows)
    {
        GameSolution answer = _game ??= AnswerOf(game);
        int choices = game.LeaderActions, perState = (int)Actions;
        ReadOnlySpan<double> v = answer.V.AsSpan(instance * (int)States * choices, (int)States * choices);
        ReadOnlySpan<double> tangent =
            Part("leader_policy", leaderPolicy, instance, _engine.Instances, States, choices).Read(ref _scratch);
        double[] shifted = [.. rows];
        for (int s = 0; s < States; s++)
        {
            double shift = 0;
            for (int a = 0; a < choices; a++) shift += tangent[(s * choices) + a] * v[(s * choices) + a];
            for (int row = 0; row < perState; row++) shifted[(s * perState) + row] += shift;
        }

        return shifted;
    }

    /// <summary>∂V(s,a) = Σ_b g ∂Q, ∂g = g (∂Q − ∂V)/τ.</summary>
    private void GetGameTangent(MarkovGame game, Quantity what, string name, in StridedArray array)
    {
        if (what == Quantity.QTangent)
        {
            Download(name, array, _tangentQ!, Pairs);
            return;
        }

        GameSolution answer = _game ??= AnswerOf(game);
        int actions = game.FollowerActions;
        double[] q = [.. Enumerable.Range(0, _engine.Instances).SelectMany(i => Host(_tangentQ!, i))];
        double[] v = new double[q.Length / actions];
        for (int z = 0; z < v.Length; z++)
        {
            ReadOnlySpan<double> g = answer.G.AsSpan(z * actions, actions);
            Span<double> row = q.AsSpan(z * actions, actions);
            for (int b = 0; b < actions; b++) v[z] += g[b] * row[b];
            Centre(g, row, Mdp.Temperatures[(int)(z / (States * game.LeaderActions))]);
        }

        if (what == Quantity.VTangent) WriteAll(name, array, v, States, game.LeaderActions);
        else WriteAll(name, array, q, Pairs);
    }

    /// <summary>values = g (values − Σ g values)/τ.</summary>
    private static void Centre(ReadOnlySpan<double> g, Span<double> values, double temperature)
    {
        double mean = 0;
        for (int b = 0; b < values.Length; b++) mean += g[b] * values[b];
        for (int b = 0; b < values.Length; b++) values[b] = g[b] * (values[b] - mean) / temperature;
    }
}
