using System.Numerics;
using System.Numerics.Tensors;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems.Continuous;

namespace FastHyper.Rollouts.SupportPoints;

/// <summary>
/// The k × k matrix of a fit over samples, (1/N) Σ_i φ_i (φ_i − γ ψ_i)ᵀ + ρI, ψ_i = Σ_b π(b|s'_i) φ(s'_i, b), zero where the episode
/// ends. O(N k²/A) to write, O(k³) to factorise.
/// </summary>
internal sealed class PointSystem
{
    private const int Panel = 4;
    private readonly PointFeatures _features;
    private readonly double[] _matrix;
    private readonly double[] _rows;
    private readonly int[] _order;
    private readonly DenseSystem _system;

    /// <summary>Allocates the matrix.</summary>
    /// <param name="features">f.</param>
    /// <param name="capacity">Samples at the most.</param>
    public PointSystem(PointFeatures features, int capacity)
    {
        _features = features;
        _matrix = new double[checked(features.Weights * features.Weights)];
        _rows = new double[Panel * features.Weights];
        _order = new int[capacity];
        _system = new DenseSystem(features.Weights);
    }

    /// <summary>Writes and factorises the matrix.</summary>
    /// <param name="rows">Features of states.</param>
    /// <param name="actions">Their actions, (N).</param>
    /// <param name="next">Features of next states.</param>
    /// <param name="goesOn">0 where an episode ends, 1 elsewhere, (N).</param>
    /// <param name="policy">π at next states, (N, A).</param>
    /// <param name="discount">γ; 0 for the matrix of the least squares alone.</param>
    /// <param name="ridge">ρ.</param>
    /// <returns>Whether it has an inverse.</returns>
    public bool Factorise(
        PointRows rows, ReadOnlySpan<int> actions, PointRows next, ReadOnlySpan<double> goesOn, ReadOnlySpan<double> policy,
        double discount, double ridge)
    {
        Array.Clear(_matrix);
        if (_features.IsDense) WriteDense(rows, actions, next, goesOn, policy, discount);
        else WriteSparse(rows, actions, next, goesOn, policy, discount);
        return _system.Factorise(_matrix, ridge) < 0;
    }

    /// <summary>Solves in place.</summary>
    public void Solve(Span<double> vector) => _system.Solve(vector);

    /// <summary>Solves with the transpose in place.</summary>
    public void SolveTransposed(Span<double> vector) => _system.SolveTransposed(vector);

    private void WriteDense(
        PointRows rows, ReadOnlySpan<int> actions, PointRows next, ReadOnlySpan<double> goesOn, ReadOnlySpan<double> policy,
        double discount)
    {
        int k = _features.Weights, each = _features.Count, count = actions.Length;
        Span<double> panel = _rows;
        for (int action = 0; action < _features.Actions; action++)
        {
            int found = 0;
            for (int i = 0; i < count; i++)
                if (actions[i] == action) _order[found++] = i;
            int first = discount == 0 ? action * each : 0, length = discount == 0 ? each : k;
            for (int at = 0; at < found; at += Panel)
            {
                int taken = Math.Min(Panel, found - at);
                panel.Clear();
                for (int p = 0; p < taken; p++)
                {
                    int i = _order[at + p];
                    Span<double> row = panel.Slice(p * k, k);
                    TensorPrimitives.Multiply(rows.Values(i), 1.0 / count, row.Slice(action * each, each));
                    if (discount == 0 || goesOn[i] == 0) continue;
                    for (int b = 0; b < _features.Actions; b++)
                        next.AddTo(i, -discount * policy[(i * _features.Actions) + b] / count, row.Slice(b * each, each));
                }

                ReadOnlySpan<double> f0 = rows.Values(_order[at]), f1 = rows.Values(_order[at + Math.Min(1, taken - 1)]),
                    f2 = rows.Values(_order[at + Math.Min(2, taken - 1)]), f3 = rows.Values(_order[at + Math.Min(3, taken - 1)]);
                for (int j = 0; j < each; j++)
                    AddFour(
                        _matrix.AsSpan((((action * each) + j) * k) + first, length), panel[first..], k, f0[j], f1[j], f2[j], f3[j]);
            }
        }
    }

    private void WriteSparse(
        PointRows rows, ReadOnlySpan<int> actions, PointRows next, ReadOnlySpan<double> goesOn, ReadOnlySpan<double> policy,
        double discount)
    {
        int k = _features.Weights, each = _features.Count, count = actions.Length;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<double> values = rows.Values(i);
            ReadOnlySpan<int> columns = rows.Columns(i);
            int block = actions[i] * each;
            for (int j = 0; j < values.Length; j++)
            {
                double value = values[j] / count;
                if (value == 0) continue;
                Span<double> to = _matrix.AsSpan((block + columns[j]) * k, k);
                rows.AddTo(i, value, to.Slice(block, each));
                if (discount == 0 || goesOn[i] == 0) continue;
                for (int b = 0; b < _features.Actions; b++)
                    next.AddTo(i, -discount * policy[(i * _features.Actions) + b] * value, to.Slice(b * each, each));
            }
        }
    }

    /// <summary>to += Σ_p c_p rows_p, in order, whatever the processor's registers.</summary>
    private static void AddFour(Span<double> to, ReadOnlySpan<double> rows, int stride, double c0, double c1, double c2, double c3)
    {
        ReadOnlySpan<double> v0 = rows[..to.Length], v1 = rows.Slice(stride, to.Length), v2 = rows.Slice(2 * stride, to.Length),
            v3 = rows.Slice(3 * stride, to.Length);
        int j = 0;
        for (; j + Vector<double>.Count <= to.Length; j += Vector<double>.Count)
        {
            Vector<double> sum = new Vector<double>(to[j..]) + (new Vector<double>(v0[j..]) * c0) + (new Vector<double>(v1[j..]) * c1)
                + (new Vector<double>(v2[j..]) * c2) + (new Vector<double>(v3[j..]) * c3);
            sum.CopyTo(to[j..]);
        }

        for (; j < to.Length; j++) to[j] = to[j] + (v0[j] * c0) + (v1[j] * c1) + (v2[j] * c2) + (v3[j] * c3);
    }
}
