using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Factorisations;

namespace FastHyper.Backends.Cpu.ManySmallMdps;

internal sealed unsafe partial class InstanceLanesEngine<TLane, T>
{
    private readonly Lazy<DirectSolver?> _direct;

    /// <inheritdoc/>
    internal override bool SolvesDirectly => _direct.Value is not null;

    internal override void PolicyIteration(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
    {
        if (SolvesDirectly)
            Solve(new DirectKernel { Verb = Verb.Soft, Values = StateArray(v), Reward = RowArray(reward) }, discount, limits, status);
        else SolveEach(Verb.Soft, v, reward, null, discount, limits, status);
    }

    internal override void Evaluate(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
    {
        if (SolvesDirectly)
            Solve(
                new DirectKernel { Verb = Verb.Evaluate, Values = StateArray(v), Reward = RowArray(reward), Policy = RowArray(policy) },
                discount, limits, status);
        else SolveEach(Verb.Evaluate, v, reward, policy, discount, limits, status);
    }

    internal override void Adjoint(
        DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status)
    {
        if (!SolvesDirectly)
        {
            SolveEach(Verb.Adjoint, y, source, policy, discount, limits, status);
            return;
        }

        PrepareIncoming();
        Solve(
            new DirectKernel { Verb = Verb.Adjoint, Values = StateArray(y), Reward = StateArray(source), Policy = RowArray(policy) },
            discount, limits, status);
    }

    private DirectSolver? CreateDirect() =>
        SymbolicFactorisation.TryCreate(
            Transitions.Matrix, Actions, FactorisationBudget.ForInstances(Transitions.Matrix)) is SymbolicFactorisation symbolic
            ? new DirectSolver(symbolic, this)
            : null;

    private void Solve(DirectKernel kernel, double discount, SweepLimits limits, SweepStatus status)
    {
        kernel.Engine = this;
        kernel.Direct = _direct.Value!;
        kernel.Discount = discount;
        kernel.Limits = limits;
        kernel.Status = status;
        Team.Run(ref kernel, Groups);
    }

    /// <summary>What direct solves keep between calls: the structure of the factors, and each worker's scratch.</summary>
    private sealed class DirectSolver : IDisposable
    {
        private readonly NativeArray<TLane> _scratch;
        private readonly NativeArray<T> _termValues;
        private readonly NativeArray<T>? _rowDeficits;
        private readonly long _length;

        public DirectSolver(SymbolicFactorisation symbolic, InstanceLanesEngine<TLane, T> engine)
        {
            Symbolic = symbolic;
            _length = symbolic.EntryCount + (3L * engine.States) + ((long)engine.States * engine.Actions);
            _scratch = new NativeArray<TLane>(_length * engine.Team.Size);
            _termValues = new NativeArray<T>(symbolic.TermCount);
            for (int k = 0; k < symbolic.TermCount; k++) _termValues.Pointer[k] = engine._values.Pointer[symbolic.TermEntries[k]];
            if (symbolic.RowDeficits.Length == 0) return;
            _rowDeficits = new NativeArray<T>(symbolic.RowDeficits.Length);
            for (int row = 0; row < symbolic.RowDeficits.Length; row++)
                _rowDeficits.Pointer[row] = T.CreateTruncating(symbolic.RowDeficits[row]);
        }

        public SymbolicFactorisation Symbolic { get; }

        /// <summary>Shared probability of each term.</summary>
        public T* TermValues => _termValues.Pointer;

        /// <summary>What shared rows fall short of one by; null where none does.</summary>
        public T* RowDeficits => _rowDeficits is null ? null : _rowDeficits.Pointer;

        /// <summary>A worker's factors, deficits (S), changes (S), step (S) and policy (S·A), one after the other.</summary>
        public TLane* Scratch(int worker) => _scratch.Pointer + (worker * _length);

        public void Dispose()
        {
            Symbolic.Dispose();
            _scratch.Dispose();
            _termValues.Dispose();
            _rowDeficits?.Dispose();
        }
    }
}
