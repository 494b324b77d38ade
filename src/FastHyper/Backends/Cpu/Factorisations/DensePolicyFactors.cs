using System.Numerics.Tensors;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Factorisations;

/// <summary>Dense factors of one MDP, row by row: S³/3 multiplications and 8 S² bytes.</summary>
internal sealed unsafe class DensePolicyFactors : PolicyFactors
{
    /// <summary>32 MiB; a second or two.</summary>
    public const int MaxStates = 2048;

    private readonly NativeArray<double> _matrix;
    private readonly NativeArray<double> _deficits;
    private readonly double[] _rowDeficits;

    public DensePolicyFactors(SparseMatrix p, int actions)
        : base(p, actions)
    {
        _matrix = new NativeArray<double>((long)States * States);
        _deficits = new NativeArray<double>(States);
        _rowDeficits = SymbolicFactorisation.Deficits(p);
    }

    /// <summary>Row k of U without its pivot and of L with signs turned, in one; the inverse of the pivot between them.</summary>
    private Span<double> Row(int k) => new(_matrix.Pointer + ((long)k * States), States);

    public override bool Factorise(double discount, double* own)
    {
        Assemble(discount, own);
        bool positive = true;
        double* deficits = _deficits.Pointer;
        for (int k = 0; k < States; k++)
        {
            Span<double> pivotRow = Row(k), u = pivotRow[(k + 1)..];
            double pivot = deficits[k];
            foreach (double entry in u) pivot -= entry;
            positive &= pivot > 0;
            double inverse = 1 / pivot;
            pivotRow[k] = inverse;
            for (int i = k + 1; i < States; i++)
            {
                Span<double> row = Row(i);
                if (row[k] == 0) continue;
                double lower = -row[k] * inverse;
                row[k] = lower;
                deficits[i] = Math.FusedMultiplyAdd(lower, deficits[k], deficits[i]);
                TensorPrimitives.FusedMultiplyAdd(u, lower, row[(k + 1)..], row[(k + 1)..]);
            }
        }

        return positive;
    }

    public override void Solve(bool transposed)
    {
        Span<double> x = new(Vector, States);
        if (transposed)
        {
            for (int k = 0; k < States; k++)
            {
                x[k] *= Row(k)[k];
                Span<double> later = x[(k + 1)..];
                TensorPrimitives.FusedMultiplyAdd(Row(k)[(k + 1)..], -x[k], later, later);
            }

            for (int k = States - 1; k > 0; k--) TensorPrimitives.FusedMultiplyAdd(Row(k)[..k], x[k], x[..k], x[..k]);
            return;
        }

        for (int k = 1; k < States; k++) x[k] += Product(Row(k)[..k], x);
        for (int k = States - 1; k >= 0; k--) x[k] = (x[k] - Product(Row(k)[(k + 1)..], x[(k + 1)..])) * Row(k)[k];
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        _matrix.Dispose();
        _deficits.Dispose();
    }

    // One sum, in order: its bits do not depend on how wide the processor's registers are.
    private static double Product(ReadOnlySpan<double> row, ReadOnlySpan<double> x)
    {
        double sum = 0;
        for (int j = 0; j < row.Length; j++) sum = Math.FusedMultiplyAdd(row[j], x[j], sum);
        return sum;
    }

    /// <summary>−γ P_π off the diagonal, and what each row of I − γ P_π sums to.</summary>
    private void Assemble(double discount, double* own)
    {
        new Span<double>(_matrix.Pointer, checked(States * States)).Clear();
        for (int s = 0; s < States; s++)
        {
            Span<double> to = Row(s);
            double deficit = 0;
            for (int row = s * Actions; row < (s + 1) * Actions; row++)
            {
                double share = Policy[row], left = own is null ? (_rowDeficits.Length == 0 ? 0 : _rowDeficits[row]) : 1;
                for (long k = P.Offsets[row]; k < P.Offsets[row + 1]; k++)
                {
                    double probability = own is null ? P.Values[k] : own[k];
                    if (own is not null) left -= probability;
                    if (P.Columns[k] != s) to[P.Columns[k]] -= discount * share * probability;
                }

                deficit += share * left;
            }

            _deficits.Pointer[s] = (1 - discount) + (discount * deficit);
        }
    }
}
