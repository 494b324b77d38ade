using CommunityToolkit.HighPerformance;
using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>
/// The leader's return of a linear-quadratic game over a horizon, and its gradient. The follower's response to a ~ N(L s, D_a) is
/// u ~ N(−K_s s − K_a (a − L s), Σ): the Riccati equation of Ã = A + CL gives P, K_s and Σ, and K_a = γS⁻¹BᵀPC. States stay Gaussian:
/// m' = F m and X' = F X Fᵀ + H D_a Hᵀ + BΣBᵀ + W, with F = Ã − BK_s and H = C − BK_a, and a step earns
/// √(|D|/|D + X|) exp(−½(m − g)ᵀ(D + X)⁻¹(m − g)). Nothing is allocated after construction.
/// </summary>
internal sealed class LinearQuadraticGameReturn
{
    private readonly LinearQuadraticShape _shape;
    private readonly int _horizon;
    private readonly SoftRiccati _response;
    private readonly GaussianReward _reward;
    private readonly double[,] _drift;
    private readonly double[,] _seen;
    private readonly double[,] _through;
    private readonly double[,] _noise;
    private readonly double[,] _noiseBar;
    private readonly double[,] _loopBar;
    private readonly double[,] _driftBar;
    private readonly double[,] _valueBar;
    private readonly double[,] _covarianceBar;
    private readonly double[,] _square;
    private readonly double[,] _other;
    private readonly double[,] _wide;
    private readonly double[,] _leaderWide;
    private readonly double[,] _throughBar;
    private readonly double[,] _seenBar;
    private readonly double[,] _seenScaled;
    private readonly double[,] _gainBar;
    private readonly double[,] _curvatureBar;
    private readonly double[,] _small;
    private readonly double[] _meanBar;
    private readonly double[] _vector;

    // Mean and covariance of each step, n + n² numbers a step.
    private readonly double[] _means;
    private readonly double[] _covariances;

    /// <summary>Creates the workspace.</summary>
    /// <param name="shape">Sizes and constants; with a horizon.</param>
    /// <param name="leaderActions">Action dimensions p of the leader.</param>
    /// <exception cref="InvalidInputException">There is no horizon, or too long a one.</exception>
    public LinearQuadraticGameReturn(LinearQuadraticShape shape, int leaderActions)
    {
        ArgumentNullException.ThrowIfNull(shape);
        int n = shape.States, m = shape.Actions, p = leaderActions;
        _horizon = shape.Horizon ?? throw new InvalidInputException("linear-quadratic game: no horizon; expected one");
        if ((long)n * n * _horizon > Array.MaxLength)
            throw new InvalidInputException(
                $"linear-quadratic game: horizon = {_horizon} with {n} state dimensions; expected at most {Array.MaxLength / (n * n)}");
        _shape = shape;
        Temperature = shape.Temperature;
        (_response, _reward) = (new SoftRiccati(n, m), new GaussianReward(n));
        (_drift, _noise, _square, _other) = (new double[n, n], new double[n, n], new double[n, n], new double[n, n]);
        (_noiseBar, _loopBar, _driftBar, _valueBar) = (new double[n, n], new double[n, n], new double[n, n], new double[n, n]);
        _covarianceBar = new double[n, n];
        (_seen, _seenBar, _seenScaled) = (new double[m, p], new double[m, p], new double[m, p]);
        (_through, _throughBar, _leaderWide) = (new double[n, p], new double[n, p], new double[n, p]);
        (_wide, _gainBar, _curvatureBar, _small) = (new double[n, m], new double[m, n], new double[m, m], new double[m, m]);
        (_meanBar, _vector) = (new double[n], new double[n]);
        (_means, _covariances) = (new double[n * _horizon], new double[n * n * _horizon]);
    }

    /// <summary>τ, as the shape has it unless set.</summary>
    internal double Temperature { get; set; }

    /// <summary>Entropy of the response in each state, ½ log det 2πeΣ.</summary>
    internal double Entropy => _response.Entropy;

    /// <summary>The response to the leader's mean action.</summary>
    internal SoftRiccati Response => _response;

    /// <summary>The proof of the last response.</summary>
    public RiccatiCertificate Certificate { get; private set; }

    /// <summary>J, with γ_L.</summary>
    public double Return { get; private set; }

    /// <summary>The same sum without discount.</summary>
    public double UndiscountedReturn { get; private set; }

    /// <summary>K_s, (m, n).</summary>
    public ReadOnlySpan2D<double> Gain => _response.K;

    /// <summary>K_a, (m, p): what the follower makes of the leader's deviation from its mean.</summary>
    public ReadOnlySpan2D<double> SeenGain => _seen;

    /// <summary>Mean of the state at a step, (n).</summary>
    /// <param name="step">Step, from 0.</param>
    public ReadOnlySpan<double> Mean(int step) => Means(step);

    /// <summary>Covariance of the state at a step, (n, n).</summary>
    /// <param name="step">Step, from 0.</param>
    public ReadOnlySpan2D<double> Covariance(int step) => Covariances(step);

    /// <summary>Solves for the follower's response and evaluates the leader's return.</summary>
    /// <param name="model">What x configured.</param>
    /// <returns>Whether there is an answer; if not, <see cref="Certificate"/> says why.</returns>
    public bool Evaluate(LinearQuadraticGameArrays model)
    {
        ArgumentNullException.ThrowIfNull(model);
        (Return, UndiscountedReturn) = (double.NaN, double.NaN);
        model.A.AsSpan2D().CopyTo(_drift);
        Products.Add(1, model.C, model.Gain, _drift);
        Certificate = _response.Solve(_drift, model.B, model.Q, model.R, _shape.Discount, Temperature);
        if (Certificate.Outcome != RiccatiOutcome.Solved) return false;
        Products.Set(_response.P, model.C, _leaderWide);
        Products.SetLeftTransposed(model.B, _leaderWide, _seen);
        _response.SolveCurvature(_seen, _seen);
        foreach (ref double value in _seen.AsSpan2D()) value *= _shape.Discount;
        model.C.AsSpan2D().CopyTo(_through);
        Products.Add(-1, model.B, _seen, _through);
        model.W.AsSpan2D().CopyTo(_noise);
        Products.AddCongruence(1, _through, model.LeaderNoise, _noise, _leaderWide);
        Products.AddCongruence(1, model.B, _response.Covariance, _noise, _wide);
        Products.Symmetrise(_noise);
        model.StartMean.CopyTo(Means(0));
        model.StartCovariance.AsSpan2D().CopyTo(Covariances(0));
        (double discount, double total, double undiscounted) = (1, 0, 0);
        for (int t = 0; t < _horizon; t++)
        {
            double reward = _reward.Evaluate(model, Means(t), Covariances(t));
            total += discount * reward;
            undiscounted += reward;
            discount *= _shape.LeaderDiscount;
            if (t + 1 == _horizon) break;
            for (int i = 0; i < _shape.States; i++) Means(t + 1)[i] = Products.Dot(_response.F.GetRowSpan(i), Means(t));
            _noise.AsSpan2D().CopyTo(Covariances(t + 1));
            Products.AddCongruence(1, _response.F, Covariances(t), Covariances(t + 1), _square);
        }

        (Return, UndiscountedReturn) = (total, undiscounted);
        if (double.IsFinite(total)) return true;
        Certificate = Certificate with { Outcome = RiccatiOutcome.NotFinite };
        return false;
    }

    /// <summary>
    /// Derivatives of <see cref="Return"/> in A, B, C, Q, R and the leader's gain, after <see cref="Evaluate"/>; others are zero.
    /// </summary>
    /// <param name="model">As evaluated.</param>
    /// <param name="cotangents">Written.</param>
    /// <param name="fixedPolicy">
    /// Whether the follower keeps its policy as a function of (s, a), K_s − K_a L, K_a and Σ, so that what is left is the direct part.
    /// </param>
    /// <exception cref="InvalidOperationException">There is no answer to differentiate.</exception>
    public void Differentiate(LinearQuadraticGameArrays model, LinearQuadraticGameArrays cotangents, bool fixedPolicy = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cotangents);
        Certificate.RequireSolved("linear-quadratic game");
        cotangents.Clear();
        RunBack(model);

        // F = Ã − BK_s; N = H D_a Hᵀ + BΣBᵀ + W; H = C − BK_a; K_a = γS⁻¹BᵀPC.
        _driftBar.AsSpan2D().Clear();
        Products.Add(1, _loopBar, _driftBar);
        Products.AddRightTransposed(-1, _loopBar, _response.K, cotangents.B);
        Products.Set(_noiseBar, _through, _leaderWide);
        _throughBar.AsSpan2D().Clear();
        Products.Add(2, _leaderWide, model.LeaderNoise, _throughBar);
        Products.Add(1, _throughBar, cotangents.C);
        Products.AddRightTransposed(-1, _throughBar, _seen, cotangents.B);
        Products.Set(_noiseBar, model.B, _wide);
        Products.Add(2, _wide, _response.Covariance, cotangents.B);
        if (fixedPolicy)
        {
            // F = A − B(K_s − K_a L) + H L.
            Products.Add(1, _loopBar, cotangents.A);
            Products.AddRightTransposed(1, _loopBar, model.Gain, cotangents.C);
            Products.AddLeftTransposed(1, _through, _loopBar, cotangents.Gain);
            return;
        }

        Products.SetLeftTransposed(model.B, _wide, _curvatureBar);
        Products.Symmetrise(_curvatureBar);
        _response.SolveCurvature(_curvatureBar, _small);
        _curvatureBar.AsSpan2D().Clear();
        Products.Add(-1, _small, _response.Covariance, _curvatureBar);

        _seenBar.AsSpan2D().Clear();
        Products.AddLeftTransposed(-1, model.B, _throughBar, _seenBar);
        _response.SolveCurvature(_seenBar, _seenScaled);
        Products.AddRightTransposed(-1, _seenScaled, _seen, _curvatureBar);
        Products.Symmetrise(_curvatureBar);
        Products.Set(_response.P, model.C, _leaderWide);
        Products.AddRightTransposed(_shape.Discount, _leaderWide, _seenScaled, cotangents.B);
        Products.Set(model.B, _seenScaled, _leaderWide);
        Products.Add(_shape.Discount, _response.P, _leaderWide, cotangents.C);
        _valueBar.AsSpan2D().Clear();
        Products.AddRightTransposed(_shape.Discount, _leaderWide, model.C, _valueBar);
        Products.Symmetrise(_valueBar);
        _gainBar.AsSpan2D().Clear();
        Products.AddLeftTransposed(-1, model.B, _loopBar, _gainBar);
        _response.Pullback(
            _drift, model.B, _gainBar, _curvatureBar, _valueBar, _driftBar, cotangents.B, cotangents.Q, cotangents.R);
        Products.Add(1, _driftBar, cotangents.A);
        Products.AddLeftTransposed(1, model.C, _driftBar, cotangents.Gain);
        Products.AddRightTransposed(1, _driftBar, model.Gain, cotangents.C);
    }

    private Span<double> Means(int step) => _means.AsSpan(step * _shape.States, _shape.States);

    private Span2D<double> Covariances(int step)
    {
        int n = _shape.States;
        return new Span2D<double>(_covariances, step * n * n, n, n, 0);
    }

    /// <summary>F̄ and N̄: m̄ and X̄ of a step are what it earns, and Fᵀm̄ and FᵀX̄F of the next.</summary>
    private void RunBack(LinearQuadraticGameArrays model)
    {
        int n = _shape.States;
        _meanBar.AsSpan().Clear();
        _covarianceBar.AsSpan2D().Clear();
        _noiseBar.AsSpan2D().Clear();
        _loopBar.AsSpan2D().Clear();
        for (int t = _horizon - 1; t >= 0; t--)
        {
            // The bars are of step t + 1.
            Span<double> mean = Means(t);
            Products.Add(1, _covarianceBar, _noiseBar);
            Products.Set(_response.F, Covariances(t), _square);
            Products.Add(2, _covarianceBar, _square, _loopBar);
            _vector.AsSpan().Clear();
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    _loopBar[i, j] += _meanBar[i] * mean[j];
                    _vector[j] += _response.F[i, j] * _meanBar[i];
                }
            }

            _vector.CopyTo(_meanBar);
            _other.AsSpan2D().Clear();
            Products.AddCongruenceTransposed(1, _response.F, _covarianceBar, _other, _square);
            _other.AsSpan2D().CopyTo(_covarianceBar);
            _reward.AddSlopes(Math.Pow(_shape.LeaderDiscount, t), model, mean, Covariances(t), _meanBar, _covarianceBar);
        }
    }
}
