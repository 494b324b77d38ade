namespace FastHyper.Problems.LinearQuadratic;

/// <summary>
/// The two-player game with a linear-quadratic follower of BC-HG's experiment (arXiv 2603.14867): s' = As + Bu + Ca; the leader plays
/// a ~ N(K s, W²) with x = K, the follower sees a and pays ‖s‖² + u², and the leader earns exp(−½Σ((s − g)/σ)²). Far from the goal that
/// is a plateau.
/// </summary>
public sealed class BilevelLqr : LinearQuadraticGameProblem
{
    private readonly BilevelLqrOptions _options;

    private BilevelLqr(BilevelLqrOptions o)
        : base("bilevel-lqr", new LinearQuadraticShape(2, 1, o.Gamma, o.GammaLeader, o.Temperature, o.Horizon), 1, 2) =>
        _options = o;

    /// <summary>Builds the problem.</summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static BilevelLqr Create(BilevelLqrOptions? options = null)
    {
        BilevelLqrOptions o = options ?? new BilevelLqrOptions();
        if (o.Drift.Length != 2 || o.Drift.Any(row => row.Length != 2))
            throw new InvalidInputException($"bilevel-lqr: drift of {o.Drift.Length} rows; expected 2 rows of 2 numbers");
        RequirePair("control", o.Control);
        RequirePair("leader_control", o.LeaderControl);
        RequirePair("start", o.Start);
        RequirePair("goal", o.Goal);
        RequirePair("width", o.Width);
        return new BilevelLqr(o);
    }

    /// <inheritdoc/>
    public override void InitialParameters(ulong seed, Span<double> x) => ProblemDraws.InitialParameters(seed, _options.Deviation, x);

    /// <inheritdoc/>
    public override void Configure(ReadOnlySpan<double> x, LinearQuadraticGameArrays arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        for (int i = 0; i < 2; i++)
        {
            for (int j = 0; j < 2; j++) arrays.A[i, j] = _options.Drift[i][j];
            (arrays.B[i, 0], arrays.C[i, 0]) = (_options.Control[i], _options.LeaderControl[i]);
            arrays.Q[i, i] = _options.StateCost;
            (arrays.StartMean[i], arrays.Goal[i]) = (_options.Start[i], _options.Goal[i]);
            arrays.Width[i, i] = _options.Width[i] * _options.Width[i];
            arrays.Gain[0, i] = x[i];
        }

        arrays.R[0, 0] = _options.ActionCost;
        arrays.LeaderNoise[0, 0] = _options.LeaderNoise * _options.LeaderNoise;
    }

    /// <inheritdoc/>
    public override void Pullback(ReadOnlySpan<double> x, LinearQuadraticGameArrays cotangents, Span<double> gradient)
    {
        ArgumentNullException.ThrowIfNull(cotangents);
        for (int i = 0; i < 2; i++) gradient[i] += cotangents.Gain[0, i];
    }

    private static void RequirePair(string name, double[] values)
    {
        if (values.Length != 2 || values.Any(value => !double.IsFinite(value)))
            throw new InvalidInputException(
                $"bilevel-lqr: {name} = [{OneLine.Value(string.Join(", ", values))}]; expected 2 finite numbers");
    }
}
