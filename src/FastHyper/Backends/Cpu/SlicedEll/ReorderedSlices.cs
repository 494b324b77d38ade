using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>
/// Rows of transitions whose states, and so rows and columns, take another order. The columns of a row ascend: where neighbours
/// lie alike around many states, those states then have their neighbours in the same entries.
/// </summary>
internal sealed unsafe class ReorderedSlices(Transitions transitions, StateOrder order) : ISliceSource
{
    private const int LongestInserted = 16;

    public bool HasValues => true;

    public void Read(int slice, SliceRows rows)
    {
        ReadOnlySpan<int> states = order.States.AsSpan(rows.First, rows.Count);
        if (transitions.MatrixInMemory is SparseMatrix matrix) Prefetch(matrix, states);
        int[] positions = order.Positions;
        foreach (int s in states)
        {
            for (int a = 0; a < transitions.Actions; a++)
            {
                int length = transitions.RowLength(((long)s * transitions.Actions) + a);
                Span<int> columns = rows.ReserveColumns(length);
                Span<double> values = rows.ReserveValues(length);
                transitions.CopyRow(s, a, columns, values);
                foreach (ref int column in columns) column = positions[column];
                Sort(columns, values);
                rows.Advance(length);
            }
        }
    }

    /// <summary>Prefetches the rows of all states: they lie anywhere, and memory answers many questions in the time of one.</summary>
    private void Prefetch(SparseMatrix matrix, ReadOnlySpan<int> states)
    {
        fixed (int* columns = matrix.Columns)
        fixed (double* values = matrix.Values)
        {
            foreach (int s in states)
            {
                long begin = matrix.Offsets[(long)s * transitions.Actions], end = matrix.Offsets[(s + 1L) * transitions.Actions];
                for (long k = begin; k < end; k += CacheLine.Bytes / sizeof(int)) CacheLine.Prefetch(columns + k);
                for (long k = begin; k < end; k += CacheLine.Bytes / sizeof(double)) CacheLine.Prefetch(values + k);
            }
        }
    }

    private static void Sort(Span<int> columns, Span<double> values)
    {
        if (columns.Length > LongestInserted)
        {
            columns.Sort(values);
            return;
        }

        for (int i = 1; i < columns.Length; i++)
        {
            int column = columns[i], k = i;
            double value = values[i];
            for (; k > 0 && columns[k - 1] > column; k--) (columns[k], values[k]) = (columns[k - 1], values[k - 1]);
            (columns[k], values[k]) = (column, value);
        }
    }
}
