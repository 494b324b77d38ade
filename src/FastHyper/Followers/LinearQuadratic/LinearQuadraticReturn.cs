using CommunityToolkit.HighPerformance;
using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>
/// The leader's return J of a linear-quadratic problem under the follower's soft best response, over a horizon or for ever, and its
/// gradient: with F = A − BK, N = BΣBᵀ + W and second moments X_{t+1} = F X_t Fᵀ + N,
/// J = −Σ γ_Lᵗ (tr(M X_t) + tr(U (K X_t Kᵀ + Σ)) + c). The gradient is the same backwards, through the moments and through the Riccati
/// equation: no derivative of a matrix in x is ever formed. Nothing is allocated after construction.
/// </summary>
internal sealed class LinearQuadraticReturn
{
    private readonly LinearQuadraticShape _shape;
    private readonly SoftRiccati _response;
    private readonly GeometricSum _sums;
    private readonly double[,] _noise;
    private readonly double[,] _cost;
    private readonly double[,] _visits;
    private readonly double[,] _toGo;
    private readonly double[,] _noiseBar;
    private readonly double[,] _loopBar;
    private readonly double[,] _square;
    private readonly double[,] _other;
    private readonly double[,] _wide;
    private readonly double[,] _flat;
    private readonly double[,] _gainBar;
    private readonly double[,] _curvatureBar;
    private readonly double[,] _valueBar;
    private readonly double[,] _small;

    // Moments of each step, n² numbers a step: the way back needs them.
    private readonly double[] _moments;
    private double _mass;

    /// <summary>Creates the workspace, O(n²) numbers and n² for each step of the horizon.</summary>
    /// <param name="shape">Sizes and constants.</param>
    public LinearQuadraticReturn(LinearQuadraticShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        _shape = shape;
        Temperature = shape.Temperature;
        int n = shape.States, m = shape.Actions;
        if ((long)n * n * (shape.Horizon ?? 0) > Array.MaxLength)
            throw new InvalidInputException(
                $"linear-quadratic: horizon = {shape.Horizon} with {n} state dimensions; expected at most {Array.MaxLength / (n * n)}");
        (_response, _sums) = (new SoftRiccati(n, m), new GeometricSum(n));
        (_noise, _cost, _visits, _toGo) = (new double[n, n], new double[n, n], new double[n, n], new double[n, n]);
        (_noiseBar, _loopBar, _valueBar) = (new double[n, n], new double[n, n], new double[n, n]);
        (_square, _other) = (new double[n, n], new double[n, n]);
        (_wide, _flat, _gainBar) = (new double[n, m], new double[m, n], new double[m, n]);
        (_curvatureBar, _small) = (new double[m, m], new double[m, m]);
        _moments = new double[n * n * (shape.Horizon ?? 0)];
    }

    /// <summary>τ, as the shape has it unless set.</summary>
    internal double Temperature { get; set; }

    /// <summary>Entropy of the response in each state, ½ log det 2πeΣ.</summary>
    internal double Entropy => _response.Entropy;

    /// <summary>The response.</summary>
    internal SoftRiccati Response => _response;

    /// <summary>The proof of the last response.</summary>
    public RiccatiCertificate Certificate { get; private set; }

    /// <summary>J, with γ_L.</summary>
    public double Return { get; private set; }

    /// <summary>The same sum without discount; NaN over an infinite horizon.</summary>
    public double UndiscountedReturn { get; private set; }

    /// <summary>K, (m, n): the follower's mean action is −K s.</summary>
    public ReadOnlySpan2D<double> Gain => _response.K;

    /// <summary>Σ, (m, m): covariance of the follower's action.</summary>
    public ReadOnlySpan2D<double> ActionCovariance => _response.Covariance;

    /// <summary>P, (n, n): the follower's cost to go is sᵀPs, beside a constant.</summary>
    public ReadOnlySpan2D<double> CostToGo => _response.P;

    /// <summary>F = A − BK, (n, n).</summary>
    public ReadOnlySpan2D<double> ClosedLoop => _response.F;

    /// <summary>Solves for the follower's response and evaluates the leader's return.</summary>
    /// <param name="model">What x configured.</param>
    /// <returns>Whether there is an answer; if not, <see cref="Certificate"/> says why.</returns>
    public bool Evaluate(LinearQuadraticArrays model)
    {
        ArgumentNullException.ThrowIfNull(model);
        (Return, UndiscountedReturn) = (double.NaN, double.NaN);
        Certificate = _response.Solve(model.A, model.B, model.Q, model.R, _shape.Discount, Temperature);
        if (Certificate.Outcome != RiccatiOutcome.Solved) return false;
        model.W.AsSpan2D().CopyTo(_noise);
        Products.AddCongruence(1, model.B, _response.Covariance, _noise, _wide);
        Products.Symmetrise(_noise);
        model.M.AsSpan2D().CopyTo(_cost);
        Products.AddCongruenceTransposed(1, _response.K, model.U, _cost, _flat);
        Products.Symmetrise(_cost);
        double constant = model.Cost + Products.Trace(model.U, _response.Covariance);
        if (_shape.Horizon is int horizon) Run(model, horizon, constant);
        else if (!RunForEver(model, constant)) return Fail(RiccatiOutcome.LeaderUnbounded);
        return double.IsFinite(Return) || Fail(_shape.Horizon is null ? RiccatiOutcome.LeaderUnbounded : RiccatiOutcome.NotFinite);
    }

    /// <summary>Derivatives of <see cref="Return"/> in what x configured, after <see cref="Evaluate"/>.</summary>
    /// <param name="model">As evaluated.</param>
    /// <param name="cotangents">Written.</param>
    /// <param name="fixedPolicy">Whether the follower keeps its policy, so that what is left is the direct part.</param>
    /// <exception cref="InvalidOperationException">There is no answer to differentiate.</exception>
    public void Differentiate(LinearQuadraticArrays model, LinearQuadraticArrays cotangents, bool fixedPolicy = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cotangents);
        Certificate.RequireSolved("linear-quadratic");
        cotangents.Clear();
        if (_shape.Horizon is int horizon) RunBack(horizon);
        else RunBackForEver();
        (double[,] gain, double[,] covariance) = (_response.K, _response.Covariance);
        _toGo.AsSpan2D().CopyTo(cotangents.Start);
        _noiseBar.AsSpan2D().CopyTo(cotangents.W);
        _visits.AsSpan2D().CopyTo(cotangents.M);
        Products.AddCongruence(1, gain, _visits, cotangents.U, _flat);
        Products.Add(_mass, covariance, cotangents.U);
        cotangents.Cost = _mass;

        // K̄ = 2UKX − BᵀF̄, Σ̄ = BᵀN̄B + U·Σγ_Lᵗ, S̄ = −(2/τ) ΣΣ̄Σ = −S⁻¹Σ̄Σ.
        Products.Set(gain, _visits, _flat);
        Products.Set(model.U, _flat, _gainBar);
        Products.AddLeftTransposed(1, model.U, _flat, _gainBar);
        Products.AddLeftTransposed(-1, model.B, _loopBar, _gainBar);
        _curvatureBar.AsSpan2D().Clear();
        Products.AddCongruenceTransposed(1, model.B, _noiseBar, _curvatureBar, _wide);
        Products.Add(_mass, model.U, _curvatureBar);
        Products.Symmetrise(_curvatureBar);
        _response.SolveCurvature(_curvatureBar, _small);
        _curvatureBar.AsSpan2D().Clear();
        Products.Add(-1, _small, covariance, _curvatureBar);
        Products.Add(1, _loopBar, cotangents.A);
        Products.AddRightTransposed(-1, _loopBar, gain, cotangents.B);
        Products.Set(_noiseBar, model.B, _wide);
        Products.Add(2, _wide, covariance, cotangents.B);
        _valueBar.AsSpan2D().Clear();
        if (!fixedPolicy)
        {
            _response.Pullback(
                model.A, model.B, _gainBar, _curvatureBar, _valueBar, cotangents.A, cotangents.B, cotangents.Q, cotangents.R);
        }

        // All of it is of the cost; the return is its negative.
        foreach (double[,] array in cotangents.All)
            foreach (ref double value in array.AsSpan2D()) value = -value;
        cotangents.Cost = -cotangents.Cost;
    }

    private Span2D<double> Moments(int step)
    {
        int n = _shape.States;
        return new Span2D<double>(_moments, step * n * n, n, n, 0);
    }

    private bool Fail(RiccatiOutcome outcome)
    {
        (Certificate, Return, UndiscountedReturn) = (Certificate with { Outcome = outcome }, double.NaN, double.NaN);
        return false;
    }

    private void Run(LinearQuadraticArrays model, int horizon, double constant)
    {
        double discount = 1, total = 0, undiscounted = 0;
        _mass = 0;
        model.Start.AsSpan2D().CopyTo(Moments(0));
        Products.Symmetrise(Moments(0));
        for (int t = 0; t < horizon; t++)
        {
            Span2D<double> moments = Moments(t);
            double cost = Products.Trace(_cost, moments) + constant;
            total += discount * cost;
            undiscounted += cost;
            _mass += discount;
            discount *= _shape.LeaderDiscount;
            if (t + 1 == horizon) break;
            Span2D<double> next = Moments(t + 1);
            _noise.AsSpan2D().CopyTo(next);
            Products.AddCongruence(1, _response.F, moments, next, _square);
        }

        (Return, UndiscountedReturn) = (-total, -undiscounted);
    }

    private bool RunForEver(LinearQuadraticArrays model, double constant)
    {
        double discount = _shape.LeaderDiscount;
        if (discount == 1) return false;
        _mass = 1 / (1 - discount);
        model.Start.AsSpan2D().CopyTo(_visits);
        Products.Add(discount * _mass, _noise, _visits);
        Products.Symmetrise(_visits);
        if (!_sums.Solve(discount, _response.F, _visits)) return false;
        Return = -(Products.Trace(_cost, _visits) + (constant * _mass));
        return true;
    }

    /// <summary>X̄₀ in P_L, N̄, F̄ and ΣγᵗX_t: P_L of a step is the leader's cost to go from it.</summary>
    private void RunBack(int horizon)
    {
        double discount = Math.Pow(_shape.LeaderDiscount, horizon - 1);
        _toGo.AsSpan2D().Clear();
        _noiseBar.AsSpan2D().Clear();
        _loopBar.AsSpan2D().Clear();
        _visits.AsSpan2D().Clear();
        for (int t = horizon - 1; t >= 0; t--)
        {
            // _toGo is of step t + 1, and discount γᵗ.
            double next = discount * _shape.LeaderDiscount;
            Products.Add(next, _toGo, _noiseBar);
            Products.Set(_response.F, Moments(t), _square);
            Products.Add(2 * next, _toGo, _square, _loopBar);
            Products.Add(discount, Moments(t), _visits);
            _cost.AsSpan2D().CopyTo(_other);
            Products.AddCongruenceTransposed(_shape.LeaderDiscount, _response.F, _toGo, _other, _square);
            _other.AsSpan2D().CopyTo(_toGo);
            discount = t == 0 ? 1 : Math.Pow(_shape.LeaderDiscount, t - 1);
        }
    }

    private void RunBackForEver()
    {
        double discount = _shape.LeaderDiscount;
        _cost.AsSpan2D().CopyTo(_toGo);
        _sums.SolveTransposed(discount, _response.F, _toGo);
        _noiseBar.AsSpan2D().Clear();
        _loopBar.AsSpan2D().Clear();
        Products.Add(discount * _mass, _toGo, _noiseBar);
        Products.Set(_response.F, _visits, _square);
        Products.Add(2 * discount, _toGo, _square, _loopBar);
    }
}
