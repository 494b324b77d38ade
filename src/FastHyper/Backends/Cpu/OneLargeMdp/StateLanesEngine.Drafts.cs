using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Krylov;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

internal sealed unsafe partial class StateLanesEngine<TLane, T, TNarrow, TWide>
{
    // Changes below this part of the values are what float32 makes of sums: a sweep that is to come to that is as well done in
    // float64, which then shrinks them further. A draft that shrinks by less a sweep than the slowest is left to other methods.
    private const double DraftFloor = 2e-7;
    private const double SlowestDraft = 0.7;
    private const int SweepsOfTrial = 4;

    // Transitions that a cache holds are as fast in float64.
    private const long SmallestDraft = 1 << 21;
    private NativeArray<float>? _shaped;
    private NativeArray<TNarrow>? _draftScratch;

    // Drafts are without a leader: its policy is kept in the precision of the engine alone.
    internal override double DraftSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
    {
        if (LeaderActions > 0 || sizeof(T) == sizeof(float) || !status.Active[0] || _p.Bytes < SmallestDraft
            || limits.Count < SweepsOfTrial) return double.NaN;
        PrepareSolver();
        _preparedPolicy = null;
        float* shaped = _solver!.Matrix.Borrow(Layout.RowCapacity);
        if (shaped is null) shaped = (_shaped ??= new NativeArray<float>(Layout.RowCapacity)).Pointer;
        _draftScratch ??= new NativeArray<TNarrow>(2L * Actions * Team.Size);
        CpuArray<T> values = Own<T>(v, ArrayKind.State);
        Shape(values, reward, discount, shaped, status);

        float* from = _solver.Scratch;
        float* to = _solver.Source;
        System.Runtime.InteropServices.NativeMemory.Clear(from, (nuint)(Layout.StateCapacity * sizeof(float)));
        BackupKernel<TNarrow, float> sweep = new()
        {
            P = _p,
            SlicesInBlock = _slicesInBlock,
            States = States,
            RowAction = Layout.RowAction,
            Discount = (float)discount,
            Temperature = float.CreateTruncating(*Temperatures),
            InverseTemperature = (float)HardMaximum.Inverse(Temperature(0), Precision.F32),
            Scratch = _draftScratch.Pointer,
            ScratchLength = 2L * Actions,
            Bounds = _bounds.Pointer,
            Reward = shaped,
        };
        if (!float.IsFinite(sweep.InverseTemperature)) return double.NaN;
        bool shifts = discount < 1 && !Options.OwnTransitions && Transitions.RowsSumToOne;
        double span = double.PositiveInfinity, middle = 0, ratio = double.NaN;
        double* spans = stackalloc double[SweepsOfTrial];
        for (int done = 0; done < limits.Count - 1; done++)
        {
            sweep.From = from;
            sweep.To = to;
            sweep.Shift = (float)middle;
            Team.Run(ref sweep, sweep.Blocks);
            BlockBounds bounds = Total(sweep.Blocks);
            if (!double.IsFinite(bounds.Change)) return double.NaN;
            status.Sweeps[0]++;
            status.Lowest[0] = bounds.Lowest;
            status.Highest[0] = bounds.Highest;
            status.Change[0] = bounds.Change;
            float* written = to;
            to = from;
            from = written;
            double last = span;
            span = shifts ? bounds.Highest - bounds.Lowest : bounds.Change;
            // T(v + c) = Tv + γc: what the next sweep takes off is what this one would have added to all states alike.
            // The first time that brings the level of V itself to zero, too: small numbers have small rounding.
            if (shifts) middle += (done == 0 ? 1 : 0.5) * (bounds.Lowest + bounds.Highest);
            // The mean over a few sweeps: single ones near the floor are chance.
            int sweeps = Math.Min(done, SweepsOfTrial);
            if (sweeps > 0) ratio = Math.Pow(span / spans[(done - sweeps) % SweepsOfTrial], 1.0 / sweeps);
            spans[done % SweepsOfTrial] = span;
            if (span <= limits.Absolute || (done > SweepsOfTrial && span > SlowestDraft * last)) break;
            if (span * ratio <= DraftFloor * (bounds.Magnitude + status.Spread[0])) break;
        }

        Correct(values, from, shifts ? middle / (1 - discount) : 0);
        return ratio;
    }

    /// <summary>r + γ P V − V in float32, which is r where V is zero.</summary>
    private void Shape(CpuArray<T> values, DeviceArray reward, double discount, float* shaped, SweepStatus status)
    {
        if (!new ReadOnlySpan<T>(values.Pointer, States).ContainsAnyExcept(T.Zero))
        {
            RoundKernel<TLane, T> round = new() { From = RowArray(reward), To = shaped, Length = Layout.RowCapacity };
            Team.Run(ref round, round.Blocks);
            return;
        }

        BackupKernel<TLane, T> shape = Backup(reward, discount);
        shape.From = values.Pointer;
        shape.Output = MapOutput.Shaped;
        shape.NarrowRows = shaped;
        Team.Run(ref shape, shape.Blocks);
        status.Sweeps[0]++;
    }
}
