using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Factorisations;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

/// <summary>Newton's method with factors in place of a Krylov method: at once where they are cheap, else where that has failed.</summary>
internal sealed unsafe partial class StateLanesEngine<TLane, T, TNarrow, TWide>
{
    private const double ValueUnits = 256;
    private readonly Lazy<PolicyFactors?> _cheap;
    private readonly Lazy<PolicyFactors?> _rescue;
    private CpuArray<T>? _stepPolicy;
    private NativeArray<double>? _entries;

    private enum Verb
    {
        Soft,
        Evaluate,
        Adjoint,
    }

    internal override bool SolvesDirectly => _cheap.Value is not null;

    internal override bool HasFactors => SolvesDirectly || _rescue.Value is not null;

    /// <summary>
    /// The factors that a solve is to begin with: cheap ones, or where iterations have failed, or solve for another matrix than P_π: its
    /// rounding to float32 changes row sums by 10⁻⁷, as much as is left of one.
    /// </summary>
    private PolicyFactors? FactorsFor(in InexactSteps steps, bool asked) =>
        _cheap.Value ?? (asked || steps.IsLongerThan(StopRules.MaxMatrixHorizon) ? _rescue.Value : null);

    private static double Epsilon => sizeof(T) == sizeof(double) ? 2.2204460492503131e-16 : 1.1920929e-07;

    /// <summary>
    /// V ← V + (I − γ P_π)⁻¹ (F(V) − V) until a pass finds the change within the limits, and then V ← F(V). Where F is linear one
    /// factorisation serves all steps. A step that rounding has spoilt is replaced by V ← F(V), a sweep.
    /// </summary>
    /// <param name="factors">What solves.</param>
    /// <param name="verb">What F is.</param>
    /// <param name="values">V.</param>
    /// <param name="given">r, or the adjoint's source.</param>
    /// <param name="policy">π; null for the policy of V.</param>
    /// <param name="discount">γ.</param>
    /// <param name="limits">Whose count is of passes.</param>
    /// <param name="status">Of the one instance.</param>
    private void SolveDirectly(
        PolicyFactors factors, Verb verb, CpuArray<T> values, DeviceArray given, DeviceArray? policy, double discount, SweepLimits limits,
        SweepStatus status)
    {
        bool factorised = false, positive = false;
        bool evaluates = verb == Verb.Soft && LeaderActions == 0 && discount >= 1;
        double last = double.PositiveInfinity;
        for (int pass = 0; pass < limits.Count && status.Active[0]; pass++)
        {
            Monitor.Check("policy iteration's steps", status.Sweeps[0]);
            BlockBounds bounds = PassToNext(verb, values, given, policy, discount);
            status.Sweeps[0]++;
            bool done = Report(bounds, limits, status);
            if (!double.IsFinite(bounds.Change)) return;
            done |= bounds.Change >= last && bounds.Change <= StopRules.FloorUnits * Epsilon * (bounds.Magnitude + status.Spread[0]);
            last = bounds.Change;
            bool steps = false;
            if (!done || evaluates)
            {
                status.Products[0]++;
                if (!factorised || verb == Verb.Soft)
                {
                    Gather(factors, policy ?? PolicyOf(values, given, discount));
                    positive = factors.Factorise(discount, OwnEntries());
                    factorised = true;
                }

                if (evaluates && positive)
                {
                    FindValues(factors, given);
                    double step = LargestStep(factors, values);
                    // A residual that is all rounding says nothing of values that long episodes still move.
                    done &= step <= ValueUnits * Epsilon * bounds.Magnitude;
                    steps = !done && double.IsFinite(step);
                }
                else if (!done)
                {
                    steps = positive && FindStep(factors, values, verb == Verb.Adjoint, bounds.Change);
                }
            }

            if (steps) Move(factors, values, from: evaluates ? 0 : 1);
            else values.Swap(_next);
            if (done) status.Active[0] = false;
        }
    }

    /// <summary>F(V), written to <see cref="_next"/>, and its change.</summary>
    private BlockBounds PassToNext(Verb verb, CpuArray<T> values, DeviceArray given, DeviceArray? policy, double discount)
    {
        if (verb == Verb.Adjoint)
        {
            ScatterRows(null, RowArray(policy!), values.Pointer);
            return Finish(StateArray(given), values.Pointer, _next.Pointer, null, discount);
        }

        BackupKernel<TLane, T> kernel = Backup(given, discount, policy);
        kernel.From = values.Pointer;
        kernel.To = _next.Pointer;
        return Run(ref kernel);
    }

    private CpuArray<T> PolicyOf(CpuArray<T> values, DeviceArray reward, double discount)
    {
        _stepPolicy ??= (CpuArray<T>)Allocate(ArrayKind.StateAction);
        Policy(values, reward, discount, _stepPolicy);
        return _stepPolicy;
    }

    private void Gather(PolicyFactors factors, DeviceArray policy)
    {
        T* from = RowArray(policy);
        double* to = factors.Policy;
        for (int s = 0; s < States; s++)
            for (int a = 0; a < Actions; a++) *to++ = double.CreateTruncating(from[Layout.Row(s, a)]);
    }

    private double* OwnEntries()
    {
        if (OwnProbabilities is null) return null;
        _entries ??= new NativeArray<double>(Transitions.EntryCount);
        for (int k = 0; k < Transitions.EntryCount; k++) _entries.Pointer[k] = double.CreateTruncating(OwnProbabilities[k]);
        return _entries.Pointer;
    }

    /// <summary>Solves for the step; false where it is not finite, or all rounding.</summary>
    private bool FindStep(PolicyFactors factors, CpuArray<T> values, bool transposed, double change)
    {
        T* next = _next.Pointer, v = values.Pointer;
        for (int s = 0; s < States; s++)
            factors.Vector[s] = double.CreateTruncating(next[Layout.State(s)]) - double.CreateTruncating(v[Layout.State(s)]);
        factors.Solve(transposed);
        double largest = 0;
        for (int s = 0; s < States; s++) largest = Math.Max(largest, Math.Abs(factors.Vector[s]));
        return largest * (StopRules.StepUnits * 2.2204460492503131e-16) < change;
    }

    /// <summary>
    /// V = (I − γ P_π)⁻¹ Σ_a π (r − τ log π), the value of the new policy, which V + (I − γ P_π)⁻¹ (TV − V) is, too: but a residual has no
    /// more digits than V, and long episodes multiply what is missing, where rewards and factors have all of theirs. Errors of π
    /// change V to second order only.
    /// </summary>
    private void FindValues(PolicyFactors factors, DeviceArray reward)
    {
        T* r = RowArray(reward);
        double* policy = factors.Policy;
        double temperature = Temperature(0);
        for (int s = 0; s < States; s++)
        {
            double sum = 0, mass = 0;
            for (int a = 0; a < Actions; a++, policy++)
            {
                mass += *policy;
                if (*policy > 0) sum += *policy * (double.CreateTruncating(r[Layout.Row(s, a)]) - (temperature * Math.Log(*policy)));
            }

            factors.Vector[s] = sum / mass;
        }

        factors.Solve(transposed: false);
    }

    private double LargestStep(PolicyFactors factors, CpuArray<T> values)
    {
        T* v = values.Pointer;
        double largest = 0;
        for (int s = 0; s < States; s++)
            largest = Math.Max(largest, Math.Abs(factors.Vector[s] - double.CreateTruncating(v[Layout.State(s)])));
        return largest;
    }

    /// <summary>V ← from · V + what was solved for.</summary>
    private void Move(PolicyFactors factors, CpuArray<T> values, double from)
    {
        T* v = values.Pointer;
        for (int s = 0; s < States; s++)
            v[Layout.State(s)] = T.CreateTruncating((from * double.CreateTruncating(v[Layout.State(s)])) + factors.Vector[s]);
        values.Version++;
    }

    private void DisposeFactors()
    {
        if (_cheap.IsValueCreated) _cheap.Value?.Dispose();
        if (_rescue.IsValueCreated) _rescue.Value?.Dispose();
        _entries?.Dispose();
        _norms?.Dispose();
        _evaluationNorms?.Dispose();
        DisposeFeatureScratch();
    }
}
