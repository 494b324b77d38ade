using FastHyper.Reference.Arithmetic;

namespace FastHyper.Reference.Dense;

/// <summary>
/// The follower's soft optimum and the leader's return under it, by dense linear algebra: soft policy iteration, which is Newton's method
/// on V = TV,
/// <code>V ← V + (I − γP_π)⁻¹ (TV − V)</code>
/// until rounding keeps the residual from shrinking; then V_L, the visits d and the adjoint by LU solves.
/// </summary>
public sealed class SoftSolution<T>
    where T : struct, IScalar<T>
{
    // Residuals within this many roundings of the largest value may be all that rounding leaves.
    private const double Floor = 64;

    // Values beyond this many times the rewards have no finite limit, or none that float64 data tell.
    private const double LargestGrowth = 1e24;
    private Lu<T>? _follower;
    private Lu<T>? _leader;

    private SoftSolution(SoftProcess<T> process, T[] v)
    {
        Process = process;
        V = v;
        Q = [];
        Policy = [];
    }

    public SoftProcess<T> Process { get; }

    /// <summary>V, (S).</summary>
    public T[] V { get; private set; }

    /// <summary>Q, (S·A).</summary>
    public T[] Q { get; private set; }

    /// <summary>π, (S·A).</summary>
    public T[] Policy { get; private set; }

    /// <summary>‖TV − V‖∞ of the V that is kept.</summary>
    public double Residual { get; private set; }

    /// <summary>The largest number that a residual is the difference of.</summary>
    public double Scale { get; private set; }

    /// <summary>V_L, (S).</summary>
    public T[] LeaderV { get; private set; } = [];

    /// <summary>A_L = Q_L − V_L, (S·A).</summary>
    public T[] LeaderAdvantage { get; private set; } = [];

    /// <summary>d, (S).</summary>
    public T[] Visits { get; private set; } = [];

    /// <summary>J.</summary>
    public T Objective { get; private set; }

    /// <summary>Solves; null where the iteration does not converge, as where there is no finite answer.</summary>
    /// <param name="process">The process.</param>
    /// <param name="start">V to begin with; the value of the uniform policy where null, which ends where any does.</param>
    /// <param name="steps">Steps at the most.</param>
    public static SoftSolution<T>? Solve(SoftProcess<T> process, double[]? start, int steps)
    {
        SoftSolution<T> solution = new(process, start is null ? Uniform(process) : Array.ConvertAll(start, T.Of));
        return solution.Iterate(steps) && solution.Evaluate() ? solution : null;
    }

    /// <summary>(I − γP_π) factorised.</summary>
    public Lu<T> Follower => _follower ??= new Lu<T>(Process.Operator(Policy, Process.Gamma));

    /// <summary>(I − γ_L P_π) factorised.</summary>
    public Lu<T> Leader => _leader ??=
        Process.Gamma == Process.GammaLeader ? Follower : new Lu<T>(Process.Operator(Policy, Process.GammaLeader));

    /// <summary>d π, the cotangent of l, (S·A).</summary>
    public T[] VisitedPolicy => [.. Policy.Select((share, row) => Visits[row / Process.Actions] * share)];

    /// <summary>∂J/∂π, d A_L: a function of s less than d Q_L, which changes nothing.</summary>
    public T[] ReturnCotangent => [.. LeaderAdvantage.Select((advantage, row) => Visits[row / Process.Actions] * advantage)];

    /// <summary>The chain from ∂f/∂π to the cotangent w of r: c = π (∂f/∂π − Σ_b π ∂f/∂π)/τ, y = γPᵀc + γP_πᵀy, w = c + πy.</summary>
    public (T[] C, T[] Y, T[] W) Response(T[] policyCotangent)
    {
        int actions = Process.Actions;
        T[] c = new T[Policy.Length], w = new T[Policy.Length], source = new T[Process.States];
        for (int s = 0; s < Process.States; s++)
        {
            T mean = default;
            for (int row = s * actions; row < (s + 1) * actions; row++) mean += Policy[row] * policyCotangent[row];
            for (int row = s * actions; row < (s + 1) * actions; row++)
                c[row] = Policy[row] * (policyCotangent[row] - mean) / T.Of(Process.Temperature);
        }

        Process.AddTransposed(c, source);
        for (int s = 0; s < source.Length; s++) source[s] *= T.Of(Process.Gamma);
        T[] y = Follower.SolveTransposed(source);
        for (int row = 0; row < w.Length; row++) w[row] = c[row] + (Policy[row] * y[row / actions]);
        return (c, y, w);
    }

    /// <summary>The value of the uniform policy, its entropy τ log A a step.</summary>
    private static T[] Uniform(SoftProcess<T> process)
    {
        T[] policy = new T[process.Reward.Length], gain = new T[process.States];
        policy.AsSpan().Fill(T.Of(1) / T.Of(process.Actions));
        T entropy = T.Of(process.Temperature) * T.Log(T.Of(process.Actions));
        for (int row = 0; row < policy.Length; row++) gain[row / process.Actions] += policy[row] * (process.Reward[row] + entropy);
        return new Lu<T>(process.Operator(policy, process.Gamma)).Solve(gain);
    }

    private bool Iterate(int steps)
    {
        double rewards = Numbers.Largest(Process.Reward) + (Process.Temperature * (1 + Math.Log(Process.Actions)));
        double last = double.PositiveInfinity;
        (T[] V, T[] Q, T[] Policy, double Residual, Lu<T>? Factors) best = ([], [], [], double.PositiveInfinity, null);
        for (int step = 0; ; step++)
        {
            T[] change = Sweep();
            Residual = Numbers.Largest(change);
            Scale = Numbers.Largest(V) + rewards;
            if (!double.IsFinite(Residual) || Scale > LargestGrowth * rewards) return false;
            if (Residual < best.Residual) best = (V, Q, Policy, Residual, null);
            bool small = Residual <= Floor * T.Rounding * Scale;
            if (Residual == 0 || (small && Residual > last / 2)) break;
            if (step == steps) return false;
            last = Residual;
            Lu<T> factors = new(Process.Operator(Policy, Process.Gamma));
            if (best.V == V) best.Factors = factors;
            T[] increment = factors.Solve(change);
            V = [.. V.Zip(increment, (v, dv) => v + dv)];
        }

        (V, Q, Policy, Residual, _follower) = best;
        return true;
    }

    /// <summary>Writes Q and π of V, and returns TV − V.</summary>
    private T[] Sweep()
    {
        int actions = Process.Actions;
        Q = new T[Process.Reward.Length];
        Policy = new T[Q.Length];
        T[] change = new T[V.Length];
        for (int row = 0; row < Q.Length; row++) Q[row] = Process.Reward[row] + (T.Of(Process.Gamma) * Process.Mean(row, V));
        for (int s = 0; s < change.Length; s++)
        {
            SoftMaximum<T> soft = SoftMaximum<T>.Of(Q.AsSpan(s * actions, actions), Process.Temperature);
            soft.Shares.CopyTo(Policy, s * actions);
            change[s] = soft.Value - V[s];
        }

        return change;
    }

    private bool Evaluate()
    {
        int actions = Process.Actions;
        T[] gain = new T[V.Length];
        for (int row = 0; row < Policy.Length; row++) gain[row / actions] += Policy[row] * Process.LeaderReward[row];
        LeaderV = Leader.Solve(gain);
        LeaderAdvantage = new T[Policy.Length];
        for (int row = 0; row < Policy.Length; row++)
        {
            T future = T.Of(Process.GammaLeader) * Process.Mean(row, LeaderV);
            LeaderAdvantage[row] = Process.LeaderReward[row] + future - LeaderV[row / actions];
        }

        Visits = Leader.SolveTransposed(Process.Initial);
        for (int s = 0; s < V.Length; s++) Objective += Process.Initial[s] * LeaderV[s];
        return double.IsFinite(Objective.Value) && Array.TrueForAll(Visits, d => double.IsFinite(d.Value));
    }
}
