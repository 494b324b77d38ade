using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Responses;

namespace FastHyper.Backends.Cpu.States;

internal sealed unsafe partial class StateLanesEngine<TLane, T, TNarrow, TWide>
{
    private const double LinearForcing = 0.03;

    // Float32 vectors, whose rounding a solve amplifies by the horizon, do not reach the residuals that a longer one asks for.
    private const double LongestNarrowHorizon = 3000;
    private const double WideLinearForcing = 1e-5;
    private const int MaximalProducts = 8000;

    // A sweep after a correction moves the edges of the regions that differ in policy by a cell, for the price of three or
    // four passes of the linear solver: of as many as the correction took, a tenth.
    private const int PassesToSweep = 32;

    // Steps without half the residual after which policy iteration sweeps for a while.
    private const int StepsOfPatience = 14;
    private const int SweepsOfRescue = 20;
    private CorrectionSolver<TNarrow, TWide>? _solver;
    private CpuArray<T>? _preparedPolicy;
    private int _preparedVersion;

    /// <summary>Bytes of P_π and of the vectors that the solvers work with.</summary>
    public long SolverBytes =>
        (_solver?.Bytes ?? 0) + (_scatter?.Bytes ?? 0) + ((_shaped?.Length ?? 0) * sizeof(float)) + ((_draftScratch?.Length ?? 0) * sizeof(TNarrow));

    public override void PolicyIteration(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
    {
        PrepareSolver();
        _preparedPolicy = null;
        CpuArray<T> values = Own<T>(v, ArrayKind.State);
        BackupKernel<TLane, T> kernel = ForCorrection(Backup(reward, discount));
        InexactSteps steps = new(discount, Transitions);
        double loose = steps.Forcing, tight = steps.TighterForcing;
        bool wide = steps.IsLongerThan(LongestNarrowHorizon);
        double best = double.PositiveInfinity, last = best;
        int sinceBest = 0;
        for (int step = 0; step < limits.Count && status.Active[0]; step++)
        {
            kernel.From = values.Pointer;
            BlockBounds bounds = Run(ref kernel);
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
            else if (++sinceBest == StepsOfPatience)
            {
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
                Correct(values, _solver!.Source, 0);
                status.Active[0] = false;
                return;
            }

            double wanted = 0.3 * (limits.Absolute + (limits.Relative * (bounds.Magnitude + status.Spread[0])));
            int products = Solve(values, bounds, discount, Math.Max(forcing * bounds.Change, wanted), status, transposed: false, ref wide);
            Iterate(values, Backup(reward, discount), limits with { Count = products / (PassesToSweep * _solver!.ProductsInPass) }, status);
        }
    }

    public override void Evaluate(DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
    {
        CpuArray<T> values = Own<T>(v, ArrayKind.State);
        PrepareSolver();
        BackupKernel<TLane, T> kernel = ForCorrection(Backup(reward, discount, policy));
        double last = double.PositiveInfinity;
        InexactSteps steps = new(discount, Transitions);
        bool wide = steps.IsLongerThan(LongestNarrowHorizon);
        int end = status.Products[0] + limits.Count;
        bool idle = false;
        do
        {
            if (!status.Active[0]) return;
            kernel.From = values.Pointer;
            BlockBounds bounds = Run(ref kernel);
            Prepared(policy);
            double before = last;
            if (!Continue(bounds, limits, status, ref last)) return;
            // The shift alone may be the correction, which takes no products; where it gains little, too, float32 does not hold the change.
            if (idle && bounds.Change > 0.5 * before) return;
            idle = Solve(values, bounds, discount, (wide ? WideLinearForcing : LinearForcing) * bounds.Change, status, transposed: false, ref wide) == 0;
        }
        while (status.Products[0] < end);
    }

    public override void Adjoint(DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status)
    {
        CpuArray<T> values = Own<T>(y, ArrayKind.State);
        T* pi = RowArray(policy), b = StateArray(source);
        PrepareSolver();
        if (!IsPrepared(policy))
        {
            // Only P_π is wanted of this pass: any rewards and values do.
            BackupKernel<TLane, T> kernel = ForCorrection(Backup(policy, discount, policy));
            kernel.From = values.Pointer;
            Run(ref kernel);
            Prepared(policy);
        }

        double last = double.PositiveInfinity;
        InexactSteps steps = new(discount, Transitions);
        bool wide = steps.IsLongerThan(LongestNarrowHorizon);
        int end = status.Products[0] + limits.Count;
        int relaxations = steps.Relaxations;
        do
        {
            if (!status.Active[0]) return;
            ScatterRows(null, pi, values.Pointer);
            BlockBounds bounds = Finish(b, values.Pointer, null, _solver!.Source, discount);
            if (!Continue(bounds, limits, status, ref last)) return;
            if (Solve(values, bounds, discount, (wide ? WideLinearForcing : LinearForcing) * bounds.Change, status, transposed: true, ref wide, relaxations) == 0) return;
            relaxations = 0;
        }
        while (status.Products[0] < end);
    }

    /// <summary>Notes a residual; false where it is within the limits, cannot be made smaller, or is not a number.</summary>
    private static bool Continue(in BlockBounds bounds, SweepLimits limits, SweepStatus status, ref double last)
    {
        const double unitsInTheLastPlace = 64;
        bool done = Report(bounds, limits, status);
        status.Sweeps[0]++;
        if (!double.IsFinite(bounds.Change)) return false;
        double epsilon = sizeof(T) == sizeof(double) ? 2.2204460492503131e-16 : 1.1920929e-07;
        bool floor = bounds.Change > 0.5 * last && bounds.Change <= unitsInTheLastPlace * epsilon * (bounds.Magnitude + status.Spread[0]);
        last = bounds.Change;
        if (!done && !floor) return true;
        status.Active[0] = false;
        return false;
    }

    /// <summary>values += (I − γ P_π)⁻¹ of the change that stands in the solver's source.</summary>
    /// <returns>Products taken: none where the change is beyond what float32 holds.</returns>
    private int Solve(CpuArray<T> values, in BlockBounds bounds, double discount, double target, SweepStatus status, bool transposed, ref bool wide, int relaxations = 0)
    {
        // The constant part of the change is an eigenvector where rows sum to one: taken out, float32 need not carry it.
        double centre = transposed || discount >= 1 || Options.OwnTransitions || !Transitions.RowsSumToOne ? 0 : 0.5 * (bounds.Lowest + bounds.Highest);
        _solver!.Matrix.Discount = discount;
        _solver.Matrix.Transposed = transposed;
        (int products, double reached) = _solver.Solve((float)centre, target, relaxations, MaximalProducts, wide, out float* correction);
        wide |= !(reached <= target);
        status.Products[0] += products;
        // A correction that leaves more than there was is none. The centre is a part of what there was: where it is nearly all,
        // the solve has nothing to do, and the shift is the correction.
        if (reached < bounds.Change) Correct(values, correction, centre == 0 ? 0 : centre / (1 - discount));
        return products;
    }

    private void Correct(CpuArray<T> values, float* correction, double shift)
    {
        CorrectKernel<TLane, T> kernel = new() { V = values.Pointer, Correction = correction, Shift = shift, States = States };
        Team.Run(ref kernel, kernel.Blocks);
        values.Version++;
    }

    private BackupKernel<TLane, T> ForCorrection(BackupKernel<TLane, T> kernel)
    {
        kernel.Change = _solver!.Source;
        kernel.Response = _solver.Matrix.Response;
        kernel.NarrowRows = _solver.Matrix.Policy;
        _solver.Matrix.ForgetTranspose();
        return kernel;
    }

    private void PrepareSolver()
    {
        if (_solver is not null) return;
        _solver = new CorrectionSolver<TNarrow, TWide>(Transitions, _p, Layout.RowAction, Team);
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
