using System.Numerics;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// Features as the kernels read them: in the precision and in the order of states of an engine, rows at multiples of a cache line and
/// filled up with zeros where they are dense. 8 bytes a number, 12 a sparse one.
/// </summary>
internal sealed unsafe class FeatureTable<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly NativeArray<T> _values;
    private readonly NativeArray<int>? _columns;
    private readonly NativeArray<long>? _offsets;
    private readonly NativeArray<double>? _weights;

    public FeatureTable(FeatureRows rows, int[]? positions)
    {
        Source = rows;
        int members = rows.IsPerAction ? 1 : rows.Actions;
        Padded = (rows.Width + LineLength - 1) / LineLength * LineLength;
        int[] states = StatesInOrder(rows.States, positions);
        if (rows.Dense is not null)
        {
            _values = new NativeArray<T>((long)rows.RowCount * Padded);
            for (int p = 0; p < states.Length; p++)
                for (int m = 0; m < members; m++)
                    Copy(
                        rows.Dense.AsSpan(((states[p] * members) + m) * rows.Width, rows.Width),
                        _values.Pointer + ((((long)p * members) + m) * Padded));
        }
        else
        {
            SparseMatrix sparse = rows.Sparse!;
            _values = new NativeArray<T>(sparse.EntryCount);
            _columns = new NativeArray<int>(sparse.EntryCount);
            _offsets = new NativeArray<long>(rows.RowCount + 1L);
            long at = 0;
            for (int p = 0; p < states.Length; p++)
            {
                for (int m = 0; m < members; m++)
                {
                    int row = (states[p] * members) + m, begin = (int)sparse.Offsets[row], count = (int)sparse.Offsets[row + 1] - begin;
                    sparse.Columns.AsSpan(begin, count).CopyTo(new Span<int>(_columns.Pointer + at, count));
                    Copy(sparse.Values.AsSpan(begin, count), _values.Pointer + at);
                    _offsets.Pointer[((long)p * members) + m + 1] = at += count;
                }
            }
        }

        if (rows.Weights is null) return;
        _weights = new NativeArray<double>((long)rows.States * rows.Actions);
        for (int p = 0; p < states.Length; p++)
            rows.Weights.AsSpan(states[p] * rows.Actions, rows.Actions).CopyTo(
                new Span<double>(_weights.Pointer + ((long)p * rows.Actions), rows.Actions));
    }

    /// <summary>Numbers in a cache line.</summary>
    public static int LineLength => 64 / sizeof(T);

    public FeatureRows Source { get; }

    /// <summary>Distance between dense rows.</summary>
    public int Padded { get; }

    public bool IsDense => _offsets is null;

    /// <summary>Dense rows, or the numbers of sparse ones.</summary>
    public T* Values => _values.Pointer;

    public int* Columns => _columns is null ? null : _columns.Pointer;

    /// <summary>Where the sparse row of the state at position p begins, at p, or of its action a at p·A + a.</summary>
    public long* Offsets => _offsets is null ? null : _offsets.Pointer;

    /// <summary>D of the state at position p and action a, at p·A + a; null for one everywhere.</summary>
    public double* Weights => _weights is null ? null : _weights.Pointer;

    public void Dispose()
    {
        _values.Dispose();
        _columns?.Dispose();
        _offsets?.Dispose();
        _weights?.Dispose();
    }

    private static int[] StatesInOrder(int count, int[]? positions)
    {
        int[] states = new int[count];
        for (int s = 0; s < count; s++) states[positions is null ? s : positions[s]] = s;
        return states;
    }

    private static void Copy(ReadOnlySpan<double> from, T* to)
    {
        foreach (double value in from) *to++ = T.CreateTruncating(value);
    }
}
