using FastHyper.Backends;

namespace FastHyper.Problems.Worlds;

/// <summary>Every constant of <see cref="RandomMdp"/>; the defaults are the published experiment's.</summary>
[Options]
public sealed partial record RandomMdpOptions
{
    /// <summary>Number of states.</summary>
    [Range(Min = 1)]
    public int States { get; init => field = InRange.Of<RandomMdpOptions>(value); } = 10;

    /// <summary>Number of follower actions.</summary>
    [Range(Min = 1)]
    public int Actions { get; init => field = InRange.Of<RandomMdpOptions>(value); } = 5;

    /// <summary>Number of leader parameters P.</summary>
    [Range(Min = 1, Max = 10_000)]
    public int Parameters { get; init => field = InRange.Of<RandomMdpOptions>(value); } = 100;

    /// <summary>Each state and action has one to this many successors.</summary>
    [Range(Min = 1)]
    public int MostSuccessors { get; init => field = InRange.Of<RandomMdpOptions>(value); } = 9;

    /// <summary>Standard deviation of the initial x.</summary>
    [Range(Min = 0)]
    public double Deviation { get; init => field = InRange.Of<RandomMdpOptions>(value); } = 1;

    /// <summary>Follower's discount γ.</summary>
    [Range(Min = 0, Max = 1)]
    public double Gamma { get; init => field = InRange.Of<RandomMdpOptions>(value); } = 0.5;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0)]
    public double Temperature { get; init => field = InRange.Of<RandomMdpOptions>(value); } = 1;
}

/// <summary>
/// The random MDP of M-SoBiRL's experiment (Yang, Gao and Yuan, arXiv 2405.19697): r(s,a;x) = c(s,a) xᵀM x, M standard normal,
/// c a product of two uniforms; each row of P has 1 to 9 successors with normalised uniform weights. Leaders start from
/// N(0, 1) and minimise ½‖x‖² + ½‖π‖², whose least value is at x = 0 with π uniform: S/2A = 1. There is no leader
/// reward. O(P²) to configure and to pull back.
/// </summary>
public sealed class RandomMdp : CustomProblem
{
    private readonly RandomMdpOptions _options;
    private readonly double[] _scales;
    private readonly double[] _symmetric;

    private RandomMdp(Transitions transitions, RandomMdpOptions options, double[] scales, double[] symmetric)
        : base(
            "random-mdp", transitions, [.. Enumerable.Repeat(1.0 / options.States, options.States)], new double[options.Parameters],
            options.Gamma, options.Gamma, options.Temperature)
    {
        _options = options;
        _scales = scales;
        _symmetric = symmetric;
    }

    /// <summary>Generates the problem; the same seed and options give the same problem everywhere.</summary>
    /// <param name="seed">Seed of the problem.</param>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static RandomMdp Create(ulong seed, RandomMdpOptions? options = null)
    {
        RandomMdpOptions o = options ?? new RandomMdpOptions();
        if (o.MostSuccessors > o.States)
            throw new InvalidInputException($"random-mdp: most_successors = {o.MostSuccessors}; expected at most {o.States} (states)");
        if ((double)o.States * o.Actions * o.MostSuccessors >= Array.MaxLength)
            throw new InvalidInputException(
                $"random-mdp: {o.States} states, {o.Actions} actions, up to {o.MostSuccessors} successors of each; expected fewer than "
                    + $"{Array.MaxLength} in all");
        ProblemDraws draws = new(seed);
        Transitions transitions = new(o.States, o.Actions, Matrix(draws, o));
        double[] scales = draws.Fill(o.States * o.Actions, d => d.Uniform() * d.Uniform());
        double[] m = draws.Fill(o.Parameters * o.Parameters, d => d.Normal());
        double[] symmetric = new double[m.Length];
        for (int i = 0; i < o.Parameters; i++)
            for (int j = 0; j < o.Parameters; j++)
                symmetric[(i * o.Parameters) + j] = m[(i * o.Parameters) + j] + m[(j * o.Parameters) + i];
        return new RandomMdp(transitions, o, scales, symmetric);
    }

    /// <inheritdoc/>
    public override void InitialParameters(ulong seed, Span<double> x) => ProblemDraws.InitialParameters(seed, _options.Deviation, x);

    /// <inheritdoc/>
    public override void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp)
    {
        double form = 0;
        for (int i = 0; i < x.Length; i++) form += x[i] * Row(x, i) / 2;
        for (int row = 0; row < _scales.Length; row++) mdp.Reward[row] = _scales[row] * form;
        mdp.LeaderReward.Clear();
    }

    /// <inheritdoc/>
    public override void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient)
    {
        double form = 0;
        for (int row = 0; row < _scales.Length; row++) form += _scales[row] * cotangents.Reward[row];
        if (form == 0) return;
        for (int i = 0; i < x.Length; i++) gradient[i] += form * Row(x, i);
    }

    /// <summary>((M + Mᵀ) x)_i.</summary>
    private double Row(ReadOnlySpan<double> x, int i)
    {
        double sum = 0;
        ReadOnlySpan<double> row = _symmetric.AsSpan(i * x.Length, x.Length);
        for (int j = 0; j < x.Length; j++) sum += row[j] * x[j];
        return sum;
    }

    private static SparseMatrix Matrix(ProblemDraws draws, RandomMdpOptions o)
    {
        long[] offsets = new long[(o.States * o.Actions) + 1];
        List<int> columns = [];
        List<double> values = [];
        for (int row = 0; row < o.States * o.Actions; row++)
        {
            int[] successors = new int[1 + (int)(draws.Uniform() * o.MostSuccessors)];
            draws.Distinct(o.States, successors);
            // 1 − u is never zero.
            double[] weights = draws.Fill(successors.Length, d => 1 - d.Uniform());
            double sum = weights.Sum();
            columns.AddRange(successors);
            values.AddRange(weights.Select(weight => weight / sum));
            offsets[row + 1] = columns.Count;
        }

        return new SparseMatrix(o.States, offsets, [.. columns], [.. values]);
    }
}
