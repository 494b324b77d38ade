using FastHyper.Reference.Arithmetic;

namespace FastHyper.Reference.Dense;

/// <summary>
/// How far rounding may move an answer. A computed V with ‖TV − V‖∞ ≤ ε is the exact one of rewards that differ by at most ε, as adding
/// ρ(s) to the rewards of s adds ρ(s) to TV; so are rounded rewards, probabilities (by |P||V|) and a rounded V. Likewise a computed V_L is
/// exact for leader's rewards that differ by ε_L, and computed visits and adjoints for sources that differ by a share of their own
/// 1-norm. What such differences do to first order is bounded here element by element, with the inverses
/// M = (I − γP_π)⁻¹ and N = (I − γ_L P_π)⁻¹ written out:
/// <code>
/// |δ log π| ≤ η = (ε/τ) (2 + Σ_j |B|),      B(sa,·) = γ (P_sa − P_π(s,·)) M          what a shift of all values cannot reach
/// |δd| ≤ (d |δπ|) |B_L| + β max_i N(i,·),    B_L likewise of γ_L and N;    |δV_L| ≤ N (|δπ| |A_L| + ε_L)
/// |δA_L| ≤ |B_L| (|δπ| |A_L| + ε_L) + …      and so on along the chain c → y → w
/// </code>
/// </summary>
public sealed class Sensitivity
{
    // Below this answers are underflow.
    private const double Underflow = 1e-290;
    private readonly SoftSolution<DoubleDouble> _solution;
    private readonly int _states;
    private readonly int _actions;
    private readonly double _unit;
    private readonly double[][] _inverse;
    private readonly double[][] _leaderInverse;
    private readonly double[][] _follower;
    private readonly double[][] _leader;
    private readonly double[] _policy;
    private readonly double[] _policyChange;

    /// <summary>Bounds of a solution.</summary>
    /// <param name="solution">The solution.</param>
    /// <param name="unit">A computed number is off by this share of the largest that it is made of.</param>
    public Sensitivity(SoftSolution<DoubleDouble> solution, double unit)
    {
        SoftProcess<DoubleDouble> process = solution.Process;
        _solution = solution;
        _unit = unit;
        (_states, _actions) = (process.States, process.Actions);
        _policy = Numbers.Of(solution.Policy);
        DoubleDouble[][] inverse = solution.Follower.Inverse();
        _inverse = Magnitudes(inverse);
        _follower = Differences(inverse, process.Gamma);
        if (process.Gamma != process.GammaLeader) inverse = solution.Leader.Inverse();
        _leaderInverse = process.Gamma == process.GammaLeader ? _inverse : Magnitudes(inverse);
        _leader = process.Gamma == process.GammaLeader ? _follower : Differences(inverse, process.GammaLeader);
        Reward = unit * solution.Scale;
        LeaderReward = unit * (Numbers.Largest(solution.LeaderV) + Numbers.Largest(process.LeaderReward));
        V = [.. _inverse.Select(row => (Reward * row.Sum()) + Underflow)];
        _policyChange = new double[_policy.Length];
        double[] alone = [.. _policy.Select((_, row) => PolicyChange(row))];
        for (int row = 0; row < _policy.Length; row++)
        {
            // Probabilities sum to one: an action that is all but certain moves no more than the others do together.
            double others = 0;
            int first = row / _actions * _actions;
            for (int other = first; other < first + _actions; other++) others += other == row ? 0 : alone[other];
            _policyChange[row] = Math.Min(alone[row], others) + (_unit * _policy[row]);
        }

        (Visits, VisitsInSum) = ChangeOfVisits();
        Gain = new double[_states];
        for (int row = 0; row < _policy.Length; row++)
            Gain[row / _actions] += _policyChange[row] * Math.Abs(solution.LeaderAdvantage[row].Value);
        for (int s = 0; s < _states; s++) Gain[s] += LeaderReward;
        Objective = Underflow + solution.Visits.Select((d, s) => Math.Abs(d.Value) * Gain[s]).Sum();
        LeaderAdvantage = new double[_policy.Length];
        for (int row = 0; row < _policy.Length; row++)
            LeaderAdvantage[row] = Product(_leader[row], Gain) + Gain[row / _actions] + (2 * LeaderReward);
    }

    /// <summary>ε.</summary>
    public double Reward { get; }

    /// <summary>ε_L.</summary>
    public double LeaderReward { get; }

    /// <summary>|δV|, (S).</summary>
    public double[] V { get; }

    /// <summary>|δπ|, (S·A).</summary>
    public double[] Policy => _policyChange;

    /// <summary>|δd|, (S).</summary>
    public double[] Visits { get; }

    /// <summary>‖δd‖₁.</summary>
    public double VisitsInSum { get; }

    /// <summary>What V_L is the value of changes by: Σ_a |δπ||A_L| + ε_L, (S).</summary>
    public double[] Gain { get; }

    /// <summary>|δA_L|, (S·A).</summary>
    public double[] LeaderAdvantage { get; }

    /// <summary>|δJ|.</summary>
    public double Objective { get; }

    /// <summary>|δ| of combinations of V, given by what they make of the rows of M.</summary>
    public double[] Values(Func<DoubleDouble[][], DoubleDouble[][]> combine) =>
        [.. Magnitudes(combine(_solution.Follower.Inverse())).Select(row => Reward * row.Sum())];

    /// <summary>|δ| of combinations of V_L, given by what they make of the rows of N.</summary>
    public double[] LeaderV(Func<DoubleDouble[][], DoubleDouble[][]> combine) =>
        [.. Magnitudes(combine(_solution.Leader.Inverse())).Select(row => Product(row, Gain))];

    /// <summary>|δ(d π)|, the cotangent of l.</summary>
    public Change Direct()
    {
        double[] change = new double[_policy.Length];
        double sum = VisitsInSum;
        for (int row = 0; row < change.Length; row++)
        {
            double visits = Math.Abs(_solution.Visits[row / _actions].Value);
            change[row] = (Visits[row / _actions] * _policy[row]) + (visits * (_policyChange[row] + (_unit * _policy[row]))) + Underflow;
            sum += (visits * (_policyChange[row] + (_unit * _policy[row]))) + Underflow;
        }

        return new Change(change, sum);
    }

    /// <summary>|δw| for the return's own cotangent d A_L.</summary>
    public ResponseChange Response()
    {
        DoubleDouble[] cotangent = _solution.ReturnCotangent;
        double[] change = new double[cotangent.Length];
        for (int row = 0; row < change.Length; row++)
        {
            double visits = Math.Abs(_solution.Visits[row / _actions].Value), advantage = Math.Abs(_solution.LeaderAdvantage[row].Value);
            change[row] = (Visits[row / _actions] * advantage) + (visits * LeaderAdvantage[row]);
        }

        return Response(cotangent, change);
    }

    /// <summary>|δw| for a policy cotangent that is known to <paramref name="change"/>.</summary>
    public ResponseChange Response(DoubleDouble[] cotangent, double[] change)
    {
        SoftProcess<DoubleDouble> process = _solution.Process;
        (DoubleDouble[] c, DoubleDouble[] y, DoubleDouble[] w) = _solution.Response(cotangent);
        double[] deltaC = new double[w.Length], deltaW = new double[w.Length], deltaY = new double[_states];
        double[] known = [.. change.Zip(cotangent, (own, value) => own + (_unit * Math.Abs(value.Value)))];
        for (int s = 0; s < _states; s++)
        {
            double mean = 0, moved = 0;
            for (int row = s * _actions; row < (s + 1) * _actions; row++) mean += _policy[row] * cotangent[row].Value;
            for (int row = s * _actions; row < (s + 1) * _actions; row++)
                moved += _policyChange[row] * Math.Abs(cotangent[row].Value - mean);
            for (int row = s * _actions; row < (s + 1) * _actions; row++)
            {
                // The centred cotangent is Σ_b π(b) (∂f/∂π(a) − ∂f/∂π(b)): an action that is all but certain is its own mean.
                double centred = moved;
                for (int other = s * _actions; other < (s + 1) * _actions; other++)
                    if (other != row) centred += _policy[other] * (known[row] + known[other]);
                double either = (_policyChange[row] * Math.Abs(cotangent[row].Value - mean)) + (_policy[row] * centred);
                deltaC[row] = (_unit * Math.Abs(c[row].Value)) + (either / process.Temperature);
            }
        }

        double structured = 0;
        for (int row = 0; row < w.Length; row++)
        {
            double flow = deltaC[row] + (_policyChange[row] * Math.Abs(y[row / _actions].Value));
            for (int j = 0; j < _states; j++) deltaY[j] += flow * _follower[row][j];
            structured += flow * (1 + _follower[row].Sum());
        }

        double sources = _unit * (c.Sum(value => Math.Abs(value.Value)) + y.Sum(value => Math.Abs(value.Value)));
        for (int j = 0; j < _states; j++) deltaY[j] += sources * _inverse.Max(row => row[j]);
        for (int row = 0; row < w.Length; row++)
        {
            double flow = (_policyChange[row] * Math.Abs(y[row / _actions].Value)) + (_policy[row] * deltaY[row / _actions]);
            deltaW[row] = deltaC[row] + flow + (_unit * Math.Abs(w[row].Value)) + Underflow;
        }

        double rounded = w.Sum(value => (_unit * Math.Abs(value.Value)) + Underflow);
        return new ResponseChange(new Change(deltaW, structured + (sources * _inverse.Max(row => row.Sum())) + rounded), deltaY);
    }

    private static double[][] Magnitudes(DoubleDouble[][] rows) =>
        Array.ConvertAll(rows, row => Array.ConvertAll(row, value => Math.Abs(value.Value)));

    private static double Product(double[] row, double[] vector)
    {
        double sum = 0;
        for (int j = 0; j < row.Length; j++) sum += row[j] * vector[j];
        return sum;
    }

    /// <summary>|γ (P_sa − P_π(s,·)) M|, where γ P_π M = M − I.</summary>
    private double[][] Differences(DoubleDouble[][] inverse, double discount)
    {
        SoftProcess<DoubleDouble> process = _solution.Process;
        double[][] differences = new double[_policy.Length][];
        DoubleDouble[] row = new DoubleDouble[_states];
        for (int sa = 0; sa < differences.Length; sa++)
        {
            int s = sa / _actions;
            for (int j = 0; j < _states; j++) row[j] = -inverse[s][j];
            row[s] += DoubleDouble.Of(1);
            for (int k = process.Offsets[sa]; k < process.Offsets[sa + 1]; k++)
                DoubleDouble.SubtractMultiple(row, -(DoubleDouble.Of(discount) * process.Probabilities[k]), inverse[process.Columns[k]]);
            differences[sa] = Array.ConvertAll(row, value => Math.Abs(value.Value));
        }

        return differences;
    }

    /// <summary>|δπ| = π (e^η − 1), and one at the most; where π underflows, e^(log π + η) stands for it.</summary>
    private double PolicyChange(int row)
    {
        double temperature = _solution.Process.Temperature;
        double relative = Reward / temperature * (2 + _follower[row].Sum());
        double logarithm = (_solution.Q[row] - _solution.V[row / _actions]).Value / temperature;
        double change = relative <= 1 ? _policy[row] * double.ExpM1(relative) : Math.Exp(Math.Min(0, logarithm + relative));
        return Math.Min(1, change);
    }

    private (double[] Each, double Sum) ChangeOfVisits()
    {
        double[] change = new double[_states];
        double structured = 0;
        for (int row = 0; row < _policy.Length; row++)
        {
            double flow = Math.Abs(_solution.Visits[row / _actions].Value) * _policyChange[row];
            for (int j = 0; j < _states; j++) change[j] += flow * _leader[row][j];
            structured += flow * _leader[row].Sum();
        }

        double sources = _unit * (1 + _solution.Visits.Sum(d => Math.Abs(d.Value)));
        for (int j = 0; j < _states; j++) change[j] += sources * _leaderInverse.Max(row => row[j]);
        return (change, structured + (sources * _leaderInverse.Max(row => row.Sum())));
    }
}

/// <summary>A bound on how far a vector may be off: each number, and the sum of all magnitudes.</summary>
public sealed record Change(double[] Each, double Sum);

/// <summary>|δw|, (S·A), and |δy|, (S).</summary>
public sealed record ResponseChange(Change W, double[] Y);
