using System.Numerics.Tensors;
using CommunityToolkit.HighPerformance;
using CommunityToolkit.HighPerformance.Buffers;
using FastHyper.Backends;
using FastHyper.Followers.Solves;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Estimators;

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
    private double[] _own = [];
    private double[] _probabilities = [];
    private SparseMatrix? _matrix;

    /// <summary>∂Q, (S·A, P).</summary>
    private Span2D<double> Slopes => new(_slopes, states * actions, parameters);

    /// <summary>∂V, (S, P).</summary>
    private Span2D<double> ValueSlopes => new(_valueSlopes, states, parameters);

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
        if (mdp.Engine.Probabilities is not null)
        {
            if (_own.Length == 0) _own = new double[_matrix.EntryCount];
            mdp.Engine.Download(mdp.Engine.Probabilities, instance, _probabilities = _own);
        }

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
    public void Sweep(Problem problem, double temperature, ReadOnlySpan2D<double> rewardSlopes)
    {
        Respond(temperature);
        using SpanOwner<double> scratch = SpanOwner<double>.Allocate(states);
        Span<double> previous = scratch.Span;
        _visits.CopyTo(previous);
        _initial.CopyTo(_visits, 0);
        Span2D<double> slopes = Slopes, valueSlopes = ValueSlopes;
        for (int row = 0; row < _q.Length; row++)
        {
            double value = 0, leaderValue = 0, flow = problem.LeaderDiscount * previous[row / actions] * _policy[row];
            Span<double> slope = slopes.GetRowSpan(row);
            rewardSlopes.GetRowSpan(row).CopyTo(slope);
            for (long k = _matrix!.Offsets[row]; k < _matrix.Offsets[row + 1]; k++)
            {
                int next = _matrix.Columns[k];
                double p = _probabilities[k];
                value += p * _v[next];
                leaderValue += p * _leaderV[next];
                _visits[next] += flow * p;
                TensorPrimitives.MultiplyAdd(valueSlopes.GetRowSpan(next), problem.Discount * p, slope, slope);
            }

            _q[row] = _reward[row] + (problem.Discount * value);
            _leaderQ[row] = _leaderReward[row] + (problem.LeaderDiscount * leaderValue);
        }
    }

    /// <summary>gradient += weight Σ d π A_L ∂Q/τ; A_L is free of its mean under π, so that ∂V drops out.</summary>
    public void AddResponse(double temperature, double weight, double[] gradient)
    {
        Respond(temperature);
        ReadOnlySpan2D<double> slopes = Slopes;
        for (int row = 0; row < _q.Length; row++)
        {
            int s = row / actions;
            double c = weight * _visits[s] * _policy[row] * (_leaderQ[row] - _leaderV[s]) / temperature;
            TensorPrimitives.MultiplyAdd(slopes.GetRowSpan(row), c, gradient, gradient);
        }
    }

    /// <summary>Writes d π, (S·A): the cotangent of l.</summary>
    public void VisitedPolicy(Span<double> rows)
    {
        for (int s = 0; s < states; s++)
            TensorPrimitives.Multiply(_policy.AsSpan(s * actions, actions), _visits[s], rows.Slice(s * actions, actions));
    }

    /// <summary>π, V, ∂V and V_L of the tables.</summary>
    private void Respond(double temperature)
    {
        _valueSlopes.AsSpan().Clear();
        ReadOnlySpan2D<double> slopes = Slopes;
        Span2D<double> valueSlopes = ValueSlopes;
        for (int s = 0; s < states; s++)
        {
            Span<double> policy = _policy.AsSpan(s * actions, actions);
            ReadOnlySpan<double> q = _q.AsSpan(s * actions, actions);
            _v[s] = SoftMaximum.Write(q, temperature, policy);
            _leaderV[s] = TensorPrimitives.Dot(policy, _leaderQ.AsSpan(s * actions, actions));
            Span<double> slope = valueSlopes.GetRowSpan(s);
            for (int a = 0; a < actions; a++)
                TensorPrimitives.MultiplyAdd(slopes.GetRowSpan((s * actions) + a), policy[a], slope, slope);
        }
    }
}
