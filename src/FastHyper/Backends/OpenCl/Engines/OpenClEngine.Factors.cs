using FastHyper.Backends.Cpu.Factorisations;
using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>
/// Linear solves by the host's factors, where iterations on the device have failed: of few states, an instance at a time. Each pass solves
/// for the residual that the device finds.
/// </summary>
internal sealed unsafe partial class OpenClEngine
{
    // Factors without subtractions leave a residual of rounding alone; a second pass shows that it is.
    private const int PassesByFactors = 2;
    private readonly Lazy<PolicyFactors?> _hostFactors;
    private OpenClArray? _stateResidual;
    private OpenClArray? _rowResidual;

    internal override bool HasFactors => _hostFactors.Value is not null;

    /// <summary>Adds (I − γ P_π)⁻¹ times the residual to the values of the active instances.</summary>
    private void SolveByFactors(in Rounds rounds, SweepStatus status)
    {
        PolicyFactors factors = _hostFactors.Value!;
        LinearResidual[] found = new LinearResidual[Instances];
        double[] values = new double[States], rows = new double[(long)States * Actions];
        double[] entries = _probabilities is null ? [] : new double[Transitions.EntryCount];
        for (int i = 0; i < Instances; i++)
        {
            if (!status.Active[i]) continue;
            Monitor.Check("linear solves by factors", i, Instances);
            Download(rounds.Policy, i, new Span<double>(factors.Policy, rows.Length));
            if (_probabilities is not null) Download(_probabilities, i, entries);
            bool positive;
            fixed (double* own = entries) positive = factors.Factorise(rounds.Discount, _probabilities is null ? null : own);
            if (!positive) continue;
            for (int pass = 0; pass < PassesByFactors; pass++)
            {
                Span<double> left = new(factors.Vector, States);
                if (rounds.Verb == Verb.Adjoint)
                {
                    _stateResidual ??= (OpenClArray)Allocate(ArrayKind.State);
                    AdjointResidual(rounds.Values, rounds.Policy, rounds.Given, rounds.Discount, _stateResidual, found);
                    Download(_stateResidual, i, left);
                }
                else
                {
                    _rowResidual ??= (OpenClArray)Allocate(ArrayKind.StateAction);
                    EvaluationResidual(rounds.Values, rounds.Policy, rounds.Given, rounds.Discount, _rowResidual, found);
                    Download(_rowResidual, i, rows);
                    for (int s = 0; s < States; s++) left[s] = rows[s * Actions];
                }

                factors.Solve(transposed: rounds.Verb == Verb.Adjoint);
                Download(rounds.Values, i, values);
                for (int s = 0; s < States; s++) values[s] += left[s];
                Upload(rounds.Values, i, values);
                status.Products[i]++;
            }
        }
    }
}
