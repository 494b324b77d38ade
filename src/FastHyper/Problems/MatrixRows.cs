using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>The three arrays of one matrix, as a file has them.</summary>
internal sealed record MatrixRows(string Prefix, long[] Offsets, int[] Columns, double[] Values)
{
    public SparseMatrix ToMatrix(string file, int columnCount)
    {
        for (int row = 0; row < Offsets.Length; row++)
        {
            long least = row == 0 ? 0 : Offsets[row - 1], most = row == 0 ? 0 : Columns.Length;
            if (Offsets[row] < least || Offsets[row] > most || (row == Offsets.Length - 1 && Offsets[row] != most))
                throw new InvalidInputException(
                    $"{file}: {Prefix}indptr[{row}] = {Offsets[row]}; expected offsets that do not decrease, from 0 to the {Columns.Length} entries");
        }

        string expected = columnCount == 0 ? "no columns, as x is empty" : $"a column from 0 to {columnCount - 1}";
        for (int k = 0; k < Columns.Length; k++)
        {
            if ((uint)Columns[k] >= (uint)columnCount)
                throw new InvalidInputException($"{file}: {Prefix}indices[{k}] = {Columns[k]}; expected {expected}");
            if (!double.IsFinite(Values[k]))
                throw new InvalidInputException($"{file}: {Prefix}data[{k}] = {Values[k]}; expected a finite number");
        }

        return new SparseMatrix(columnCount, Offsets, Columns, Values);
    }
}
