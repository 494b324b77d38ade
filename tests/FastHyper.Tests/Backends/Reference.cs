using FastHyper.Backends;
using MathNet.Numerics.LinearAlgebra;

namespace FastHyper.Tests.Backends;

/// <summary>One MDP instance in plain float64 dense algebra: the formulas of the verbs, written down directly.</summary>
internal sealed class Reference
{
    private readonly int _states;
    private readonly int _actions;
    private readonly Matrix<double> _p;
    private readonly (int Next, double P)[][] _rows;

    public Reference(Transitions transitions, double[] probabilities)
    {
        _states = transitions.States;
        _actions = transitions.Actions;
        SparseMatrix matrix = transitions.Matrix;
        _p = Matrix<double>.Build.Dense(matrix.RowCount, _states);
        for (int row = 0; row < matrix.RowCount; row++)
            for (long k = matrix.Offsets[row]; k < matrix.Offsets[row + 1]; k++)
                _p[row, matrix.Columns[k]] += probabilities[k];
        _rows = RandomInstances.Each(matrix.RowCount, row => RandomInstances.Each(
            (int)(matrix.Offsets[row + 1] - matrix.Offsets[row]),
            k => (matrix.Columns[matrix.Offsets[row] + k], probabilities[matrix.Offsets[row] + k])));
    }

    /// <summary>r + γ P V.</summary>
    public double[] ActionValues(double[] v, double[] reward, double discount) =>
        (Vector(reward) + (discount * (_p * Vector(v)))).ToArray();

    /// <summary>τ log Σ_a exp(q/τ).</summary>
    public double[] SoftMaxima(double[] q, double temperature) => ByState(q, row =>
    {
        double m = row.Max();
        return m + (temperature * Math.Log(row.Sum(x => Math.Exp((x - m) / temperature))));
    });

    public double[] SoftBackup(double[] v, double[] reward, double discount, double temperature) =>
        SoftMaxima(ActionValues(v, reward, discount), temperature);

    /// <summary>exp((q − soft maximum)/τ).</summary>
    public double[] Policy(double[] q, double temperature)
    {
        double[] v = SoftMaxima(q, temperature);
        return [.. q.Select((x, row) => Math.Exp((x - v[row / _actions]) / temperature))];
    }

    /// <summary>The fixed point of the soft Bellman operator, by policy iteration with dense solves.</summary>
    public double[] SoftValues(double[] reward, double discount, double temperature)
    {
        double[] v = new double[_states];
        for (int round = 0; round < 100; round++)
        {
            double[] policy = Policy(ActionValues(v, reward, discount), temperature);
            double[] entropic = [.. reward.Select((r, row) => policy[row] == 0 ? r : r - (temperature * Math.Log(policy[row])))];
            double[] next = Evaluate(policy, entropic, discount);
            double change = next.Zip(v, (a, b) => Math.Abs(a - b)).Max();
            v = next;
            if (change < 1e-13) return v;
        }

        throw new InvalidOperationException("policy iteration did not converge");
    }

    /// <summary>(I − γ P_π) V = Σ_a π r.</summary>
    public double[] Evaluate(double[] policy, double[] reward, double discount)
    {
        Vector<double> mean = Vector(ByState([.. reward.Select((r, row) => policy[row] * r)], row => row.Sum()));
        return (Identity - (discount * UnderPolicy(policy))).Solve(mean).ToArray();
    }

    /// <summary>(I − γ P_πᵀ) y = b.</summary>
    public double[] Adjoint(double[] policy, double[] source, double discount) =>
        (Identity - (discount * UnderPolicy(policy).Transpose())).Solve(Vector(source)).ToArray();

    /// <summary>γ Pᵀ c.</summary>
    public double[] TransposedProduct(double[] c, double discount) => (discount * (_p.Transpose() * Vector(c))).ToArray();

    /// <summary>π (g − Σ_b π g)/τ.</summary>
    public double[] QCotangent(double[] policy, double[] g, double temperature)
    {
        double[] mean = ByState([.. g.Select((x, row) => policy[row] * x)], row => row.Sum());
        return [.. g.Select((x, row) => policy[row] * (x - mean[row / _actions]) / temperature)];
    }

    private Matrix<double> Identity => Matrix<double>.Build.DenseIdentity(_states);

    private static Vector<double> Vector(double[] values) => Vector<double>.Build.DenseOfArray(values);

    private double[] ByState(double[] rows, Func<double[], double> of) => [.. rows.Chunk(_actions).Select(of)];

    /// <summary>P_π = Σ_a π P.</summary>
    private Matrix<double> UnderPolicy(double[] policy)
    {
        double[,] result = new double[_states, _states];
        for (int row = 0; row < policy.Length; row++)
            foreach ((int next, double p) in _rows[row])
                result[row / _actions, next] += policy[row] * p;
        return Matrix<double>.Build.DenseOfArray(result);
    }
}
