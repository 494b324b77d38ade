namespace FastHyper.Followers.LinearFeatures;

/// <summary>
/// A = ΦᵀD(Φ − γ P Ψ) + ρI of an instance in compressed rows: of features that are nowhere active together, such as tiles far apart, there
/// are no numbers. 12 bytes a number that is not zero.
/// </summary>
internal sealed class AssembledMatrix(int order)
{
    private readonly int[] _offsets = new int[order + 1];
    private int[] _columns = [];
    private double[] _values = [];

    /// <summary>Numbers that are not zero.</summary>
    public int EntryCount => _offsets[order];

    /// <summary>Takes the numbers of a dense matrix, (k, k), and a diagonal ρ.</summary>
    public void Compress(ReadOnlySpan<double> matrix, double diagonal)
    {
        int count = order;
        foreach (double value in matrix) if (value != 0) count++;
        if (_values.Length < count) (_columns, _values) = (new int[count], new double[count]);
        int at = 0;
        for (int row = 0; row < order; row++)
        {
            ReadOnlySpan<double> numbers = matrix.Slice(row * order, order);
            for (int column = 0; column < order; column++)
            {
                double value = column == row ? numbers[column] + diagonal : numbers[column];
                if (value == 0) continue;
                (_columns[at], _values[at++]) = (column, value);
            }

            _offsets[row + 1] = at;
        }
    }

    /// <summary>y = A x.</summary>
    public void Multiply(ReadOnlySpan<double> x, Span<double> y)
    {
        for (int row = 0; row < order; row++)
        {
            int from = _offsets[row], end = _offsets[row + 1];
            (double first, double second, double third, double fourth) = (0, 0, 0, 0);
            for (; from + 4 <= end; from += 4)
            {
                first += _values[from] * x[_columns[from]];
                second += _values[from + 1] * x[_columns[from + 1]];
                third += _values[from + 2] * x[_columns[from + 2]];
                fourth += _values[from + 3] * x[_columns[from + 3]];
            }

            for (; from < end; from++) first += _values[from] * x[_columns[from]];
            y[row] = (first + second) + (third + fourth);
        }
    }

    /// <summary>y = Aᵀ u.</summary>
    public void MultiplyTransposed(ReadOnlySpan<double> u, Span<double> y)
    {
        y.Clear();
        for (int row = 0; row < order; row++)
            for (int k = _offsets[row]; k < _offsets[row + 1]; k++) y[_columns[k]] += _values[k] * u[row];
    }
}
