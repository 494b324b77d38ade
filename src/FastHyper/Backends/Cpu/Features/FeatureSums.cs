using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// Sums over states of features times numbers, Φᵀy or ΦᵀDy, by the kernel that fits how the features are stored. Blocks of states are as
/// many whatever the number of threads.
/// </summary>
internal sealed unsafe class FeatureSums<TWide, T>(ThreadTeam team) : IDisposable
    where TWide : unmanaged, ILane<TWide, double>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int LeastPositions = 1024;
    private const int MaxBlocks = 64;
    private const long MaxBytes = 64L << 20;
    private NativeArray<double>? _sums;
    private NativeArray<double>? _scratch;

    /// <summary>sums = Σ φ(s,a) rows(s,a), or Σ D(s,a) φ(s,a) rows(s,a).</summary>
    /// <param name="features">φ and D.</param>
    /// <param name="states">S.</param>
    /// <param name="rows">(S, A), by action.</param>
    /// <param name="rowAction">Distance between actions.</param>
    /// <param name="weighted">Whether D counts.</param>
    /// <param name="sums">(k), written.</param>
    public void Run(FeatureTable<T> features, int states, T* rows, long rowAction, bool weighted, Span<double> sums)
    {
        int actions = features.Source.Actions;
        if (features.IsDense && features.Source.IsPerAction)
        {
            int count = Reserve(
                states, SliceSumKernel<TWide, T>.Length(features), SliceSumKernel<TWide, T>.ScratchLength(actions), out int each);
            SliceSumKernel<TWide, T> slices = new()
            {
                Features = features,
                Slices = features.Slices(),
                Weighted = weighted,
                Rows = rows,
                RowAction = rowAction,
                States = states,
                PositionsInBlock = each,
                Sums = _sums!.Pointer,
                Scratch = _scratch!.Pointer,
            };
            team.Run(ref slices, count);
            SliceSumKernel<TWide, T>.Total(features, slices.Sums, count, sums);
            return;
        }

        int blocks = Reserve(
            states, FeatureSumKernel<TWide, T>.Length(features), FeatureSumKernel<TWide, T>.ScratchLength(actions), out int positions);
        FeatureSumKernel<TWide, T> kernel = new()
        {
            Features = features,
            Dense = features.IsDense ? features.Rows() : null,
            Weighted = weighted,
            Rows = rows,
            RowAction = rowAction,
            States = states,
            PositionsInBlock = positions,
            Sums = _sums!.Pointer,
            Scratch = _scratch!.Pointer,
        };
        team.Run(ref kernel, blocks);
        FeatureSumKernel<TWide, T>.Total(features, kernel.Sums, blocks, sums);
    }

    public void Dispose()
    {
        _sums?.Dispose();
        _scratch?.Dispose();
    }

    /// <summary>Memory for so many sums a block, and the blocks and the positions of each, which depend on the features alone.</summary>
    private int Reserve(int states, long length, long scratch, out int positions)
    {
        long wanted = Math.Clamp(Math.Min(states / LeastPositions, MaxBytes / (8 * length)), 1, MaxBlocks);
        int slices = (states + FeatureTable<T>.Height - 1) / FeatureTable<T>.Height;
        positions = (int)((slices + wanted - 1) / wanted) * FeatureTable<T>.Height;
        int blocks = (states + positions - 1) / positions;
        NativeArray<double>.Reserve(ref _sums, length * blocks);
        NativeArray<double>.Reserve(ref _scratch, scratch * team.Size);
        return blocks;
    }
}
