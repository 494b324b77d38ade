using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Factorisations;

/// <summary>
/// I − γ P_π of one MDP in factors, in float64: what is solved with where iterations cost more, or fail. By the elimination without
/// subtractions of <see cref="Factors{TLane, T}"/>.
/// </summary>
internal abstract unsafe class PolicyFactors : IDisposable
{
    private readonly NativeArray<double> _policy;
    private readonly NativeArray<double> _vector;

    protected PolicyFactors(SparseMatrix p, int actions)
    {
        P = p;
        Actions = actions;
        States = p.ColumnCount;
        _policy = new NativeArray<double>(p.RowCount);
        _vector = new NativeArray<double>(States);
    }

    /// <summary>π(a|s) at s·A+a, to be written before <see cref="Factorise"/>.</summary>
    public double* Policy => _policy.Pointer;

    /// <summary>b, to be written before a solve, and then x, in the order of the states.</summary>
    public double* Vector => _vector.Pointer;

    protected SparseMatrix P { get; }

    protected int Actions { get; }

    protected int States { get; }

    /// <summary>Factors that cost less than the sweeps that they save; null where there are none.</summary>
    public static PolicyFactors? TryCheap(Transitions transitions) => Sparse(transitions, FactorisationBudget.ForOne);

    /// <summary>
    /// Factors at a higher price, for where iterations have failed: sparse, or dense of fewer states; null where there are none.
    /// </summary>
    public static PolicyFactors? TryRescue(Transitions transitions) =>
        (PolicyFactors?)Sparse(transitions, _ => FactorisationBudget.ForRescue)
        ?? (transitions.States <= DensePolicyFactors.MaxStates ? new DensePolicyFactors(transitions.CopyMatrix(), transitions.Actions)
            : null);

    /// <summary>Factorises I − γ P_π.</summary>
    /// <param name="discount">γ.</param>
    /// <param name="own">Probabilities by entry in place of P's; null for these.</param>
    /// <returns>Whether all pivots are positive.</returns>
    public abstract bool Factorise(double discount, double* own);

    /// <summary>Solves (I − γ P_π) x = b in place, or with the transpose.</summary>
    public abstract void Solve(bool transposed);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        _policy.Dispose();
        _vector.Dispose();
    }

    private static SparsePolicyFactors? Sparse(Transitions transitions, Func<SparseMatrix, FactorisationBudget> budget)
    {
        if (transitions.States > SymbolicFactorisation.MaxStates) return null;
        SparseMatrix p = transitions.CopyMatrix();
        return SymbolicFactorisation.TryCreate(p, transitions.Actions, budget(p)) is SymbolicFactorisation symbolic
            ? new SparsePolicyFactors(p, symbolic)
            : null;
    }
}
