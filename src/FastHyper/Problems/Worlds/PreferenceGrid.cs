using CommunityToolkit.HighPerformance;
using FastHyper.Backends;

namespace FastHyper.Problems.Worlds;

/// <summary>Every constant of <see cref="PreferenceGrid"/>.</summary>
[Options]
public sealed partial record PreferenceGridOptions
{
    /// <summary>Number of rows.</summary>
    [Range(Min = 1)]
    public int Rows { get; init => field = InRange.Of<PreferenceGridOptions>(value); } = 3;

    /// <summary>Number of columns.</summary>
    [Range(Min = 1)]
    public int Columns { get; init => field = InRange.Of<PreferenceGridOptions>(value); } = 3;

    /// <summary>Width of the bumps that rewards are made of, in cells.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Width { get; init => field = InRange.Of<PreferenceGridOptions>(value); } = 0.7;

    /// <summary>Standard deviation of the hidden weights.</summary>
    [Range]
    public double HiddenDeviation { get; init => field = InRange.Of<PreferenceGridOptions>(value); } = 1;

    /// <summary>Follower's discount γ, and the leader's.</summary>
    [Range(Min = 0, Max = 1)]
    public double Gamma { get; init => field = InRange.Of<PreferenceGridOptions>(value); } = 0.9;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0)]
    public double Temperature { get; init => field = InRange.Of<PreferenceGridOptions>(value); } = 0.5;
}

/// <summary>
/// Reward learning from comparisons, after SoBiRL's RLHF task (Yang, Gao and Yuan, arXiv 2405.19697), on a grid: the follower's
/// reward r = Φx is linear in bumps φ_k(s) = exp(−‖s − k‖²/2w²), one on each cell; the hidden reward, which the judge goes by and
/// which is the leader's l, is Φw* with w* drawn. The leader starts from x = 0 and maximises the Bradley–Terry likelihood of
/// the judge's preferences; its discounted return tells what the learned policy is truly worth. Actions are up, right, down,
/// left, all moves certain; episodes start anywhere.
/// </summary>
public static class PreferenceGrid
{
    /// <summary>Generates the problem; the same seed and options give the same problem everywhere.</summary>
    /// <param name="seed">Seed of the hidden reward.</param>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static IncentiveProblem Create(ulong seed, PreferenceGridOptions? options = null)
    {
        PreferenceGridOptions o = options ?? new PreferenceGridOptions();
        if ((long)o.Rows * o.Columns > 1024)
            throw new InvalidInputException($"preference: {o.Rows} rows, {o.Columns} columns; expected at most 1024 cells");
        (int, int)[] moves = [(-1, 0), (0, 1), (1, 0), (0, -1)];
        int states = o.Rows * o.Columns;
        ToyTable table = new(states, moves.Length);
        int rows = states * moves.Length;
        double[] bumps = new double[rows * states], truth = new double[rows];
        double[] hidden = new ProblemDraws(seed).Fill(states, d => o.HiddenDeviation * d.Normal());
        Span2D<double> features = new(bumps, rows, states), rewards = new(truth, states, moves.Length);
        for (int s = 0; s < states; s++)
        {
            (int row, int column) = (s / o.Columns, s % o.Columns);
            table.Start(s);
            Span<double> feature = features.GetRowSpan(s * moves.Length);
            double reward = 0;
            for (int k = 0; k < states; k++)
            {
                double distance = Math.Pow(row - (k / o.Columns), 2) + Math.Pow(column - (k % o.Columns), 2);
                feature[k] = Math.Exp(-distance / (2 * o.Width * o.Width));
                reward += feature[k] * hidden[k];
            }

            rewards.GetRowSpan(s).Fill(reward);

            for (int a = 0; a < moves.Length; a++)
            {
                (int down, int right) = moves[a];
                table.Add(
                    s, a, 1, (Math.Clamp(row + down, 0, o.Rows - 1) * o.Columns) + Math.Clamp(column + right, 0, o.Columns - 1), 0, false);
                feature.CopyTo(features.GetRowSpan((s * moves.Length) + a));
            }
        }

        return LinearProblem.Create("preference", new ProblemData
        {
            Transitions = table.Transitions(),
            Reward = new double[rows],
            LeaderReward = truth,
            Features = new SparseMatrix(
                states, [.. Enumerable.Range(0, rows + 1).Select(row => (long)row * states)],
                [.. Enumerable.Range(0, rows * states).Select(k => k % states)], bumps),
            Initial = table.Initial(),
            Gamma = o.Gamma,
            GammaLeader = o.Gamma,
            Temperature = o.Temperature,
            X = new double[states],
        });
    }
}
