using CommunityToolkit.HighPerformance;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>
/// Linear dynamics under a response, as rollouts run through them: s' = A s + B u + C a + N_w ω with a = L s + N_a ζ (p of it, none where
/// the leader does not act) and u = −K s − K_a(a − L s) + N_u ξ, for standard normal ω, ζ and ξ and factors N Nᵀ of the covariances. The
/// follower earns −(sᵀQ s + uᵀR u); the leader −(sᵀM s + uᵀU u) − c, or exp(−½ (s − g)ᵀY(s − g)) of a goal.
/// </summary>
internal sealed class LinearQuadraticSystem
{
    private readonly double[,] _square;
    private readonly double[] _column;

    /// <summary>Allocates the matrices of a problem.</summary>
    public LinearQuadraticSystem(ClosedFormProblem problem)
    {
        (int n, int m) = (problem.Shape.States, problem.Shape.Actions);
        int p = problem is LinearQuadraticGameProblem game ? game.LeaderActions : 0;
        (States, Actions, LeaderActions) = (n, m, p);
        (A, B, C) = (new double[n, n], new double[n, m], new double[n, p]);
        (Q, R, P) = (new double[n, n], new double[m, m], new double[n, n]);
        (Gain, SeenGain, LeaderGain) = (new double[m, n], new double[m, p], new double[p, n]);
        (ClosedLoop, LeaderNoise, Covariance) = (new double[n, n], new double[p, p], new double[m, m]);
        (NoiseFactor, ActionFactor, LeaderFactor, StartFactor) = (new double[n, n], new double[m, m], new double[p, p], new double[n, n]);
        (LeaderStateCost, LeaderActionCost) = (new double[n, n], new double[m, m]);
        (StartMean, Goal, Precision) = (new double[n], new double[n], new double[n, n]);
        (_square, _column) = (new double[n, n], new double[n]);
    }

    public int States { get; }

    public int Actions { get; }

    public int LeaderActions { get; }

    public double[,] A { get; }

    public double[,] B { get; }

    public double[,] C { get; }

    public double[,] Q { get; }

    public double[,] R { get; }

    /// <summary>P: the follower's values are −sᵀPs, beside a constant.</summary>
    public double[,] P { get; }

    /// <summary>K, (m, n).</summary>
    public double[,] Gain { get; }

    /// <summary>K_a, (m, p).</summary>
    public double[,] SeenGain { get; }

    /// <summary>L, (p, n).</summary>
    public double[,] LeaderGain { get; }

    /// <summary>F, (n, n): what becomes of the state under mean actions.</summary>
    public double[,] ClosedLoop { get; }

    /// <summary>Covariance of the leader's action, (p, p).</summary>
    public double[,] LeaderNoise { get; }

    /// <summary>Σ, (m, m): covariance of the follower's action once it has seen the leader's.</summary>
    public double[,] Covariance { get; }

    public double[,] NoiseFactor { get; }

    public double[,] ActionFactor { get; }

    public double[,] LeaderFactor { get; }

    public double[,] StartFactor { get; }

    public double[] StartMean { get; }

    /// <summary>M, (n, n).</summary>
    public double[,] LeaderStateCost { get; }

    /// <summary>U, (m, m).</summary>
    public double[,] LeaderActionCost { get; }

    /// <summary>c.</summary>
    public double LeaderCost { get; set; }

    /// <summary>Whether the leader's reward is that of a goal.</summary>
    public bool HasGoal { get; private set; }

    /// <summary>g, (n).</summary>
    public double[] Goal { get; }

    /// <summary>Y, (n, n): inverse of the goal's squared widths.</summary>
    public double[,] Precision { get; }

    public void SetDynamics(double[,] a, double[,] b, double[,] noise)
    {
        a.AsSpan2D().CopyTo(A);
        b.AsSpan2D().CopyTo(B);
        Factor(noise, NoiseFactor);
    }

    public void SetFollower(double[,] q, double[,] r, SoftRiccati response)
    {
        q.AsSpan2D().CopyTo(Q);
        r.AsSpan2D().CopyTo(R);
        response.P.AsSpan2D().CopyTo(P);
        response.K.AsSpan2D().CopyTo(Gain);
        response.F.AsSpan2D().CopyTo(ClosedLoop);
        response.Covariance.AsSpan2D().CopyTo(Covariance);
        Factor(response.Covariance, ActionFactor);
    }

    public void SetStart(ReadOnlySpan<double> mean, double[,] covariance)
    {
        mean.CopyTo(StartMean);
        Factor(covariance, StartFactor);
    }

    public void SetLeader(double[,] c, double[,] gain, double[,] noise, ReadOnlySpan2D<double> seenGain)
    {
        c.AsSpan2D().CopyTo(C);
        gain.AsSpan2D().CopyTo(LeaderGain);
        noise.AsSpan2D().CopyTo(LeaderNoise);
        seenGain.CopyTo(SeenGain);
        Factor(noise, LeaderFactor);
    }

    public void SetGoal(ReadOnlySpan<double> goal, double[,] width)
    {
        HasGoal = true;
        goal.CopyTo(Goal);
        for (int j = 0; j < States; j++)
        {
            width.AsSpan2D().CopyTo(_square);
            _column.AsSpan().Clear();
            _column[j] = 1;
            Cholesky.Solve(_square, _column);
            for (int i = 0; i < States; i++) Precision[i, j] = _column[i];
        }
    }

    /// <summary>N of a positive semidefinite X = N Nᵀ, lower triangular; what has no variance of its own has a column of zeros.</summary>
    private static void Factor(double[,] covariance, double[,] factor)
    {
        factor.AsSpan2D().Clear();
        for (int j = 0; j < covariance.GetLength(0); j++)
        {
            double pivot = covariance[j, j] - Square(factor, j, j, j);
            if (!(pivot > 1e-14 * covariance[j, j])) continue;
            factor[j, j] = Math.Sqrt(pivot);
            for (int i = j + 1; i < covariance.GetLength(0); i++)
                factor[i, j] = (((covariance[i, j] + covariance[j, i]) / 2) - Square(factor, i, j, j)) / factor[j, j];
        }

        static double Square(double[,] factor, int i, int j, int count)
        {
            double sum = 0;
            for (int k = 0; k < count; k++) sum += factor[i, k] * factor[j, k];
            return sum;
        }
    }
}
