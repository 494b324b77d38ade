using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Experiments.Conversions;

/// <summary>A finite MDP as other formats have it: no temperature and no leader.</summary>
/// <param name="states">S.</param>
/// <param name="actions">A.</param>
internal sealed class TabularMdp(int states, int actions)
{
    private readonly SortedDictionary<int, double>?[] _rows = new SortedDictionary<int, double>?[checked(states * actions)];

    public int States => states;

    public int Actions => actions;

    /// <summary>r(s,a) at s·A+a, expected over where it leads.</summary>
    public double[] Reward { get; } = new double[checked(states * actions)];

    /// <summary>μ, (S); uniform where null.</summary>
    public double[]? Initial { get; set; }

    /// <summary>γ; null where the format has none.</summary>
    public double? Gamma { get; set; }

    /// <summary>What the other format could not say, or does not say, a line each.</summary>
    public List<string> Notices { get; } = [];

    /// <summary>P(·|s,a) at s·A+a: probabilities by successor; what they lack of one ends the episode.</summary>
    public SortedDictionary<int, double> Row(int row) => _rows[row] ??= [];

    /// <summary>The MDP of a problem at its x, where it shows no more than the follower's side.</summary>
    public static TabularMdp Of(ProblemData data)
    {
        Transitions transitions = data.Transitions;
        TabularMdp mdp = new(transitions.States, transitions.Actions) { Initial = data.Initial, Gamma = data.Gamma };
        SparseMatrix matrix = transitions.Matrix;
        for (int row = 0; row < matrix.RowCount; row++)
        {
            mdp.Reward[row] = data.Reward[row] + Product(data.Features, row, data.X);
            for (long k = matrix.Offsets[row]; k < matrix.Offsets[row + 1]; k++)
                mdp.Add(row, matrix.Columns[k], matrix.Values[k]);
        }

        mdp.Notices.Add($"temperature {data.Temperature} and the leader's side are left out, rewards are those at x");
        return mdp;
    }

    /// <summary>A problem of it, whose leader has neither reward nor parameters.</summary>
    /// <param name="gamma">γ; null for its own.</param>
    /// <param name="temperature">τ.</param>
    /// <exception cref="InvalidInputException">Nobody tells γ, or it is no MDP.</exception>
    public ProblemData ToProblem(double? gamma, double temperature)
    {
        double discount = gamma ?? Gamma ?? throw new InvalidInputException("gamma: the format has none; expected --gamma");
        long[] offsets = new long[_rows.Length + 1];
        for (int row = 0; row < _rows.Length; row++) offsets[row + 1] = offsets[row] + (_rows[row]?.Count ?? 0);
        double[] initial = Initial ?? [.. Enumerable.Repeat(1.0 / states, states)];
        return new ProblemData
        {
            Transitions = new Transitions(
                states, actions,
                new SparseMatrix(
                    states, offsets, [.. _rows.SelectMany(row => row?.Keys ?? Enumerable.Empty<int>())],
                    [.. _rows.SelectMany(row => row?.Values ?? Enumerable.Empty<double>())])),
            Reward = Reward,
            LeaderReward = new double[_rows.Length],
            Initial = initial,
            Gamma = discount,
            GammaLeader = discount,
            Temperature = temperature,
            X = [],
        };
    }

    /// <summary>Adds to a probability.</summary>
    public void Add(int row, int next, double probability)
    {
        SortedDictionary<int, double> entries = Row(row);
        entries[next] = entries.GetValueOrDefault(next) + probability;
    }

    /// <summary>Divides rows by their sums, where a format says that they are distributions.</summary>
    /// <param name="orEmpty">Whether a row may have nothing at all.</param>
    /// <exception cref="InvalidInputException">A row is none.</exception>
    public void RequireDistributions(bool orEmpty)
    {
        // What a file of five or six digits loses.
        const double slack = 1e-4;
        for (int row = 0; row < _rows.Length; row++)
        {
            if (orEmpty && Row(row).Count == 0) continue;
            double sum = Row(row).Values.Sum();
            if (!(Math.Abs(sum - 1) <= slack))
                throw new InvalidInputException($"transitions of state {row / actions}, action {row % actions} sum to {sum}; expected 1");
            foreach (int next in Row(row).Keys.ToArray()) Row(row)[next] /= sum;
        }
    }

    /// <summary>
    /// Lets episodes end on their way to states that keep to themselves and pay nothing: formats without an end of episodes say it so.
    /// </summary>
    public void EndInAbsorbingStates()
    {
        bool[] ends = new bool[states];
        for (int s = 0; s < states; s++)
        {
            ends[s] = true;
            for (int row = s * actions; row < (s + 1) * actions; row++)
                ends[s] &= Reward[row] == 0 && Row(row).Where(entry => entry.Value > 0).All(entry => entry.Key == s);
        }

        if (!ends.Contains(true)) return;
        foreach (SortedDictionary<int, double>? row in _rows)
            foreach (int next in row?.Keys.Where(next => ends[next]).ToArray() ?? []) row!.Remove(next);
        string names = string.Join(", ", Enumerable.Range(0, states).Where(s => ends[s]).Take(5));
        Notices.Add(
            $"episodes end in states that keep to themselves and pay nothing: {names}{(ends.Count(end => end) > 5 ? ", ..." : "")}");
    }

    /// <summary>The same with a last state that takes what ends episodes, and keeps it.</summary>
    public TabularMdp WithEnd()
    {
        double[] missing = [.. _rows.Select(row => 1 - (row?.Values.Sum() ?? 0))];
        if (!missing.Any(m => m > Transitions.RowSumSlack)) return this;
        TabularMdp mdp = new(states + 1, actions) { Initial = Initial is null ? null : [.. Initial, 0], Gamma = Gamma };
        mdp.Initial ??= [.. Enumerable.Repeat(1.0 / states, states), 0];
        mdp.Notices.AddRange(Notices);
        mdp.Notices.Add($"state {states} is new: episodes end there");
        Reward.CopyTo(mdp.Reward, 0);
        for (int row = 0; row < _rows.Length; row++)
        {
            foreach ((int next, double probability) in Row(row)) mdp.Add(row, next, probability);
            if (missing[row] > Transitions.RowSumSlack) mdp.Add(row, states, missing[row]);
        }

        for (int a = 0; a < actions; a++) mdp.Add((states * actions) + a, states, 1);
        return mdp;
    }

    private static double Product(SparseMatrix? matrix, int row, double[] x)
    {
        double sum = 0;
        for (long k = matrix?.Offsets[row] ?? 0; k < (matrix?.Offsets[row + 1] ?? 0); k++) sum += matrix!.Values[k] * x[matrix.Columns[k]];
        return sum;
    }
}
