using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// Products with features of which groups of states have the same: once for each group, and from there to its states, or from its states
/// added up. A state then costs what is read and written of it, whatever the number of features.
/// </summary>
internal sealed unsafe class GroupedProducts<TLane, T, TWide> : IDisposable
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TWide : unmanaged, ILane<TWide, double>
{
    // Groups and positions go by whole slices.
    private const int Height = 16;
    private readonly ThreadTeam _team;
    private readonly int _states;
    private readonly int _actions;
    private readonly int _groups;
    private readonly long _padded;
    private readonly FeatureTable<T> _table;
    private readonly FeatureTable<double> _wideTable;
    private readonly NativeArray<int> _groupAt;
    private readonly NativeArray<double>? _weights;
    private readonly NativeArray<T> _w;
    private readonly NativeArray<T> _values;
    private readonly NativeArray<T> _rows;
    private readonly NativeArray<T> _scratch;
    private readonly NativeArray<double> _stateSums;
    private readonly NativeArray<double> _groupSums;
    private readonly FeatureSums<TWide, double> _sums;

    public GroupedProducts(ThreadTeam team, CpuLayout layout, FeatureRows features, FeatureGroups groups)
    {
        (_team, Source, _states, _actions, _groups) = (team, features, features.States, features.Actions, groups.Count);
        _padded = (_groups + Height - 1L) / Height * Height;
        _table = new FeatureTable<T>(groups.Rows, null);
        _wideTable = _table as FeatureTable<double> ?? new FeatureTable<double>(groups.Rows, null);
        _groupAt = new NativeArray<int>(layout.StateCapacity + Height);
        for (int s = 0; s < _states; s++) _groupAt.Pointer[layout.Position(s)] = groups.GroupOf[s];
        if (features.Weights is not null)
        {
            _weights = new NativeArray<double>((long)_states * _actions);
            for (int s = 0; s < _states; s++)
                features.Weights.AsSpan(s * _actions, _actions).CopyTo(
                    new Span<double>(_weights.Pointer + ((long)layout.Position(s) * _actions), _actions));
        }

        _w = new NativeArray<T>(FeatureProducts<TLane, T>.Length(_table));
        _values = new NativeArray<T>(_padded);
        _rows = new NativeArray<T>(_padded * _actions);
        _scratch = new NativeArray<T>(FeatureKernel<TLane, T>.ScratchLength(_actions) * team.Size);
        _stateSums = new NativeArray<double>(GroupSumKernel.Blocks(_states) * _padded * _actions);
        _groupSums = new NativeArray<double>(_padded * _actions);
        _sums = new FeatureSums<TWide, double>(team);
    }

    public FeatureRows Source { get; }

    /// <summary>Does what a kernel says, once for each group.</summary>
    public void Run(FeatureKernel<TLane, T> kernel, ReadOnlySpan<double> weights)
    {
        FeatureProducts<TLane, T>.LayOut(_table, weights, _w.Pointer);
        FeatureKernel<TLane, T> once = kernel with
        {
            Features = _table,
            Dense = FeatureProducts<TLane, T>.Dense(_table),
            W = _w.Pointer,
            Weighted = false,
            V = kernel.V is null ? null : _values.Pointer,
            Policy = kernel.Policy is null ? null : _rows.Pointer,
            Rows = kernel.Rows is null ? null : _rows.Pointer,
            RowAction = _padded,
            States = _groups,
            Scratch = _scratch.Pointer,
        };
        _team.Run(
            ref once, (_groups + FeatureKernel<TLane, T>.PositionsInBlock - 1) / FeatureKernel<TLane, T>.PositionsInBlock);
        SpreadKernel spread = new()
        {
            GroupAt = _groupAt.Pointer,
            Values = _values.Pointer,
            Rows = _rows.Pointer,
            RowAction = _padded,
            V = kernel.V,
            Target = kernel.Policy is null ? kernel.Rows : kernel.Policy,
            TargetAction = kernel.RowAction,
            Weights = kernel.Weighted && _weights is not null ? _weights.Pointer : null,
            States = _states,
            Actions = _actions,
        };
        _team.Run(ref spread, (_states + SpreadKernel.PositionsInBlock - 1) / SpreadKernel.PositionsInBlock);
    }

    /// <summary>sums = Σ φ(s,a) rows(s,a), or Σ D(s,a) φ(s,a) rows(s,a).</summary>
    public void Sum(T* rows, long rowAction, bool weighted, Span<double> sums)
    {
        int blocks = GroupSumKernel.Blocks(_states);
        long length = _padded * _actions;
        GroupSumKernel kernel = new()
        {
            GroupAt = _groupAt.Pointer,
            Rows = rows,
            RowAction = rowAction,
            Weights = weighted && _weights is not null ? _weights.Pointer : null,
            States = _states,
            Actions = _actions,
            PositionsInBlock = (_states + blocks - 1) / blocks,
            Padded = _padded,
            Sums = _stateSums.Pointer,
        };
        _team.Run(ref kernel, blocks);
        for (long at = 0; at < length; at++)
        {
            double sum = 0;
            for (int block = 0; block < blocks; block++) sum += _stateSums.Pointer[(block * length) + at];
            _groupSums.Pointer[at] = sum;
        }

        _sums.Run(_wideTable, _groups, _groupSums.Pointer, _padded, weighted: false, sums);
    }

    public void Dispose()
    {
        _table.Dispose();
        _wideTable.Dispose();
        _groupAt.Dispose();
        _weights?.Dispose();
        _w.Dispose();
        _values.Dispose();
        _rows.Dispose();
        _scratch.Dispose();
        _stateSums.Dispose();
        _groupSums.Dispose();
        _sums.Dispose();
    }

    /// <summary>From groups to their states.</summary>
    private struct SpreadKernel : IBlockKernel
    {
        public const int PositionsInBlock = 4096;
        public int* GroupAt;
        public T* Values;
        public T* Rows;
        public long RowAction;

        /// <summary>(S), written where it is not null.</summary>
        public T* V;

        /// <summary>(S, A), written where it is not null.</summary>
        public T* Target;
        public long TargetAction;

        /// <summary>D at p·A + a; null for one everywhere.</summary>
        public double* Weights;
        public int States;
        public int Actions;

        public readonly void Run(int block, int worker)
        {
            int first = block * PositionsInBlock, end = Math.Min(States, first + PositionsInBlock);
            if (V is not null) Spread(Values, V, first, end);
            if (Target is null) return;
            for (int a = 0; a < Actions; a++)
            {
                T* to = Target + (a * TargetAction);
                Spread(Rows + (a * RowAction), to, first, end);
                if (Weights is null) continue;
                for (int p = first; p < end; p++)
                    to[p] = T.CreateTruncating(Weights[((long)p * Actions) + a] * double.CreateTruncating(to[p]));
            }
        }

        private readonly void Spread(T* from, T* to, int first, int end)
        {
            int p = first;
            for (; p + TLane.Width <= end; p += TLane.Width) TLane.Store(to + p, TLane.Gather(from, GroupAt + p));
            for (; p < end; p++) to[p] = from[GroupAt[p]];
        }
    }

    /// <summary>From states to their groups, in float64: blocks of states have sums of their own.</summary>
    private struct GroupSumKernel : IBlockKernel
    {
        private const int LeastPositions = 4096;
        private const int MaxBlocks = 16;
        public int* GroupAt;
        public T* Rows;
        public long RowAction;
        public double* Weights;
        public int States;
        public int Actions;
        public int PositionsInBlock;
        public long Padded;

        /// <summary>(blocks, A, groups).</summary>
        public double* Sums;

        public static int Blocks(int states) => Math.Clamp(states / LeastPositions, 1, MaxBlocks);

        public readonly void Run(int block, int worker)
        {
            double* sums = Sums + (block * Padded * Actions);
            new Span<double>(sums, checked((int)(Padded * Actions))).Clear();
            int first = block * PositionsInBlock, end = (int)Math.Min(States, (long)first + PositionsInBlock);
            for (int a = 0; a < Actions; a++)
            {
                double* to = sums + (a * Padded);
                T* from = Rows + (a * RowAction);
                for (int p = first; p < end; p++)
                {
                    double value = double.CreateTruncating(from[p]);
                    if (Weights is not null) value *= Weights[((long)p * Actions) + a];
                    to[GroupAt[p]] += value;
                }
            }
        }
    }
}
