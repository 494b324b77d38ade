using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Instances;

internal sealed unsafe partial class InstanceLanesEngine<TLane, T>
{
    private readonly Func<EngineOptions, CpuEngine<T>> _overStates;
    private SolverOfOne? _solver;

    /// <summary>
    /// Solves where factors would cost more than they save: one instance after the other, by an engine whose lanes are states.
    /// Lanes over instances would save little of a product: each has a policy, and so a P_π and vectors, of its own, and only
    /// the columns are shared. Over states P_π and most vectors are in float32, several products pass over them at once, all
    /// threads work on one instance, and none waits for its neighbours. What that costs is a copy of r or π, once a solve.
    /// </summary>
    private void SolveEach(Verb verb, DeviceArray values, DeviceArray given, DeviceArray? policy, double discount, SweepLimits limits, SweepStatus status)
    {
        if (!status.AnyActive) return;
        _solver ??= new SolverOfOne(this);
        for (int i = 0; i < Instances; i++)
            if (status.Active[i]) _solver.Solve(verb, i, values, given, policy, discount, limits, status);
    }

    /// <summary>An engine for one of the instances at a time, and its arrays.</summary>
    private sealed class SolverOfOne : IDisposable
    {
        private readonly InstanceLanesEngine<TLane, T> _all;
        private readonly CpuEngine<T> _one;
        private readonly SweepStatus _status = new(1);
        private readonly double[] _entries;
        private readonly DeviceArray _values;
        private DeviceArray? _source;
        private DeviceArray? _reward;
        private DeviceArray? _policy;

        public SolverOfOne(InstanceLanesEngine<TLane, T> all)
        {
            _all = all;
            _one = all._overStates(all.Options with { Leaders = 1, InstancesPerLeader = 1, Layout = EngineLayout.States });
            _entries = all.OwnProbabilities is null ? [] : new double[all.Transitions.EntryCount];
            _values = _one.Allocate(ArrayKind.State);
        }

        public void Solve(Verb verb, int instance, DeviceArray values, DeviceArray given, DeviceArray? policy, double discount, SweepLimits limits, SweepStatus status)
        {
            _all.GiveModel(instance, _one, _entries);
            _all.Give(values, instance, _one, _values);
            if (verb == Verb.Adjoint) _all.Give(given, instance, _one, _source ??= _one.Allocate(ArrayKind.State));
            else _all.Give(given, instance, _one, _reward ??= _one.Allocate(ArrayKind.StateAction));
            if (policy is not null) _all.Give(policy, instance, _one, _policy ??= _one.Allocate(ArrayKind.StateAction));
            _status.Begin();
            _status.Sweeps[0] = status.Sweeps[instance];
            _status.Products[0] = status.Products[instance];
            _status.Spread[0] = status.Spread[instance];
            switch (verb)
            {
                case Verb.Soft: _one.PolicyIteration(_values, _reward!, discount, limits, _status); break;
                case Verb.Evaluate: _one.Evaluate(_values, _policy!, _reward!, discount, limits, _status); break;
                default: _one.Adjoint(_values, _policy!, _source!, discount, limits, _status); break;
            }

            // The smallest and largest change stay unknown: sweeps over lanes of instances, which may follow, tell none.
            status.Active[instance] = _status.Active[0];
            status.Sweeps[instance] = _status.Sweeps[0];
            status.Products[instance] = _status.Products[0];
            status.Change[instance] = _status.Change[0];
            status.Magnitude[instance] = _status.Magnitude[0];
            _all.Take(values, instance, _one, _values);
        }

        public void Dispose() => _one.Dispose();
    }
}
