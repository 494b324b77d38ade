using System.Numerics;
using System.Runtime.InteropServices;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>Products with the transpose of a matrix that is stored once, by rows; see <see cref="ScatterKernel{TLane, T}"/>.</summary>
internal sealed unsafe class Scatter<TLane, T> : IDisposable
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Long enough to keep starts cheap; a share of the chunks for each of many threads.
    private const int ShortestChunk = 256;
    private const int FewestChunks = 16;
    private const int Parts = 4;
    private readonly SlicedMatrix _matrix;
    private readonly ThreadTeam _team;
    private readonly long _capacity;
    private readonly int _slicesInChunk;
    private readonly NativeArray<T>? _parts;

    public Scatter(SlicedMatrix matrix, ThreadTeam team)
    {
        _matrix = matrix;
        _team = team;
        _capacity = (long)matrix.Slices * SlicedMatrix.Height;
        _slicesInChunk = Math.Max(
            ShortestChunk, (int)Math.Min(matrix.Slices, ((2L * matrix.Bandwidth) + SlicedMatrix.Height - 1) / SlicedMatrix.Height));
        Banded = (long)_slicesInChunk * FewestChunks <= matrix.Slices;
        if (Banded) return;
        _slicesInChunk = Math.Max(1, (matrix.Slices + Parts - 1) / Parts);
        _parts = new NativeArray<T>(_capacity * Chunks);
    }

    /// <summary>Whether chunks share one target; else parts have targets of their own.</summary>
    public bool Banded { get; }

    public long Bytes => _parts is null ? 0 : _parts.Length * sizeof(T);

    private int Chunks => (_matrix.Slices + _slicesInChunk - 1) / _slicesInChunk;

    /// <summary>
    /// target = Pᵀ z, with z from <paramref name="rows"/>, or from <paramref name="values"/> times the policy where one is given.
    /// </summary>
    public void Run(T* rows, T* policy, T* values, long rowAction, T* target)
    {
        ScatterKernel<TLane, T> kernel = new()
        {
            Matrix = _matrix,
            SlicesInChunk = _slicesInChunk,
            RowAction = rowAction,
            Rows = rows,
            Policy = policy,
            Values = values,
            Target = target,
            ChunkStep = 1,
        };
        if (_parts is null)
        {
            NativeMemory.Clear(target, (nuint)(_capacity * sizeof(T)));
            kernel.ChunkStep = 2;
            _team.Run(ref kernel, (Chunks + 1) / 2);
            kernel.FirstChunk = 1;
            _team.Run(ref kernel, Chunks / 2);
            return;
        }

        NativeMemory.Clear(_parts.Pointer, (nuint)(_parts.Length * sizeof(T)));
        kernel.Target = _parts.Pointer;
        kernel.TargetStep = _capacity;
        _team.Run(ref kernel, Chunks);
        GatherPartsKernel<TLane, T> gather = new() { Parts = _parts.Pointer, Count = Chunks, Length = _capacity, Target = target };
        _team.Run(
            ref gather, (int)((_capacity + GatherPartsKernel<TLane, T>.LengthInBlock - 1) / GatherPartsKernel<TLane, T>.LengthInBlock));
    }

    public void Dispose() => _parts?.Dispose();
}
