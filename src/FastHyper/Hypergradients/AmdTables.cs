using System.Numerics.Tensors;
using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Hypergradients;

/// <summary>Q, Q_L, d and ∂Q of one instance, on the host.</summary>
internal sealed class AmdTables(int states, int actions, int parameters)
{
    private readonly double[] _q = new double[states * actions];
    private readonly double[] _leaderQ = new double[states * actions];
    private readonly double[] _visits = new double[states];
    private readonly double[] _slopes = new double[states * actions * parameters];
    private readonly double[] _reward = new double[states * actions];
    private readonly double[] _leaderReward = new double[states * actions];
    private readonly double[] _initial = new double[states];
    private readonly double[] _policy = new double[states * actions];
    private readonly double[] _v = new double[states];
    private readonly double[] _leaderV = new double[states];
    private readonly double[] _valueSlopes = new double[states * parameters];
    private double[] _probabilities = [];
    private SparseMatrix? _matrix;

    /// <summary>Numbers that outlast an iteration, where they do.</summary>
    public int Length => _q.Length + _leaderQ.Length + _visits.Length + _slopes.Length;

    /// <summary>Reads the configured instance, and the tables from <paramref name="kept"/>, or zeros.</summary>
    public void Load(Mdp mdp, int instance, ReadOnlySpan<double> kept)
    {
        _matrix = mdp.Problem.Transitions.Matrix;
        mdp.Engine.Download(mdp.Reward, instance, _reward);
        mdp.Engine.Download(mdp.LeaderReward, instance, _leaderReward);
        mdp.Engine.Download(mdp.Initial, instance, _initial);
        _probabilities = _matrix.Values;
        if (mdp.Engine.Probabilities is not null) mdp.Engine.Download(mdp.Engine.Probabilities, instance, _probabilities = new double[_matrix.EntryCount]);
        foreach (double[] table in (double[][])[_q, _leaderQ, _visits, _slopes])
        {
            if (kept.IsEmpty)
            {
                table.AsSpan().Clear();
                continue;
            }

            kept[..table.Length].CopyTo(table);
            kept = kept[table.Length..];
        }
    }

    public void Store(Span<double> kept)
    {
        foreach (double[] table in (double[][])[_q, _leaderQ, _visits, _slopes])
        {
            table.CopyTo(kept);
            kept = kept[table.Length..];
        }
    }

    /// <summary>One joint iteration of all tables.</summary>
    public void Sweep(Problem problem, double temperature, double[] rewardSlopes)
    {
        Respond(temperature);
        double[] previous = (double[])_visits.Clone();
        _initial.CopyTo(_visits, 0);
        for (int row = 0; row < _q.Length; row++)
        {
            double value = 0, leaderValue = 0, flow = problem.LeaderDiscount * previous[row / actions] * _policy[row];
            Span<double> slope = _slopes.AsSpan(row * parameters, parameters);
            rewardSlopes.AsSpan(row * parameters, parameters).CopyTo(slope);
            for (long k = _matrix!.Offsets[row]; k < _matrix.Offsets[row + 1]; k++)
            {
                int next = _matrix.Columns[k];
                double p = _probabilities[k];
                value += p * _v[next];
                leaderValue += p * _leaderV[next];
                _visits[next] += flow * p;
                TensorPrimitives.MultiplyAdd(_valueSlopes.AsSpan(next * parameters, parameters), problem.Discount * p, slope, slope);
            }

            _q[row] = _reward[row] + (problem.Discount * value);
            _leaderQ[row] = _leaderReward[row] + (problem.LeaderDiscount * leaderValue);
        }
    }

    /// <summary>gradient += weight Σ d π A_L ∂Q/τ; A_L is free of its mean under π, so that ∂V drops out.</summary>
    public void AddResponse(double temperature, double weight, double[] gradient)
    {
        Respond(temperature);
        for (int row = 0; row < _q.Length; row++)
        {
            int s = row / actions;
            double c = weight * _visits[s] * _policy[row] * (_leaderQ[row] - _leaderV[s]) / temperature;
            TensorPrimitives.MultiplyAdd(_slopes.AsSpan(row * parameters, parameters), c, gradient, gradient);
        }
    }

    /// <summary>d π, (S·A): the cotangent of l.</summary>
    public double[] VisitedPolicy() => [.. _policy.Select((p, row) => p * _visits[row / actions])];

    /// <summary>π, V, ∂V and V_L of the tables.</summary>
    private void Respond(double temperature)
    {
        _valueSlopes.AsSpan().Clear();
        for (int s = 0; s < states; s++)
        {
            Span<double> policy = _policy.AsSpan(s * actions, actions);
            ReadOnlySpan<double> q = _q.AsSpan(s * actions, actions);
            _v[s] = SoftMaximum.Write(q, temperature, policy);
            _leaderV[s] = TensorPrimitives.Dot(policy, _leaderQ.AsSpan(s * actions, actions));
            Span<double> slope = _valueSlopes.AsSpan(s * parameters, parameters);
            for (int a = 0; a < actions; a++)
                TensorPrimitives.MultiplyAdd(_slopes.AsSpan(((s * actions) + a) * parameters, parameters), policy[a], slope, slope);
        }
    }
}
