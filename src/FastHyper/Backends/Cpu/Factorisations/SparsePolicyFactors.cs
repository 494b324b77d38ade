using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Factorisations;

/// <summary>Sparse factors of one MDP, number by number.</summary>
internal sealed unsafe class SparsePolicyFactors : PolicyFactors
{
    private readonly SymbolicFactorisation _symbolic;
    private readonly NativeArray<double> _termValues;
    private readonly NativeArray<double> _rowDeficits;
    private readonly NativeArray<Lane1<double>> _numbers;

    public SparsePolicyFactors(SparseMatrix p, SymbolicFactorisation symbolic)
        : base(p, symbolic.Actions)
    {
        _symbolic = symbolic;
        _numbers = new NativeArray<Lane1<double>>(symbolic.EntryCount + (2L * symbolic.Count));
        _termValues = new NativeArray<double>(symbolic.TermCount);
        for (int k = 0; k < symbolic.TermCount; k++) _termValues.Pointer[k] = p.Values[symbolic.TermEntries[k]];
        _rowDeficits = new NativeArray<double>(symbolic.RowDeficits.Length);
        symbolic.RowDeficits.CopyTo(new Span<double>(_rowDeficits.Pointer, symbolic.RowDeficits.Length));
    }

    private Lane1<double>* Deficits => _numbers.Pointer + _symbolic.EntryCount;

    private Lane1<double>* Ordered => Deficits + _symbolic.Count;

    private Factors<Lane1<double>, double> Factors => new(_symbolic, _numbers.Pointer, Deficits);

    public override bool Factorise(double discount, double* own)
    {
        Factors.Assemble(Policy, 1, discount, _termValues.Pointer, own, 1, _rowDeficits.Length == 0 ? null : _rowDeficits.Pointer);
        return Factors.Factorise().Value > 0;
    }

    public override void Solve(bool transposed)
    {
        double* vector = Vector;
        double* ordered = (double*)Ordered;
        int* states = _symbolic.States;
        for (int k = 0; k < _symbolic.Count; k++) ordered[k] = vector[states[k]];
        if (transposed) Factors.SolveTransposed(Ordered);
        else Factors.Solve(Ordered);
        for (int k = 0; k < _symbolic.Count; k++) vector[states[k]] = ordered[k];
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        _symbolic.Dispose();
        _termValues.Dispose();
        _rowDeficits.Dispose();
        _numbers.Dispose();
    }
}
