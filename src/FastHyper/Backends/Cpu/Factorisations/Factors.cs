using System.Numerics;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Factorisations;

/// <summary>
/// L U = I − γ P_π of one register of instances, without pivoting: the matrix is an M-matrix, its rows diagonally
/// dominant, and nonsingular where γ &lt; 1 or every state terminates sooner or later. Elimination keeps all of that:
/// pivots stay in (0, 1], what is off the diagonal stays negative, nothing grows.
/// <para>
/// Nothing is subtracted, either (Grassmann, Taksar and Heyman, 1985; Alfa, Xue and Ye, 2002): a row is known by what is off its
/// diagonal and by its deficit d_i, what it sums to, d_i = 1 − γ + γ Σ_a π (1 − Σ_s' P). A pivot is the sum of both,
/// u_kk = d_k + Σ_j |u_kj|, and elimination adds to deficits what it adds to rows, d_i ← d_i + |l_ik| d_k. So factors, and
/// solutions for b of one sign, have nearly all of their digits however near γ is to one. Without a way to the end a pivot is zero:
/// <see cref="Factorise"/> returns the smallest.
/// </para>
/// </summary>
/// <param name="symbolic">Where the numbers stand.</param>
/// <param name="factors">As many numbers as it has entries.</param>
/// <param name="deficits">One for each pivot.</param>
internal readonly unsafe struct Factors<TLane, T>(SymbolicFactorisation symbolic, TLane* factors, TLane* deficits)
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Writes I − γ Σ_a π P; probabilities by term where shared, each instance's own by entry otherwise.</summary>
    /// <param name="policy">π(a|s) of the first lane, rows <paramref name="policyStride"/> apart.</param>
    /// <param name="policyStride">Distance between rows.</param>
    /// <param name="discount">γ.</param>
    /// <param name="values">Shared probability of each term.</param>
    /// <param name="own">The first lane's own probabilities, or null.</param>
    /// <param name="stride">Distance between entries of these.</param>
    /// <param name="rowDeficits">1 − Σ_s' P of each row where probabilities are shared; null where all of them are zero.</param>
    public void Assemble(T* policy, long policyStride, double discount, T* values, T* own, long stride, T* rowDeficits)
    {
        TLane zero = TLane.Constant(0);
        TLane minus = TLane.Constant(-discount);
        int* targets = symbolic.SumTargets;
        int* ends = symbolic.SumEnds;
        int* rows = symbolic.TermRows;
        int* entries = symbolic.TermEntries;
        int count = symbolic.SumCount;
        int k = ends[symbolic.Count - 1];
        for (int m = symbolic.Count; m < count; m++)
        {
            int end = ends[m];
            TLane sum = zero;
            if (own is null)
                for (; k < end; k++)
                    sum = TLane.MultiplyAdd(TLane.Broadcast(values[k]), TLane.Load(policy + (rows[k] * policyStride)), sum);
            else
                for (; k < end; k++)
                    sum = TLane.MultiplyAdd(TLane.Load(own + (entries[k] * stride)), TLane.Load(policy + (rows[k] * policyStride)), sum);
            factors[targets[m]] = minus * sum;
        }

        int* fillIns = symbolic.FillIns;
        for (int i = 0; i < symbolic.FillInCount; i++) factors[fillIns[i]] = zero;
        // Pivots are found from the rest of their rows.
        for (int i = 0; i < symbolic.Count; i++) factors[targets[i]] = zero;
        if (own is null && rowDeficits is null)
        {
            for (int i = 0; i < symbolic.Count; i++) deficits[i] = TLane.Constant(1 - discount);
            return;
        }

        long* offsets = symbolic.RowOffsets;
        for (int i = 0; i < symbolic.Count; i++)
        {
            TLane sum = zero;
            long row = (long)symbolic.States[i] * symbolic.Actions;
            for (long last = row + symbolic.Actions; row < last; row++)
            {
                TLane deficit = own is null ? TLane.Broadcast(rowDeficits[row]) : TLane.Constant(1);
                if (own is not null)
                    for (long entry = offsets[row]; entry < offsets[row + 1]; entry++) deficit -= TLane.Load(own + (entry * stride));
                sum = TLane.MultiplyAdd(TLane.Load(policy + (row * policyStride)), deficit, sum);
            }

            deficits[i] = TLane.MultiplyAdd(TLane.Constant(discount), sum, TLane.Constant(1 - discount));
        }
    }

    /// <summary>
    /// Replaces the matrix by its factors, pivot by pivot: a_ij ← a_ij + |l_ik| a_kj. Stored are 1/u_kk, u_kj, −l_ik.
    /// </summary>
    /// <returns>The smallest pivot of each instance.</returns>
    public TLane Factorise()
    {
        TLane smallest = TLane.Constant(double.PositiveInfinity);
        TLane* all = factors;
        TLane* pivot = all;
        int* target = symbolic.Targets;
        int* neighbours = symbolic.Neighbours;
        int* degrees = symbolic.Degrees;
        int count = symbolic.Count;
        for (int k = 0; k < count; k++)
        {
            nint n = degrees[k];
            TLane* u = pivot + 1;
            TLane* l = u + n;
            TLane deficit = deficits[k], sum = deficit;
            for (nint j = 0; j < n; j++) sum -= u[j];
            smallest = TLane.Min(sum, smallest);
            TLane inverse = TLane.Constant(1) / sum;
            *pivot = inverse;
            inverse = TLane.Constant(0) - inverse;
            for (nint i = 0; i < n; i++, target += n)
            {
                TLane lower = l[i] * inverse;
                l[i] = lower;
                TLane* more = deficits + (uint)neighbours[i];
                *more = TLane.MultiplyAdd(lower, deficit, *more);
                for (nint j = 0; j < n; j++)
                {
                    TLane* at = all + (uint)target[j];
                    *at = TLane.MultiplyAdd(lower, u[j], *at);
                }
            }

            neighbours += n;
            pivot = l + n;
        }

        return smallest;
    }

    /// <summary>Solves (I − γ P_π) x = b in place; numbers in the order of the pivots.</summary>
    public void Solve(TLane* x)
    {
        TLane* pivot = factors;
        int* neighbours = symbolic.Neighbours;
        int* degrees = symbolic.Degrees;
        int count = symbolic.Count;
        for (int k = 0; k < count; k++)
        {
            nint n = degrees[k];
            TLane* l = pivot + 1 + n;
            TLane known = x[k];
            for (nint j = 0; j < n; j++) x[(uint)neighbours[j]] = TLane.MultiplyAdd(l[j], known, x[(uint)neighbours[j]]);
            neighbours += n;
            pivot = l + n;
        }

        for (int k = count - 1; k >= 0; k--)
        {
            nint n = degrees[k];
            neighbours -= n;
            pivot -= 1 + (2 * n);
            TLane sum = TLane.Constant(0);
            for (nint j = 0; j < n; j++) sum = TLane.MultiplyAdd(pivot[1 + j], x[(uint)neighbours[j]], sum);
            x[k] = (x[k] - sum) * *pivot;
        }
    }

    /// <summary>Solves (I − γ P_π)ᵀ x = b by the same factors: Uᵀ z = b, then Lᵀ x = z.</summary>
    public void SolveTransposed(TLane* x)
    {
        TLane* pivot = factors;
        int* neighbours = symbolic.Neighbours;
        int* degrees = symbolic.Degrees;
        int count = symbolic.Count;
        for (int k = 0; k < count; k++)
        {
            nint n = degrees[k];
            TLane known = x[k] * *pivot;
            x[k] = known;
            known = TLane.Constant(0) - known;
            for (nint j = 0; j < n; j++) x[(uint)neighbours[j]] = TLane.MultiplyAdd(pivot[1 + j], known, x[(uint)neighbours[j]]);
            neighbours += n;
            pivot += 1 + (2 * n);
        }

        for (int k = count - 1; k >= 0; k--)
        {
            nint n = degrees[k];
            neighbours -= n;
            pivot -= 1 + (2 * n);
            TLane* l = pivot + 1 + n;
            TLane sum = x[k];
            for (nint j = 0; j < n; j++) sum = TLane.MultiplyAdd(l[j], x[(uint)neighbours[j]], sum);
            x[k] = sum;
        }
    }
}
