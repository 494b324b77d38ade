using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Factorisations;
using FastHyper.Backends.Cpu.Krylov;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

internal sealed unsafe partial class StateLanesEngine<TLane, T, TNarrow, TWide>
{
    // A sweep after a correction moves the edges of the regions that differ in policy by a cell, for the price of three or
    // four passes of the linear solver: of as many as the correction took, a tenth.
    private const int PassesToSweep = 32;

    // After solves that took as long as some sweeps do: sweeps in place, up and down in turn, by which better actions spread as far as
    // they are read on; and that saves steps.
    private const int ProductsToSweepInPlace = 128;
    private const int MaxSweepsInPlace = 8;

    private const int SweepsOfRescue = 20;

    // Changes are solved for in float32, which loses what is far from one, or infinite then.
    private const double LargestUnscaled = 1e18;
    private const int MostScale = 126;

    private CorrectionSolver<TNarrow, TWide>? _solver;
    private CpuArray<T>? _preparedPolicy;
    private int _preparedVersion;

    /// <summary>Bytes of P_π and of the vectors that the solvers work with.</summary>
    public long SolverBytes =>
        (_solver?.Bytes ?? 0) + (_scatter?.Bytes ?? 0) + ((_shaped?.Length ?? 0) * sizeof(float))
            + ((_draftScratch?.Length ?? 0) * sizeof(TNarrow));

    internal override MultilevelWork Multilevel => _solver?.Multilevel ?? default;

    internal override void PolicyIteration(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
    {
        CpuArray<T> values = Own<T>(v, ArrayKind.State);
        InexactSteps steps = new(discount, Transitions);
        if (FactorsFor(steps, limits.ByFactors) is PolicyFactors factors)
        {
            SolveDirectly(factors, Verb.Soft, values, reward, null, discount, limits, status);
            return;
        }

        PrepareSolver();
        if (status.Products[0] == 0) _solver!.Restart();
        _preparedPolicy = null;
        BackupKernel<TLane, T> kernel = ForCorrection(Backup(reward, discount));
        double loose = steps.Forcing, tight = steps.TighterForcing;
        bool wide = steps.IsLongerThan(StopRules.MaxNarrowHorizon);
        double best = double.PositiveInfinity, last = best;
        int sinceBest = 0;
        double scale = 1;
        for (int step = 0; step < limits.Count && status.Active[0]; step++)
        {
            Monitor.Check("policy iteration's steps", status.Sweeps[0]);
            kernel.From = values.Pointer;
            _solver!.ForgetMatrix();
            BlockBounds bounds = RunScaled(ref kernel, ref scale);
            status.Sweeps[0]++;
            bool done = Report(bounds, limits, status);
            if (!double.IsFinite(bounds.Change)) return;
            // A residual that an inexact step did not bring down much may be the step's fault.
            double forcing = bounds.Change > 0.7 * last ? tight : loose;
            last = bounds.Change;
            if (bounds.Change < 0.5 * best)
            {
                best = bounds.Change;
                sinceBest = 0;
            }
            else if (++sinceBest == StopRules.StepsToRescue)
            {
                if (_rescue.Value is PolicyFactors there)
                {
                    SolveDirectly(
                        there, Verb.Soft, values, reward, null, discount, limits with { Count = limits.Count - step - 1 }, status);
                    return;
                }

                // Sweeps contract whatever the policy; corrections that are all but exact improve it from there.
                sinceBest = 0;
                best = bounds.Change;
                tight = InexactSteps.Tighter(tight, 0.1);
                Iterate(values, Backup(reward, discount), limits with { Count = SweepsOfRescue }, status);
                continue;
            }

            if (done)
            {
                // V ← TV: the sweep is there already.
                Correct(values, _solver!.Source, 0, 1 / scale);
                status.Active[0] = false;
                return;
            }

            double wanted = 0.3 * (limits.Absolute + (limits.Relative * (bounds.Magnitude + status.Spread[0])));
            // Inexact steps by levels of aggregates go astray more often than they save: steps go by products.
            _solver.UsesLevels = false;
            int products = Solve(
                values, bounds, discount, Math.Max(forcing * bounds.Change, wanted), scale, status, transposed: false, ref wide,
                out bool stuck);
            _solver.UsesLevels = UsesLevels;
            if (stuck && _rescue.Value is PolicyFactors rescue)
            {
                SolveDirectly(rescue, Verb.Soft, values, reward, null, discount, limits with { Count = limits.Count - step - 1 }, status);
                return;
            }

            SweepOn(values, Backup(reward, discount), products, limits, status);
        }
    }

    /// <summary>Sweeps after a correction, as many as the products that it took pay for.</summary>
    private void SweepOn(CpuArray<T> values, BackupKernel<TLane, T> backup, int products, SweepLimits limits, SweepStatus status)
    {
        if (products < ProductsToSweepInPlace)
        {
            Iterate(values, backup, limits with { Count = products / (PassesToSweep * _solver!.ProductsInPass) }, status);
            return;
        }

        int pairs = Math.Min(products / ProductsToSweepInPlace, MaxSweepsInPlace / 2);
        SweepInPlace(values, backup, limits with { Count = 2 * pairs }, status);
    }

    internal override void Evaluate(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
    {
        CpuArray<T> values = Own<T>(v, ArrayKind.State);
        InexactSteps steps = new(discount, Transitions);
        if (FactorsFor(steps, limits.ByFactors) is PolicyFactors factors)
        {
            SolveDirectly(factors, Verb.Evaluate, values, reward, policy, discount, limits, status);
            return;
        }

        PrepareSolver();
        BackupKernel<TLane, T> kernel = ForCorrection(Backup(reward, discount, policy));
        double last = double.PositiveInfinity, scale = 1;
        bool wide = steps.IsLongerThan(StopRules.MaxNarrowHorizon);
        int end = status.Products[0] + limits.Count;
        bool idle = false;
        do
        {
            if (!status.Active[0]) return;
            kernel.From = values.Pointer;
            BlockBounds bounds = RunScaled(ref kernel, ref scale);
            Prepared(policy);
            double before = last;
            if (!Continue(bounds, limits, status, ref last)) return;
            // The shift alone may be the correction, which takes no products; where it gains little, too, float32 does not hold the change.
            if (idle && bounds.Change > 0.5 * before) return;
            double target = (wide ? StopRules.WideForcing : StopRules.NarrowForcing) * bounds.Change;
            idle = Solve(values, bounds, discount, target, scale, status, transposed: false, ref wide, out bool stuck) == 0;
            if (!stuck || _rescue.Value is not PolicyFactors rescue) continue;
            SolveDirectly(
                rescue, Verb.Evaluate, values, reward, policy, discount, limits with { Count = StopRules.MaxRefinements }, status);
            return;
        }
        while (status.Products[0] < end);
    }

    internal override void Adjoint(
        DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status)
    {
        CpuArray<T> values = Own<T>(y, ArrayKind.State);
        T* pi = RowArray(policy), b = StateArray(source);
        InexactSteps steps = new(discount, Transitions);
        if (FactorsFor(steps, limits.ByFactors) is PolicyFactors factors)
        {
            SolveDirectly(factors, Verb.Adjoint, values, source, policy, discount, limits, status);
            return;
        }

        PrepareSolver();
        if (!IsPrepared(policy))
        {
            // Only P_π is wanted of this pass: any rewards and values do.
            BackupKernel<TLane, T> kernel = ForCorrection(Backup(policy, discount, policy));
            kernel.From = values.Pointer;
            Run(ref kernel);
            Prepared(policy);
        }

        double last = double.PositiveInfinity, scale = 1;
        bool wide = steps.IsLongerThan(StopRules.MaxNarrowHorizon);
        int end = status.Products[0] + limits.Count;
        int relaxations = steps.Relaxations;
        do
        {
            if (!status.Active[0]) return;
            ScatterRows(null, pi, values.Pointer);
            BlockBounds bounds = Finish(b, values.Pointer, null, _solver!.Source, discount, scale);
            if (Rescales(bounds.Change, ref scale)) bounds = Finish(b, values.Pointer, null, _solver.Source, discount, scale);
            if (!Continue(bounds, limits, status, ref last)) return;
            double target = (wide ? StopRules.WideForcing : StopRules.NarrowForcing) * bounds.Change;
            if (Solve(values, bounds, discount, target, scale, status, transposed: true, ref wide, out bool stuck, relaxations) == 0)
                return;
            relaxations = 0;
            if (!stuck || _rescue.Value is not PolicyFactors rescue) continue;
            SolveDirectly(rescue, Verb.Adjoint, values, source, policy, discount, limits with { Count = StopRules.MaxRefinements }, status);
            return;
        }
        while (status.Products[0] < end);
    }

    /// <summary>Notes a residual; false where it is within the limits, cannot be made smaller, or is not a number.</summary>
    private static bool Continue(in BlockBounds bounds, SweepLimits limits, SweepStatus status, ref double last)
    {
        bool done = Report(bounds, limits, status);
        status.Sweeps[0]++;
        if (!double.IsFinite(bounds.Change)) return false;
        bool floor = bounds.Change > 0.5 * last
            && bounds.Change <= StopRules.CorrectedFloorUnits * Epsilon * (bounds.Magnitude + status.Spread[0]);
        last = bounds.Change;
        if (!done && !floor) return true;
        status.Active[0] = false;
        return false;
    }

    /// <summary>Whether changes of this size need another scale than they were written with, and which.</summary>
    private static bool Rescales(double change, ref double scale)
    {
        double written = change * scale;
        if (!double.IsFinite(change) || change == 0 || written is > 1 / LargestUnscaled and < LargestUnscaled) return false;
        scale = Math.ScaleB(1, Math.Clamp(-Math.ILogB(change), -MostScale, MostScale));
        return true;
    }

    private BlockBounds RunScaled(ref BackupKernel<TLane, T> kernel, ref double scale)
    {
        kernel.ChangeScale = T.CreateTruncating(scale);
        BlockBounds bounds = Run(ref kernel);
        if (!Rescales(bounds.Change, ref scale)) return bounds;
        kernel.ChangeScale = T.CreateTruncating(scale);
        return Run(ref kernel);
    }

    /// <summary>values += (I − γ P_π)⁻¹ of the change that stands, scaled, in the solver's source.</summary>
    /// <param name="values">Corrected.</param>
    /// <param name="bounds">Of the change.</param>
    /// <param name="discount">γ.</param>
    /// <param name="target">The residual wanted.</param>
    /// <param name="scale">What the source was multiplied by.</param>
    /// <param name="status">Whose products count.</param>
    /// <param name="transposed">Whether with the transpose.</param>
    /// <param name="wide">Whether with vectors of float64: from the first failure on.</param>
    /// <param name="stuck">Whether the solver left more than half of the change.</param>
    /// <param name="relaxations">See <see cref="CorrectionSolver{TNarrow, TWide}.Solve"/>.</param>
    /// <returns>Products taken.</returns>
    private int Solve(
        CpuArray<T> values, in BlockBounds bounds, double discount, double target, double scale, SweepStatus status, bool transposed,
        ref bool wide, out bool stuck, int relaxations = 0)
    {
        // The constant part of the change is an eigenvector where rows sum to one: taken out, float32 need not carry it.
        double centre = transposed || discount >= 1 || Options.OwnTransitions || !Transitions.RowsSumToOne
            ? 0
            : 0.5 * (bounds.Lowest + bounds.Highest);
        _solver!.Matrix.Discount = discount;
        _solver.Matrix.Transposed = transposed;
        (int products, double reached) = _solver.Solve(
            (float)(centre * scale), target * scale, relaxations, StopRules.MaxKrylovProducts, wide, Monitor, out float* correction);
        reached /= scale;
        wide |= !(reached <= target);
        stuck = !(reached <= Math.Max(target, 0.5 * bounds.Change));
        status.Products[0] += products;
        // A correction that leaves more than there was is none. The centre is a part of what there was: where it is nearly all,
        // the solve has nothing to do, and the shift is the correction.
        if (reached < bounds.Change) Correct(values, correction, centre == 0 ? 0 : centre / (1 - discount), 1 / scale);
        return products;
    }

    private void Correct(CpuArray<T> values, float* correction, double shift, double scale = 1)
    {
        CorrectKernel<TLane, T> kernel =
            new() { V = values.Pointer, Correction = correction, Shift = shift, Scale = scale, States = States };
        Team.Run(ref kernel, kernel.Blocks);
        values.Version++;
    }

    private BackupKernel<TLane, T> ForCorrection(BackupKernel<TLane, T> kernel)
    {
        kernel.Change = _solver!.Source;
        kernel.ChangeScale = T.One;
        kernel.Response = _solver.Matrix.Response;
        kernel.NarrowRows = _solver.Matrix.Policy;
        _solver.ForgetMatrix();
        return kernel;
    }

    private void PrepareSolver()
    {
        if (_solver is not null) return;
        _solver = new CorrectionSolver<TNarrow, TWide>(Transitions, _p, Layout.RowAction, Team) { UsesLevels = UsesLevels };
        _scratch.Dispose();
        _scratch = new NativeArray<TLane>(2L * (Actions + (_solver.Matrix.Response is null ? 0 : byte.MaxValue)) * Team.Size);
    }

    private void Prepared(DeviceArray policy)
    {
        _preparedPolicy = (CpuArray<T>)policy;
        _preparedVersion = _preparedPolicy.Version;
    }

    private bool IsPrepared(DeviceArray policy) => ReferenceEquals(_preparedPolicy, policy) && _preparedVersion == _preparedPolicy.Version;

    private void DisposeSolver()
    {
        _solver?.Dispose();
        _shaped?.Dispose();
        _draftScratch?.Dispose();
    }
}
