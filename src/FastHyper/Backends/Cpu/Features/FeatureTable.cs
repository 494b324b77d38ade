using System.Numerics;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// Features as the kernels read them: in the precision and in the order of states of an engine. A stored row is that of the state at
/// position p, or of its action a at p·A + a. Dense ones stand in rows, in slices, or in both, as kernels ask: 8 bytes a number; sparse
/// ones take 12.
/// </summary>
internal sealed unsafe class FeatureTable<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Rows of a slice.</summary>
    public const int Height = 16;

    private readonly int[] _states;
    private readonly int _members;
    private readonly NativeArray<T>? _values;
    private readonly NativeArray<int>? _columns;
    private readonly NativeArray<long>? _offsets;
    private readonly NativeArray<double>? _weights;
    private NativeArray<T>? _rows;
    private NativeArray<T>? _slices;

    public FeatureTable(FeatureRows rows, int[]? positions)
    {
        Source = rows;
        _members = rows.IsPerAction ? 1 : rows.Actions;
        Padded = (rows.Width + LineLength - 1) / LineLength * LineLength;
        SliceWidth = (rows.Width + 3) / 4 * 4;
        if (SliceWidth * Height * sizeof(T) % 4096 == 0) SliceWidth += 4;
        _states = StatesInOrder(rows.States, positions);
        if (rows.Sparse is SparseMatrix sparse)
        {
            _values = new NativeArray<T>(sparse.EntryCount);
            _columns = new NativeArray<int>(sparse.EntryCount);
            _offsets = new NativeArray<long>(rows.RowCount + 1L);
            long at = 0;
            for (int row = 0; row < rows.RowCount; row++)
            {
                int from = SourceRow(row), begin = (int)sparse.Offsets[from], count = (int)sparse.Offsets[from + 1] - begin;
                sparse.Columns.AsSpan(begin, count).CopyTo(new Span<int>(_columns.Pointer + at, count));
                Copy(sparse.Values.AsSpan(begin, count), _values.Pointer + at, 1);
                _offsets.Pointer[row + 1] = at += count;
            }
        }

        if (rows.Weights is null) return;
        _weights = new NativeArray<double>((long)rows.States * rows.Actions);
        for (int p = 0; p < _states.Length; p++)
            rows.Weights.AsSpan(_states[p] * rows.Actions, rows.Actions).CopyTo(
                new Span<double>(_weights.Pointer + ((long)p * rows.Actions), rows.Actions));
    }

    /// <summary>Numbers in a cache line.</summary>
    public static int LineLength => 64 / sizeof(T);

    public FeatureRows Source { get; }

    /// <summary>Distance between dense rows: whole cache lines, filled up with zeros.</summary>
    public int Padded { get; }

    /// <summary>
    /// Features of a slice, filled up with zeros: four more where slices would otherwise lie at multiples of a page, whose lines share
    /// their places in the first-level cache.
    /// </summary>
    public int SliceWidth { get; }

    public bool IsDense => _offsets is null;

    /// <summary>The numbers of sparse rows.</summary>
    public T* Values => _values!.Pointer;

    public int* Columns => _columns is null ? null : _columns.Pointer;

    /// <summary>Where a sparse row begins.</summary>
    public long* Offsets => _offsets is null ? null : _offsets.Pointer;

    /// <summary>D of the state at position p and action a, at p·A + a; null for one everywhere.</summary>
    public double* Weights => _weights is null ? null : _weights.Pointer;

    /// <summary>Dense rows, <see cref="Padded"/> apart; made when they are first asked for, by one thread.</summary>
    public T* Rows()
    {
        if (_rows is not null) return _rows.Pointer;
        _rows = new NativeArray<T>((long)Source.RowCount * Padded);
        for (int row = 0; row < Source.RowCount; row++) Copy(DenseRow(row), _rows.Pointer + ((long)row * Padded), 1);
        return _rows.Pointer;
    }

    /// <summary>
    /// Dense rows in slices of <see cref="Height"/>, feature by feature: feature j of row r at (⌊r/16⌋ slice width + j) 16 + r mod 16, so
    /// that a register has the feature of neighbouring rows. Made when they are first asked for, by one thread.
    /// </summary>
    public T* Slices()
    {
        if (_slices is not null) return _slices.Pointer;
        int slices = (Source.RowCount + Height - 1) / Height;
        _slices = new NativeArray<T>((long)slices * SliceWidth * Height);
        for (int row = 0; row < Source.RowCount; row++)
            Copy(DenseRow(row), _slices.Pointer + ((long)(row / Height) * SliceWidth * Height) + (row % Height), Height);
        return _slices.Pointer;
    }

    public void Dispose()
    {
        _values?.Dispose();
        _columns?.Dispose();
        _offsets?.Dispose();
        _weights?.Dispose();
        _rows?.Dispose();
        _slices?.Dispose();
    }

    private static int[] StatesInOrder(int count, int[]? positions)
    {
        int[] states = new int[count];
        for (int s = 0; s < count; s++) states[positions is null ? s : positions[s]] = s;
        return states;
    }

    private static void Copy(ReadOnlySpan<double> from, T* to, int step)
    {
        for (int j = 0; j < from.Length; j++) to[(long)j * step] = T.CreateTruncating(from[j]);
    }

    private int SourceRow(int row) => (_states[row / _members] * _members) + (row % _members);

    private ReadOnlySpan<double> DenseRow(int row) => Source.Dense.AsSpan(SourceRow(row) * Source.Width, Source.Width);
}
