namespace FastHyper.Backends;

/// <summary>
/// Passes that prove what linear solves have come to: in float64 whatever the engine's precision, over the transitions themselves, which
/// the solvers hold in forms of their own. These are plain loops on the host; engines for large MDPs have faster ones.
/// </summary>
public abstract partial class Engine
{
    private double[] _proofPolicy = [];
    private double[] _proofReward = [];
    private double[] _proofSolution = [];
    private double[] _proofSource = [];
    private double[] _proofLost = [];
    private double[] _proofEntries = [];
    private int[] _proofColumns = [];
    private double[] _proofValues = [];

    /// <summary>How far V is from V = Σ_a π (r + γ P V), in the largest norm; π is read as normalised in each state.</summary>
    /// <param name="v">V, a <see cref="ArrayKind.State"/> or <see cref="ArrayKind.WideState"/>.</param>
    /// <param name="policy">π, (S, A).</param>
    /// <param name="reward">r, (S, A).</param>
    /// <param name="discount">γ.</param>
    /// <param name="residual">Σ_a π (r + γ P V) − V in every action's row, (S, A), written; null where only its size is asked for.</param>
    /// <param name="found">Written, one for each instance.</param>
    internal virtual void EvaluationResidual(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, DeviceArray? residual, Span<LinearResidual> found)
    {
        PrepareProof(found.Length);
        if (_proofReward.Length == 0) _proofReward = new double[(long)States * Actions];
        for (int i = 0; i < found.Length; i++)
        {
            double[] values = DownloadForProof(v, policy, i);
            Download(reward, i, _proofReward);
            double largest = 0, solution = 0, source = 0;
            int entry = 0;
            for (int s = 0; s < States; s++)
            {
                double share = 0, gain = 0, change = 0;
                for (int row = s * Actions; row < (s + 1) * Actions; row++)
                {
                    ProofRow(row, ref entry, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> probabilities);
                    double next = 0;
                    for (int k = 0; k < columns.Length; k++) next += probabilities[k] * values[columns[k]];
                    share += _proofPolicy[row];
                    gain += _proofPolicy[row] * _proofReward[row];
                    change += _proofPolicy[row] * (_proofReward[row] + (discount * next) - values[s]);
                }

                change /= share;
                largest = Math.Max(largest, Math.Abs(change));
                solution = Math.Max(solution, Math.Abs(values[s]));
                source = Math.Max(source, Math.Abs(gain / share));
                _proofReward.AsSpan(s * Actions, Actions).Fill(change);
            }

            if (residual is not null) Upload(residual, i, _proofReward);
            found[i] = new LinearResidual(largest, solution, source, 0, 0);
        }
    }

    /// <summary>How far y is from y = b + γ P_πᵀ y, in the sum norm; π is read as normalised in each state.</summary>
    /// <param name="y">y, a <see cref="ArrayKind.State"/> or <see cref="ArrayKind.WideState"/>.</param>
    /// <param name="policy">π, (S, A).</param>
    /// <param name="source">b, (S).</param>
    /// <param name="discount">γ.</param>
    /// <param name="residual">b + γ P_πᵀ y − y, (S), written; null where only its size is asked for.</param>
    /// <param name="found">Written, one for each instance.</param>
    internal virtual void AdjointResidual(
        DeviceArray y, DeviceArray policy, DeviceArray source, double discount, DeviceArray? residual, Span<LinearResidual> found)
    {
        PrepareProof(found.Length);
        if (_proofSource.Length == 0) (_proofSource, _proofLost) = (new double[States], new double[States]);
        for (int i = 0; i < found.Length; i++)
        {
            double[] values = DownloadForProof(y, policy, i), left = _proofSource, lost = _proofLost;
            Download(source, i, left);
            Array.Clear(lost);
            double total = 0, solution = 0, size = 0, solutionSum = 0, sourceSum = 0;
            int entry = 0;
            for (int s = 0; s < States; s++)
            {
                size += Math.Abs(left[s]);
                sourceSum += left[s];
                solution += Math.Abs(values[s]);
                solutionSum += values[s];
                Add(ref left[s], ref lost[s], -values[s]);
            }

            for (int s = 0; s < States; s++)
            {
                double share = 0;
                for (int row = s * Actions; row < (s + 1) * Actions; row++) share += _proofPolicy[row];
                for (int row = s * Actions; row < (s + 1) * Actions; row++)
                {
                    ProofRow(row, ref entry, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> probabilities);
                    double flow = discount * values[s] * (_proofPolicy[row] / share);
                    for (int k = 0; k < columns.Length; k++) Add(ref left[columns[k]], ref lost[columns[k]], probabilities[k] * flow);
                }
            }

            for (int s = 0; s < States; s++) total += Math.Abs(left[s] += lost[s]);
            if (residual is not null) Upload(residual, i, left);
            found[i] = new LinearResidual(total, solution, size, solutionSum, sourceSum);
        }
    }

    /// <summary>The entries of row s·A+a, the first of which is <paramref name="entry"/> of all, moved to the next row's.</summary>
    private void ProofRow(int row, ref int entry, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> probabilities)
    {
        (int state, int action) = Math.DivRem(row, Actions);
        Transitions.Row(state, action, _proofColumns, _proofValues, out columns, out probabilities);
        if (_proofEntries.Length > 0) probabilities = _proofEntries.AsSpan(entry, columns.Length);
        entry += columns.Length;
    }

    /// <summary>
    /// sum += term, and what rounding loses of it (Knuth's sum): where much gathers in one state, many small flows are added to a large
    /// number.
    /// </summary>
    private static void Add(ref double sum, ref double lost, double term)
    {
        double next = sum + term, part = next - sum;
        lost += (sum - (next - part)) + (term - part);
        sum = next;
    }

    private void PrepareProof(int instances)
    {
        if (instances != Instances) throw new ArgumentException($"{instances} residuals; expected {Instances}, one for each instance");
        if (_proofPolicy.Length > 0) return;
        _proofPolicy = new double[(long)States * Actions];
        _proofSolution = new double[States];
        (_proofColumns, _proofValues) = (new int[Transitions.LongestRow], new double[Transitions.LongestRow]);
        if (Probabilities is not null) _proofEntries = new double[Transitions.EntryCount];
    }

    /// <summary>An instance's policy and probabilities, kept, and solution.</summary>
    private double[] DownloadForProof(DeviceArray solution, DeviceArray policy, int instance)
    {
        Download(policy, instance, _proofPolicy);
        if (Probabilities is not null) Download(Probabilities, instance, _proofEntries);
        Download(solution, instance, _proofSolution);
        return _proofSolution;
    }
}
