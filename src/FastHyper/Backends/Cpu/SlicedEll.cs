namespace FastHyper.Backends.Cpu;

/// <summary>
/// A sparse matrix whose rows come in groups (one a state), for lanes that run over groups. Slices of
/// <see cref="Height"/> groups; within a slice, member m of every group (one action's row) is padded to the longest of
/// the slice and stored entry by entry, that many lanes side by side, so columns and values load
/// contiguously, from one end to the other, and only the right-hand side is gathered. Padding has value 0 and column 0.
/// Bytes a stored entry: 4 + sizeof(T); and 8 for each slice and member.
/// </summary>
internal sealed unsafe class SlicedEll<T> : IDisposable
    where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
{
    private readonly NativeArray<long> _offsets;
    private readonly NativeArray<int> _columns;
    private readonly NativeArray<T> _values;
    private readonly int _groups;
    private readonly int _members;

    /// <summary>Lays out <paramref name="groups"/> × <paramref name="members"/> rows, row g·members+m.</summary>
    /// <param name="height">Groups in a slice: what a kernel holds in its registers at once.</param>
    /// <param name="groups">Number of groups.</param>
    /// <param name="members">Rows of each group.</param>
    /// <param name="rowOffsets">Where each row's entries begin, and the end.</param>
    /// <param name="columns">What to gather for each entry.</param>
    /// <param name="entries">Which of the values belongs to each entry; null for the identity.</param>
    /// <param name="values">The values.</param>
    public SlicedEll(int height, int groups, int members, long[] rowOffsets, int[] columns, int[]? entries, double[] values)
    {
        Height = height;
        _groups = groups;
        _members = members;
        Slices = (groups + height - 1) / height;
        _offsets = new NativeArray<long>(((long)Slices * members) + 1);
        for (int slice = 0; slice < Slices; slice++)
        {
            for (int m = 0; m < members; m++)
            {
                long width = 0;
                for (int g = slice * height; g < Math.Min(groups, (slice + 1) * height); g++)
                {
                    long row = ((long)g * members) + m;
                    width = Math.Max(width, rowOffsets[row + 1] - rowOffsets[row]);
                }

                long at = ((long)slice * members) + m;
                Offsets[at + 1] = Offsets[at] + (width * height);
            }
        }

        long stored = Offsets[(long)Slices * members];
        _columns = new NativeArray<int>(stored);
        _values = new NativeArray<T>(stored);
        Fill(rowOffsets, entries, values, columns);
    }

    public int Height { get; }

    public int Slices { get; }

    public long* Offsets => _offsets.Pointer;

    public int* Columns => _columns.Pointer;

    public T* Values => _values.Pointer;

    public long Bytes => (_columns.Length * (sizeof(int) + sizeof(T))) + (_offsets.Length * sizeof(long));

    /// <summary>Replaces the values (and, where given, the columns) with those of the same structure.</summary>
    public void Fill(long[] rowOffsets, int[]? entries, ReadOnlySpan<double> values, int[]? columns = null)
    {
        for (int g = 0; g < _groups; g++)
        {
            for (int m = 0; m < _members; m++)
            {
                long row = ((long)g * _members) + m;
                long at = Offsets[((long)(g / Height) * _members) + m] + (g % Height);
                for (long k = rowOffsets[row]; k < rowOffsets[row + 1]; k++, at += Height)
                {
                    Values[at] = T.CreateTruncating(values[entries is null ? (int)k : entries[k]]);
                    if (columns is not null) Columns[at] = columns[k];
                }
            }
        }
    }

    public void Dispose()
    {
        _offsets.Dispose();
        _columns.Dispose();
        _values.Dispose();
    }
}
