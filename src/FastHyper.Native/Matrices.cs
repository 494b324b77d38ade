using FastHyper.Backends;

namespace FastHyper.Native;

/// <summary>Matrices of the caller's arrays.</summary>
internal static unsafe class Matrices
{
    /// <summary>Zeros of dense transitions are stored, so that they can be set and have a cotangent.</summary>
    public const long KeepZeros = 1;

    /// <summary>Compressed rows of transitions are read where they are, as long as the problem lives.</summary>
    public const long Borrow = 2;

    /// <summary>The matrix of a name; null where it is absent.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="matrix">The arrays.</param>
    /// <param name="axes">Lengths of the axes of its rows, as the dense array has them.</param>
    /// <param name="columns">Its columns; null where the arrays tell.</param>
    /// <param name="keepZeros">Whether zeros of a dense array are stored.</param>
    public static SparseMatrix? Read(
        string name, in MatrixDescription matrix, ReadOnlySpan<long> axes, long? columns, bool keepZeros = false)
    {
        if (matrix.IsAbsent) return null;
        long rows = 1;
        foreach (long length in axes) rows = checked(rows * length);
        if (matrix.Dense.IsAbsent) return Compressed(name, matrix, rows, columns);
        StridedArray dense = matrix.Dense;
        dense.Require(name);
        long width = columns ?? (dense.Rank > 0 ? dense.Length(dense.Rank - 1) : 0);
        dense.RequireShape(name, "rows and columns", [.. axes, width]);
        return Dense(dense.ToDoubles(), checked((int)rows), checked((int)width), keepZeros);
    }

    /// <summary>P, (S·A) × S.</summary>
    public static Transitions ReadTransitions(in MatrixDescription matrix, ReadOnlySpan<long> axes, int states, int actions, long flags)
    {
        if (matrix.IsAbsent) throw new InvalidInputException("P: no array; expected a dense one, or compressed rows");
        StridedArray values = matrix.Dense.IsAbsent ? matrix.Values : matrix.Dense;
        if ((flags & Borrow) != 0 && matrix.Dense.IsAbsent) return Borrowed(matrix, states, actions);
        SparseMatrix read = Read("P", matrix, axes, states, (flags & KeepZeros) != 0)!;
        Precision roundedTo = values.Type == ElementType.Float32 ? Precision.F32 : Precision.F64;
        return new Transitions(states, actions, read, roundedTo) { KeepsMatrix = false };
    }

    private static SparseMatrix Compressed(string name, in MatrixDescription matrix, long rows, long? columns)
    {
        matrix.Offsets.RequireShape($"{name}.indptr", "rows + 1", rows + 1);
        matrix.Columns.Require($"{name}.indices");
        matrix.Columns.RequireShape($"{name}.indices", "one axis", matrix.Columns.Count);
        matrix.Values.RequireShape($"{name}.data", "as many as indices", matrix.Columns.Count);
        long[] wide = matrix.Columns.ToIntegers($"{name}.indices");
        int[] narrow = new int[wide.Length];
        long most = columns ?? matrix.ColumnCount;
        for (int k = 0; k < wide.Length; k++)
        {
            if ((ulong)wide[k] >= (ulong)most)
                throw new InvalidInputException($"{name}.indices[{k}] = {wide[k]}; expected a column from 0 to {most - 1}");
            narrow[k] = (int)wide[k];
        }

        return new SparseMatrix(checked((int)most), matrix.Offsets.ToIntegers($"{name}.indptr"), narrow, matrix.Values.ToDoubles());
    }

    private static SparseMatrix Dense(double[] numbers, int rows, int width, bool keepZeros)
    {
        long[] offsets = new long[rows + 1];
        int entries = keepZeros ? numbers.Length : numbers.Length - numbers.AsSpan().Count(0.0);
        int[] columns = new int[entries];
        double[] values = keepZeros ? numbers : new double[entries];
        for (int row = 0, at = 0; row < rows; row++)
        {
            for (int column = 0; column < width; column++)
            {
                double value = numbers[(row * width) + column];
                if (value == 0 && !keepZeros) continue;
                columns[at] = column;
                values[at++] = value;
            }

            offsets[row + 1] = at;
        }

        return new SparseMatrix(width, offsets, columns, values);
    }

    /// <summary>Transitions that are laid out from the caller's arrays and never copied: 20 bytes an entry less at their making.</summary>
    private static Transitions Borrowed(in MatrixDescription matrix, int states, int actions)
    {
        long rows = (long)states * actions;
        matrix.Offsets.RequireShape("P.indptr", "rows + 1", rows + 1);
        matrix.Values.RequireShape("P.data", "one axis", matrix.Values.Count);
        matrix.Columns.RequireShape("P.indices", "as many as data", matrix.Values.Count);
        if (!matrix.Values.IsPlain || matrix.Columns.Type != ElementType.Int32 || matrix.Columns.Strides[0] != sizeof(int))
            throw new InvalidInputException("P: borrowed rows; expected int32 indices and float64 data without gaps");
        long[] offsets = matrix.Offsets.ToIntegers("P.indptr");
        int longest = 0;
        for (int row = 0; row < rows; row++)
        {
            if (offsets[row] < 0 || offsets[row + 1] < offsets[row] || offsets[row + 1] > matrix.Values.Count)
                throw new InvalidInputException(
                    $"P.indptr[{row + 1}] = {offsets[row + 1]}; expected offsets that do not decrease, from 0 to the "
                        + $"{matrix.Values.Count} entries");
            longest = (int)Math.Max(longest, offsets[row + 1] - offsets[row]);
        }

        nint columns = (nint)matrix.Columns.Data, values = (nint)matrix.Values.Data;
        return Transitions.FromRows(states, actions, longest, (s, a, columnSpace, valueSpace) =>
        {
            long begin = offsets[((long)s * actions) + a];
            int length = (int)(offsets[((long)s * actions) + a + 1] - begin);
            new ReadOnlySpan<int>((int*)columns + begin, length).CopyTo(columnSpace);
            new ReadOnlySpan<double>((double*)values + begin, length).CopyTo(valueSpace);
            return length;
        });
    }
}
