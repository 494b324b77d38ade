using FastHyper.Backends;
using FastHyper.Problems;
using MathNet.Numerics.LinearAlgebra;

namespace FastHyper.Tests.Support;

/// <summary>
/// A linear problem solved densely and without sweeps: soft policy iteration, V = (I − γP_π)⁻¹(r_π + τ H_π), which
/// converges quadratically, and the hypergradient by forward sensitivities, one parameter at a time.
/// </summary>
internal sealed class DenseReference
{
    private readonly ProblemData _data;
    private readonly Matrix<double> _p;

    public DenseReference(ProblemData data)
    {
        _data = data;
        States = data.Transitions.States;
        Actions = data.Transitions.Actions;
        _p = Dense(data.Transitions.Matrix);
        Reward = Affine(data.Reward, data.Features);
        LeaderReward = Affine(data.LeaderReward, data.LeaderFeatures);
        V = Vector<double>.Build.Dense(States);
        Policy = Vector<double>.Build.Dense(States * Actions, 1.0 / Actions);
        for (int round = 0; round < 100; round++)
        {
            Vector<double> entropy = Policy.Map(p => p > 0 ? -data.Temperature * Math.Log(p) : 0);
            Vector<double> next = Inverse(data.Gamma) * Average(Reward + entropy);
            bool settled = (next - V).InfinityNorm() <= 1e-14 * (1 + next.InfinityNorm());
            V = next;
            Q = Reward + (data.Gamma * (_p * V));
            Policy = Boltzmann(Q);
            if (settled) break;
        }

        LeaderV = Inverse(data.GammaLeader) * Average(LeaderReward);
        Objective = LeaderV.DotProduct(Vector<double>.Build.DenseOfArray(data.Initial));
    }

    public int States { get; }

    public int Actions { get; }

    public Vector<double> Reward { get; }

    public Vector<double> LeaderReward { get; }

    public Vector<double> V { get; private set; }

    public Vector<double> Q { get; private set; } = null!;

    public Vector<double> Policy { get; private set; }

    public Vector<double> LeaderV { get; }

    public double Objective { get; }

    /// <summary>(I − γP_π)⁻¹.</summary>
    public Matrix<double> Inverse(double discount) => (Matrix<double>.Build.DenseIdentity(States) - (discount * UnderPolicy())).Inverse();

    /// <summary>dJ/dx by ∂V, ∂π and ∂V_L for each parameter.</summary>
    public (double[] Direct, double[] Response) Gradient()
    {
        double[] direct = new double[_data.X.Length], response = new double[_data.X.Length];
        Matrix<double> follower = Inverse(_data.Gamma), leader = Inverse(_data.GammaLeader);
        Vector<double> initial = Vector<double>.Build.DenseOfArray(_data.Initial);
        Vector<double> leaderQ = LeaderReward + (_data.GammaLeader * (_p * LeaderV));
        Matrix<double>? phi = _data.Features is null ? null : Dense(_data.Features), psi = _data.LeaderFeatures is null ? null : Dense(_data.LeaderFeatures);
        for (int k = 0; k < direct.Length; k++)
        {
            if (psi is not null) direct[k] = initial.DotProduct(leader * Average(psi.Column(k)));
            if (phi is null) continue;
            Vector<double> dQ = phi.Column(k) + (_data.Gamma * (_p * (follower * Average(phi.Column(k)))));
            Vector<double> mean = Average(dQ);
            Vector<double> dPolicy = Vector<double>.Build.Dense(Policy.Count, i => Policy[i] * (dQ[i] - mean[i / Actions]) / _data.Temperature);
            response[k] = initial.DotProduct(leader * SumActions(dPolicy.PointwiseMultiply(leaderQ)));
        }

        return (direct, response);
    }

    private static Matrix<double> Dense(SparseMatrix matrix)
    {
        Matrix<double> dense = Matrix<double>.Build.Dense(matrix.RowCount, matrix.ColumnCount);
        for (int row = 0; row < matrix.RowCount; row++)
            for (long k = matrix.Offsets[row]; k < matrix.Offsets[row + 1]; k++)
                dense[row, matrix.Columns[k]] += matrix.Values[k];
        return dense;
    }

    private Vector<double> Affine(double[] constant, SparseMatrix? features)
    {
        Vector<double> reward = Vector<double>.Build.DenseOfArray(constant);
        return features is null ? reward : reward + (Dense(features) * Vector<double>.Build.DenseOfArray(_data.X));
    }

    private Matrix<double> UnderPolicy() => Matrix<double>.Build.Dense(States, States, (s, to) =>
    {
        double sum = 0;
        for (int a = 0; a < Actions; a++) sum += Policy[(s * Actions) + a] * _p[(s * Actions) + a, to];
        return sum;
    });

    private Vector<double> SumActions(Vector<double> rows) =>
        Vector<double>.Build.Dense(States, s => rows.SubVector(s * Actions, Actions).Sum());

    private Vector<double> Average(Vector<double> rows) => SumActions(rows.PointwiseMultiply(Policy));

    private Vector<double> Boltzmann(Vector<double> q) => Vector<double>.Build.Dense(q.Count, i =>
    {
        Vector<double> row = q.SubVector(i / Actions * Actions, Actions);
        double best = row.Maximum();
        return Math.Exp((q[i] - best) / _data.Temperature) / row.ToArray().Sum(value => Math.Exp((value - best) / _data.Temperature));
    });
}
