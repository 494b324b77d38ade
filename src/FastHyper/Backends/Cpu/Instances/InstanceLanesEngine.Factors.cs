namespace FastHyper.Backends.Cpu.Instances;

internal sealed unsafe partial class InstanceLanesEngine<TLane, T>
{
    /// <summary>
    /// L U = I − γ P_π of one register of instances, without pivoting: the matrix is an M-matrix, its rows diagonally
    /// dominant, and nonsingular where γ &lt; 1 or every state terminates sooner or later. Elimination keeps all of that:
    /// pivots stay in (0, 1], what is off the diagonal stays negative, nothing grows. Where a policy all but never
    /// terminates and γ is 1, rounding may leave a pivot that is not positive: <see cref="Factorise"/> returns the smallest.
    /// </summary>
    private readonly struct Factors(SymbolicFactorisation symbolic, TLane* factors)
    {
        /// <summary>Writes I − γ Σ_a π P; probabilities by term where shared, each instance's own by entry otherwise.</summary>
        /// <param name="policy">π(a|s) of the first lane, rows <paramref name="policyStride"/> apart.</param>
        /// <param name="policyStride">Distance between rows.</param>
        /// <param name="discount">γ.</param>
        /// <param name="values">Shared probability of each term.</param>
        /// <param name="own">The first lane's own probabilities, or null.</param>
        /// <param name="stride">Distance between entries of these.</param>
        public void Assemble(T* policy, long policyStride, TLane discount, T* values, T* own, long stride)
        {
            TLane zero = TLane.Constant(0);
            TLane minus = zero - discount;
            int* targets = symbolic.SumTargets;
            int* ends = symbolic.SumEnds;
            int* rows = symbolic.TermRows;
            int* entries = symbolic.TermEntries;
            int count = symbolic.SumCount;
            int diagonal = symbolic.Count;
            int k = 0;
            for (int m = 0; m < count; m++)
            {
                int end = ends[m];
                TLane sum = zero;
                if (own is null)
                    for (; k < end; k++) sum = TLane.MultiplyAdd(TLane.Broadcast(values[k]), TLane.Load(policy + (rows[k] * policyStride)), sum);
                else
                    for (; k < end; k++) sum = TLane.MultiplyAdd(TLane.Load(own + (entries[k] * stride)), TLane.Load(policy + (rows[k] * policyStride)), sum);
                factors[targets[m]] = TLane.MultiplyAdd(minus, sum, m < diagonal ? TLane.Constant(1) : zero);
            }

            int* fillIns = symbolic.FillIns;
            for (int i = 0; i < symbolic.FillInCount; i++) factors[fillIns[i]] = zero;
        }

        /// <summary>
        /// Replaces the matrix by its factors, pivot by pivot: a_ij ← a_ij − a_ik a_kj/a_kk. Stored are 1/u_kk, u_kj, −l_ik.
        /// </summary>
        /// <returns>The smallest pivot of each instance.</returns>
        public TLane Factorise()
        {
            TLane smallest = TLane.Constant(double.PositiveInfinity);
            TLane* all = factors;
            TLane* pivot = all;
            int* target = symbolic.Targets;
            int* degrees = symbolic.Degrees;
            int count = symbolic.Count;
            for (int k = 0; k < count; k++)
            {
                nint n = degrees[k];
                smallest = TLane.Min(*pivot, smallest);
                TLane inverse = TLane.Constant(1) / *pivot;
                *pivot = inverse;
                inverse = TLane.Constant(0) - inverse;
                TLane* u = pivot + 1;
                TLane* l = u + n;
                for (nint i = 0; i < n; i++, target += n)
                {
                    TLane lower = l[i] * inverse;
                    l[i] = lower;
                    for (nint j = 0; j < n; j++)
                    {
                        TLane* at = all + (uint)target[j];
                        *at = TLane.MultiplyAdd(lower, u[j], *at);
                    }
                }

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
}
