using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.ManySmallMdps;

internal sealed unsafe partial class InstanceLanesEngine<TLane, T>
{
    // A solver keeps some 200 bytes a state. Those of several threads that do not fit in the caches wait for the same memory.
    private const int MostStatesApart = 1 << 16;

    // With fewer instances than this part of the threads, all of them are faster on one instance.
    private const int LeastShareOfThreads = 4;
    private readonly Func<EngineOptions, ThreadTeam, CpuEngine<T>> _overStates;
    private readonly Lock _creating = new();
    private SolverOfOne[]? _solvers;

    /// <summary>
    /// Solves where factors would cost more than they save: one instance after the other, by an engine whose lanes are states.
    /// Lanes over instances would save little of a product: each has a policy, and so a P_π and vectors, of its own, and only
    /// the columns are shared. Over states P_π and most vectors are in float32, several products pass over them at once, and no
    /// instance waits for its neighbours. What that costs is a copy of r or π, once a solve. Each thread has instances of its
    /// own where its solver may stay in its caches, and where there are enough of them; else all work on one. That shows in no bit.
    /// </summary>
    private void SolveEach(
        Verb verb, DeviceArray values, DeviceArray given, DeviceArray? policy, double discount, SweepLimits limits, SweepStatus status)
    {
        if (!status.AnyActive) return;
        _solvers ??= CreateSolvers();
        EachKernel kernel =
            new()
            {
                Solvers = _solvers,
                Verb = verb,
                Values = values,
                Given = given,
                Policy = policy,
                Discount = discount,
                Limits = limits,
                Status = status,
            };
        if (_solvers.Length > 1) Team.Run(ref kernel, Instances);
        else for (int i = 0; i < Instances; i++) kernel.Run(i, 0);
    }

    private SolverOfOne[] CreateSolvers()
    {
        bool apart = Team.Size > 1 && Instances > 1 && Instances >= Team.Size / LeastShareOfThreads && States <= MostStatesApart;
        SolverOfOne[] solvers = new SolverOfOne[apart ? Team.Size : 1];
        for (int i = 0; i < solvers.Length; i++) solvers[i] = new SolverOfOne(this, apart ? new ThreadTeam(1) : null);
        return solvers;
    }

    private void DisposeSolvers()
    {
        foreach (SolverOfOne solver in _solvers ?? []) solver.Dispose();
    }

    /// <summary>A solve of each active instance, by the solver of the thread that does it.</summary>
    private struct EachKernel : IBlockKernel
    {
        public SolverOfOne[] Solvers;
        public Verb Verb;
        public DeviceArray Values;
        public DeviceArray Given;
        public DeviceArray? Policy;
        public double Discount;
        public SweepLimits Limits;
        public SweepStatus Status;

        public readonly void Run(int block, int worker)
        {
            if (Status.Active[block]) Solvers[worker].Solve(block, this);
        }
    }

    /// <summary>An engine for one of the instances at a time, and its arrays; made when they are first wanted.</summary>
    private sealed class SolverOfOne(InstanceLanesEngine<TLane, T> all, ThreadTeam? team) : IDisposable
    {
        private readonly SweepStatus _status = new(1);
        private readonly double[] _entries = all.OwnProbabilities is null ? [] : new double[all.Transitions.EntryCount];
        private CpuEngine<T>? _one;
        private DeviceArray _values = null!;
        private DeviceArray? _source;
        private DeviceArray? _reward;
        private DeviceArray? _policy;

        public void Solve(int instance, in EachKernel solve)
        {
            CpuEngine<T> one = _one ?? Create();
            // Threads of their own are stopped; the one that all work for tells, too.
            if (team is null) one.Monitor = all.Monitor;
            else if (one.Monitor.Cancellation != all.Monitor.Cancellation) one.Monitor = new WorkMonitor(all.Monitor.Cancellation);
            all.GiveModel(instance, one, _entries);
            all.Give(solve.Values, instance, one, _values);
            if (solve.Verb == Verb.Adjoint) all.Give(solve.Given, instance, one, _source ??= one.Allocate(ArrayKind.State));
            else all.Give(solve.Given, instance, one, _reward ??= one.Allocate(ArrayKind.StateAction));
            if (solve.Policy is not null) all.Give(solve.Policy, instance, one, _policy ??= one.Allocate(ArrayKind.StateAction));
            SweepStatus status = solve.Status;
            _status.Begin();
            _status.Sweeps[0] = status.Sweeps[instance];
            _status.Products[0] = status.Products[instance];
            _status.Spread[0] = status.Spread[instance];
            switch (solve.Verb)
            {
                case Verb.Soft: one.PolicyIteration(_values, _reward!, solve.Discount, solve.Limits, _status); break;
                case Verb.Evaluate: one.Evaluate(_values, _policy!, _reward!, solve.Discount, solve.Limits, _status); break;
                default: one.Adjoint(_values, _policy!, _source!, solve.Discount, solve.Limits, _status); break;
            }

            // The smallest and largest change stay unknown: sweeps over lanes of instances, which may follow, tell none.
            status.Active[instance] = _status.Active[0];
            status.Sweeps[instance] = _status.Sweeps[0];
            status.Products[instance] = _status.Products[0];
            status.Change[instance] = _status.Change[0];
            status.Magnitude[instance] = _status.Magnitude[0];
            all.Take(solve.Values, instance, one, _values);
        }

        public void Dispose()
        {
            _one?.Dispose();
            team?.Dispose();
        }

        private CpuEngine<T> Create()
        {
            // One thread at a time: what the first lays out, the others share.
            lock (all._creating)
            {
                CpuEngine<T> one = all._overStates(
                    all.Options with { Leaders = 1, InstancesPerLeader = 1, Layout = EngineLayout.States }, team ?? all.Team);
                _values = one.Allocate(ArrayKind.State);
                return _one = one;
            }
        }
    }
}
