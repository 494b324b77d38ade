using CommunityToolkit.HighPerformance;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Followers.LinearSystems;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>
/// The response of a soft follower to linear dynamics and quadratic costs sᵀQs + uᵀRu: the policy N(−K s, Σ) of
/// P = Q + γAᵀPA − KᵀSK, S = R + γBᵀPB, K = γS⁻¹BᵀPA, Σ = (τ/2)S⁻¹. Solved by structured doubling (Chu, Fan, Lin and Wang, 2004), whose
/// k-th iterate is 2ᵏ steps of value iteration from zero, and a Newton step (Kleinman, 1968), which is also what the error is told by.
/// O(n³ + m³) a doubling; nothing is allocated after the first solve.
/// </summary>
/// <param name="states">n.</param>
/// <param name="actions">m.</param>
internal sealed class SoftRiccati(int states, int actions)
{
    // 2⁵⁰ steps of value iteration: no discount in float64 is so near one that more would change anything.
    private const int MostDoublings = 50;
    private const double Converged = 1e-15;

    // What rounding may leave, of the size of P; the Newton step squares what doubling left.
    private const double Tolerance = 1e-10;
    private readonly DenseSystem _mixed = new(states);
    private readonly DenseSystem _curvature = new(actions);
    private readonly GeometricSum _sums = new(states);
    private readonly double[,] _drift = new double[states, states];
    private readonly double[,] _spread = new double[states, states];
    private readonly double[,] _one = new double[states, states];
    private readonly double[,] _two = new double[states, states];
    private readonly double[,] _three = new double[states, states];
    private readonly double[,] _four = new double[states, states];
    private readonly double[,] _wide = new double[states, actions];
    private readonly double[,] _flat = new double[actions, states];
    private readonly double[,] _small = new double[actions, actions];
    private readonly double[] _vector = new double[actions];
    private double _discount;

    /// <summary>P, (n, n): the follower's cost to go is sᵀPs, beside a constant.</summary>
    public double[,] P { get; } = new double[states, states];

    /// <summary>S = R + γBᵀPB, (m, m).</summary>
    public double[,] S { get; } = new double[actions, actions];

    /// <summary>K, (m, n): the mean action is −K s.</summary>
    public double[,] K { get; } = new double[actions, states];

    /// <summary>F = A − B K, (n, n).</summary>
    public double[,] F { get; } = new double[states, states];

    /// <summary>Σ = (τ/2)S⁻¹, (m, m): covariance of the action.</summary>
    public double[,] Covariance { get; } = new double[actions, actions];

    /// <summary>½ log det 2πeΣ = ½ Σ_i log(2πe l_ii²) for Σ = LLᵀ: entropy of N(·, Σ), in nats.</summary>
    public double Entropy
    {
        get
        {
            double[,] l = (double[,])Covariance.Clone();
            double sum = 0;
            for (int i = 0; i < actions; i++)
            {
                for (int j = 0; j <= i; j++)
                {
                    for (int k = 0; k < j; k++) l[i, j] -= l[i, k] * l[j, k];
                    if (j < i) l[i, j] /= l[j, j];
                }

                sum += Math.Log(2 * Math.PI * Math.E * l[i, i]);
                l[i, i] = Math.Sqrt(l[i, i]);
            }

            return sum / 2;
        }
    }

    /// <summary>Solves the equation.</summary>
    /// <param name="a">A, (n, n).</param>
    /// <param name="b">B, (n, m).</param>
    /// <param name="q">Q, (n, n).</param>
    /// <param name="r">R, (m, m).</param>
    /// <param name="discount">γ in [0, 1].</param>
    /// <param name="temperature">τ.</param>
    public RiccatiCertificate Solve(double[,] a, double[,] b, double[,] q, double[,] r, double discount, double temperature)
    {
        _discount = discount;
        if (!Products.IsFinite(a) || !Products.IsFinite(b) || !Products.IsFinite(q) || !Products.IsFinite(r))
            return new RiccatiCertificate(RiccatiOutcome.NotFinite, double.NaN, double.NaN, 0);
        r.AsSpan2D().CopyTo(S);
        Products.Symmetrise(S);
        if (!FactoriseCurvature()) return new RiccatiCertificate(RiccatiOutcome.ActionCostNotPositive, double.NaN, double.NaN, 0);
        int doublings = Double(a, b, q);
        if (doublings < 0) return new RiccatiCertificate(RiccatiOutcome.NotStabilisable, double.NaN, double.NaN, ~doublings);
        if (!Improve(a, b, r)) return new RiccatiCertificate(RiccatiOutcome.ActionCostNotPositive, double.NaN, double.NaN, doublings);

        // Newton: P = Q + KᵀRK + γFᵀPF of the policy found.
        P.AsSpan2D().CopyTo(_one);
        q.AsSpan2D().CopyTo(P);
        Products.AddCongruenceTransposed(1, K, r, P, _flat);
        Products.Symmetrise(P);
        if (!_sums.SolveTransposed(discount, F, P))
            return new RiccatiCertificate(RiccatiOutcome.NotDetectable, double.NaN, double.NaN, doublings);
        Products.Add(-1, P, _one);
        double size = Math.Max(Products.Largest(P), double.Epsilon), error = Products.Largest(_one) / size;
        if (!Improve(a, b, r)) return new RiccatiCertificate(RiccatiOutcome.ActionCostNotPositive, double.NaN, double.NaN, doublings);
        double residual = Residual(a, q) / size;
        Span2D<double> covariance = Covariance;
        covariance.Clear();
        for (int i = 0; i < actions; i++)
        {
            covariance[i, i] = temperature / 2;
            _curvature.Solve(covariance.GetRowSpan(i));
        }

        Products.Symmetrise(covariance);
        bool proved = residual <= Tolerance && double.IsFinite(error);
        return new RiccatiCertificate(proved ? RiccatiOutcome.Solved : RiccatiOutcome.Imprecise, residual, error, doublings);
    }

    /// <summary>
    /// From derivatives in K, S and P to those in A, B, Q and R, which are added to: with G = S⁻¹K̄, P's are carried to its fixed point by
    /// Λ = P̄ + γFΛFᵀ.
    /// </summary>
    /// <param name="a">A.</param>
    /// <param name="b">B.</param>
    /// <param name="gain">K̄, (m, n).</param>
    /// <param name="curvature">S̄, (m, m), symmetric; holds all of it afterwards.</param>
    /// <param name="value">P̄, (n, n), symmetric; Λ afterwards.</param>
    /// <param name="aBar">Ā, accumulated.</param>
    /// <param name="bBar">B̄, accumulated.</param>
    /// <param name="qBar">Q̄, accumulated.</param>
    /// <param name="rBar">R̄, accumulated.</param>
    public void Pullback(
        double[,] a, double[,] b, double[,] gain, double[,] curvature, double[,] value, double[,] aBar, double[,] bBar, double[,] qBar,
        double[,] rBar)
    {
        SolveCurvature(gain, _flat);
        Products.AddRightTransposed(-1, _flat, K, curvature);
        Products.Symmetrise(curvature);
        Products.Set(P, b, _wide);
        Products.Add(_discount, _wide, _flat, aBar);
        Products.Add(2 * _discount, _wide, curvature, bBar);
        Products.Set(P, a, _one);
        Products.AddRightTransposed(_discount, _one, _flat, bBar);
        Products.Set(b, _flat, _one);
        Products.AddRightTransposed(_discount, _one, a, value);
        Products.AddCongruence(_discount, b, curvature, value, _wide);
        Products.Symmetrise(value);
        Products.Add(1, curvature, rBar);
        _sums.Solve(_discount, F, value);
        Products.Add(1, value, qBar);
        Products.AddCongruence(1, K, value, rBar, _flat);
        Products.Set(F, value, _one);
        Products.Set(P, _one, _two);
        Products.Add(2 * _discount, _two, aBar);
        Products.AddRightTransposed(-2 * _discount, _two, K, bBar);
    }

    /// <summary>S⁻¹ X for X of m rows.</summary>
    /// <param name="x">X, (m, columns).</param>
    /// <param name="to">Written.</param>
    public void SolveCurvature(ReadOnlySpan2D<double> x, Span2D<double> to)
    {
        for (int column = 0; column < x.Width; column++)
        {
            for (int i = 0; i < actions; i++) _vector[i] = x[i, column];
            _curvature.Solve(_vector);
            for (int i = 0; i < actions; i++) to[i, column] = _vector[i];
        }
    }

    /// <summary>
    /// P by doubling: A ← A T, G ← G + A (I + GP)⁻¹G Aᵀ, P ← P + Aᵀ P T with T = (I + GP)⁻¹A, from √γA, γBR⁻¹Bᵀ and Q.
    /// </summary>
    /// <returns>Doublings; the complement of their number where there is no bound.</returns>
    private int Double(double[,] a, double[,] b, double[,] q)
    {
        Span2D<double> drift = _drift, spread = _spread;
        drift.Clear();
        Products.Add(Math.Sqrt(_discount), a, drift);
        Products.Transpose(b, _flat);
        SolveCurvature(_flat, _flat);
        spread.Clear();
        Products.Add(_discount, b, _flat, spread);
        Products.Symmetrise(spread);
        q.AsSpan2D().CopyTo(P);
        Products.Symmetrise(P);
        for (int k = 0; k < MostDoublings; k++)
        {
            Products.Set(spread, P, _one);
            if (_mixed.Factorise(_one.AsSpan(), 1) >= 0) return ~k;
            // Rows of the transposed are columns.
            Products.Transpose(drift, _one);
            SolveRows(_one);
            spread.CopyTo(_three);
            SolveRows(_three);
            Products.Transpose(_one, _two);
            Products.Set(P, _two, _one);
            Span2D<double> grown = _four;
            Products.SetLeftTransposed(drift, _one, grown);
            Products.Symmetrise(grown);
            Products.Add(1, grown, P);
            double added = Products.Largest(grown);
            if (!double.IsFinite(added) || !Products.IsFinite(P)) return ~k;
            if (added <= Converged * Products.Largest(P)) return k + 1;
            Products.Symmetrise(_three);
            Products.AddCongruence(1, drift, _three, spread, _one);
            Products.Symmetrise(spread);
            Products.Set(drift, _two, _one);
            _one.AsSpan2D().CopyTo(drift);
            if (!Products.IsFinite(drift) || !Products.IsFinite(spread)) return ~k;
        }

        return ~MostDoublings;
    }

    /// <summary>S, K and F of P.</summary>
    /// <returns>False where S is not positive definite.</returns>
    private bool Improve(double[,] a, double[,] b, double[,] r)
    {
        r.AsSpan2D().CopyTo(S);
        Products.Set(P, b, _wide);
        Products.AddLeftTransposed(_discount, b, _wide, S);
        Products.Symmetrise(S);
        if (!FactoriseCurvature()) return false;
        Products.SetLeftTransposed(_wide, a, _flat);
        foreach (ref double value in _flat.AsSpan2D()) value *= _discount;
        SolveCurvature(_flat, K);
        a.AsSpan2D().CopyTo(F);
        Products.Add(-1, b, K, F);
        return true;
    }

    /// <summary>max |Q + γAᵀPA − KᵀSK − P|.</summary>
    private double Residual(double[,] a, double[,] q)
    {
        Span2D<double> residual = _two;
        q.AsSpan2D().CopyTo(residual);
        Products.Symmetrise(residual);
        Products.AddCongruenceTransposed(_discount, a, P, residual, _one);
        Products.AddCongruenceTransposed(-1, K, S, residual, _flat);
        Products.Add(-1, P, residual);
        return Products.Largest(residual);
    }

    private bool FactoriseCurvature()
    {
        S.AsSpan2D().CopyTo(_small);
        _vector.AsSpan().Clear();
        return Cholesky.Solve(_small, _vector) && _curvature.Factorise(S.AsSpan(), 0) < 0;
    }

    private void SolveRows(Span2D<double> rows)
    {
        for (int i = 0; i < rows.Height; i++) _mixed.Solve(rows.GetRowSpan(i));
    }
}
