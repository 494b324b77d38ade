using FastHyper.Reference.Arithmetic;

namespace FastHyper.Reference.Dense;

/// <summary>P A = L U of a dense matrix, by Gaussian elimination with partial pivoting.</summary>
public sealed class Lu<T>
    where T : struct, IScalar<T>
{
    private readonly T[][] _rows;
    private readonly int[] _order;

    /// <summary>Factorises a matrix, given by rows, which are taken over.</summary>
    public Lu(T[][] rows)
    {
        int n = rows.Length;
        _rows = rows;
        _order = [.. Enumerable.Range(0, n)];
        for (int k = 0; k < n; k++)
        {
            int pivot = k;
            for (int i = k + 1; i < n; i++)
                if (Math.Abs(rows[i][k].Value) > Math.Abs(rows[pivot][k].Value)) pivot = i;
            (rows[k], rows[pivot]) = (rows[pivot], rows[k]);
            (_order[k], _order[pivot]) = (_order[pivot], _order[k]);
            T[] upper = rows[k];
            for (int i = k + 1; i < n; i++)
            {
                T[] row = rows[i];
                if (row[k].Value == 0) continue;
                row[k] /= upper[k];
                T.SubtractMultiple(row.AsSpan(k + 1), row[k], upper.AsSpan(k + 1));
            }
        }
    }

    /// <summary>x with A x = b.</summary>
    public T[] Solve(T[] b)
    {
        int n = _rows.Length;
        T[] x = new T[n];
        for (int i = 0; i < n; i++)
        {
            T sum = b[_order[i]];
            for (int j = 0; j < i; j++) sum -= _rows[i][j] * x[j];
            x[i] = sum;
        }

        for (int i = n - 1; i >= 0; i--)
        {
            T sum = x[i];
            for (int j = i + 1; j < n; j++) sum -= _rows[i][j] * x[j];
            x[i] = sum / _rows[i][i];
        }

        return x;
    }

    /// <summary>x with Aᵀ x = b.</summary>
    public T[] SolveTransposed(T[] b)
    {
        int n = _rows.Length;
        T[] y = [.. b], x = new T[n];
        for (int i = 0; i < n; i++)
        {
            y[i] /= _rows[i][i];
            T.SubtractMultiple(y.AsSpan(i + 1), y[i], _rows[i].AsSpan(i + 1));
        }

        for (int i = n - 1; i >= 0; i--) T.SubtractMultiple(y.AsSpan(0, i), y[i], _rows[i].AsSpan(0, i));
        for (int i = 0; i < n; i++) x[_order[i]] = y[i];
        return x;
    }

    /// <summary>A⁻¹ by rows: all unit vectors at once, a row of them a step.</summary>
    public T[][] Inverse()
    {
        int n = _rows.Length;
        T[][] x = new T[n][];
        for (int i = 0; i < n; i++)
        {
            x[i] = new T[n];
            x[i][_order[i]] = T.Of(1);
            for (int j = 0; j < i; j++)
                if (_rows[i][j].Value != 0) T.SubtractMultiple(x[i], _rows[i][j], x[j]);
        }

        for (int i = n - 1; i >= 0; i--)
        {
            for (int j = i + 1; j < n; j++)
                if (_rows[i][j].Value != 0) T.SubtractMultiple(x[i], _rows[i][j], x[j]);
            T pivot = _rows[i][i];
            for (int k = 0; k < n; k++) x[i][k] /= pivot;
        }

        return x;
    }
}
