using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>Sweeps (Jacobi), which freeze each instance on the device when it has converged.</summary>
internal sealed partial class OpenClEngine
{
    // Sweeps between two looks of the host, first and at the most; what they do does not depend on it.
    private const int FirstLook = 8;
    private const int LargestLook = 32;

    private readonly VectorCache<double> _spread;
    private readonly SweepState _state;
    private readonly OpenClArray _next;
    private readonly DeviceMemory _bounds;
    private readonly DeviceMemory _reduced;
    private readonly int _chunks;
    private double[] _maxima = [];

    private enum Verb
    {
        Soft,
        Evaluate,
        Adjoint,
    }

    /// <summary>Parts that a sweep leaves bounds of: one a work-item, or a work-group where they are states of one instance.</summary>
    private int Parts => Instances > 1 ? _chunks : (_chunks + Context.GroupSize - 1) / Context.GroupSize;

    internal override int SweepsAtOnce => FirstLook;

    internal override void SoftSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        Sweep(Verb.Soft, v, Read(reward, ArrayKind.StateAction), null, discount, limits, status);

    internal override void EvaluationSweeps(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        Sweep(Verb.Evaluate, v, Read(reward, ArrayKind.StateAction), Read(policy, ArrayKind.StateAction), discount, limits, status);

    internal override void AdjointSweeps(
        DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status) =>
        Sweep(Verb.Adjoint, y, Read(source, ArrayKind.State), Read(policy, ArrayKind.StateAction), discount, limits, status);

    public override void TransposedProduct(DeviceArray c, double discount, DeviceArray target)
    {
        DeviceMemory rows = Read(c, ArrayKind.StateAction), to = Written(target, ArrayKind.State);
        Queue.Run(
            Transposed(to, to).With((DeviceMemory?)null).With(rows).With(0).With(discount).With((DeviceMemory?)null).With(_chunks)
                .With((DeviceMemory?)null).WithLocal(8),
            (long)_chunks * Instances);
    }

    private void Sweep(
        Verb verb, DeviceArray array, DeviceMemory given, DeviceMemory? policy, double discount, SweepLimits limits, SweepStatus status)
    {
        OpenClArray values = Checked(array, ArrayKind.State);
        if (limits.Count <= 0 || !status.AnyActive) return;
        DeviceMemory spread = _spread.Set(status.Spread);
        _state.Begin(status);
        Iterate(verb, values, given, policy, discount, limits, spread);
        _state.End(status);
    }

    /// <summary>Sweeps of the instances that <see cref="_state"/> says iterate.</summary>
    private void Iterate(
        Verb verb, OpenClArray values, DeviceMemory given, DeviceMemory? policy, double discount, SweepLimits limits, DeviceMemory spread)
    {
        int look = FirstLook;
        for (int sweep = 1; sweep <= limits.Count; sweep++)
        {
            SweepToNext(verb, values, given, policy, discount, limits, spread);
            values.Swap(_next);
            if (sweep != look) continue;
            if (sweep < limits.Count && !_state.GoesOn()) break;
            look += Math.Min(look, LargestLook);
        }
    }

    /// <summary>One sweep, whose values stand in <see cref="_next"/> then.</summary>
    private void SweepToNext(
        Verb verb, OpenClArray values, DeviceMemory given, DeviceMemory? policy, double discount, SweepLimits limits, DeviceMemory spread)
    {
        OpenClKernel kernel = verb switch
        {
            Verb.Soft => Backup(SoftSweep, values.Memory, _next.Memory, given, Temperatures, discount, _state.Memory),
            Verb.Evaluate =>
                Backup(WithModel("sweeps", "evaluation_sweep"), values.Memory, _next.Memory, given, policy!, discount, _state.Memory),
            _ => Transposed(values.Memory, _next.Memory).With(given).With(policy).With(1).With(discount).With(_state.Memory).With(_chunks)
                .With(_bounds).WithLocal(24L * Context.GroupSize),
        };
        Queue.Run(kernel, (long)_chunks * Instances);
        FinishSweep(Parts, _state.Memory, spread, limits.Absolute, limits.Relative);
    }

    private OpenClKernel SoftSweep => WithModel("sweeps", "soft_sweep").With(Shares);

    private OpenClKernel Backup(
        OpenClKernel kernel, DeviceMemory from, DeviceMemory to, DeviceMemory reward, DeviceMemory weights, double discount,
        DeviceMemory status) =>
        kernel.With(from).With(to).With(reward).With(weights).With(discount).With(status).With(_chunks).With(_bounds).WithLocal(
            24L * Context.GroupSize);

    private OpenClKernel Transposed(DeviceMemory from, DeviceMemory to) =>
        WithIncoming(Kernel("sweeps", "adjoint_sweep").With(States).With(Instances)).With(from).With(to);

    /// <summary>The transitions by where they lead, as the next arguments: INCOMING of <c>kernels/common.cl</c>.</summary>
    private OpenClKernel WithIncoming(OpenClKernel kernel)
    {
        OpenClTransitions.Incoming incoming = _model.Transpose;
        return kernel.With(incoming.Offsets).With(incoming.Sources).With(incoming.Flows).With(incoming.Entries).With(
            _probabilities?.Memory);
    }

    private void FinishSweep(int parts, DeviceMemory? status, DeviceMemory? spread, double absolute, double relative) => Queue.RunGroups(
        Kernel("sweeps", "finish_sweep").With(parts).With(Instances).With(_bounds).With(_reduced).With(status).With(spread).With(absolute)
            .With(relative).WithLocal(24L * Context.GroupSize),
        Instances);

    /// <summary>The three maxima of each instance, after those of its parts: (3, instances).</summary>
    private ReadOnlySpan<double> Maxima(int parts)
    {
        FinishSweep(parts, null, null, 0, 0);
        if (_maxima.Length == 0) _maxima = new double[3 * Instances];
        Queue.Read<double>(_reduced, 0, _maxima);
        return _maxima;
    }
}
