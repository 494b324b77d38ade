using FastHyper.Backends;

namespace FastHyper.Problems.Tax;

/// <summary>
/// Assets on a grid: a' = clip(a + δ, ±limit) plus normal noise that is truncated to [−limit, limit], by the exact masses of the cells
/// around the points. A step of action (hours h, spending c) has δ = (1 − tax) · wage · h − c, so that masses of one action depend on the
/// distance of two points alone: one table of Φ an action serves every point, and only points whose step is clipped, and the grid's ends,
/// have their own. A row holds the cells that noise can reach from any tax rate: what is stored does not depend on it.
/// </summary>
internal sealed class AssetTransitions
{
    private readonly TaxDesignOptions _options;
    private readonly int _points;
    private readonly int _folds;
    private readonly double _step;
    private readonly long[] _offsets;

    // First cell of each row.
    private readonly int[] _first;

    // Distances that the tables reach to each side, in cells.
    private readonly int _reach;

    public AssetTransitions(TaxDesignOptions options, int folds)
    {
        (_options, _points, _folds) = (options, options.Points, folds);
        _step = 2 * options.AssetLimit / (_points - 1);
        if (_step > 2 * options.Noise)
            throw new InvalidInputException(
                $"tax-design: points = {_points}, of cells {_step} wide; expected cells of at most twice the noise, {2 * options.Noise}");
        int actions = options.HourLevels * folds;
        if ((long)_points * actions >= Array.MaxLength) throw TooMany((long)_points * actions);
        _offsets = new long[(_points * actions) + 1];
        _first = new int[_points * actions];
        double farthest = 0, far = options.NoiseReach * options.Noise;
        for (int row = 0; row < _first.Length; row++)
        {
            (double least, double most) = Steps(row % actions);
            double at = Point(row / actions);
            _first[row] = Cell(Clip(at + least) - far);
            _offsets[row + 1] = _offsets[row] + Cell(Clip(at + most) + far) - _first[row] + 1;
            farthest = Math.Max(farthest, Math.Max(Math.Max(Math.Abs(least), Math.Abs(most)), most - least));
        }

        // Columns, probabilities and, for each type, those of the device, cotangents and a copy of both: 12 + 32 bytes an entry at the
        // least.
        if (_offsets[^1] >= Array.MaxLength || 44.0 * _offsets[^1] > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) throw TooMany(
            _offsets[^1]);
        _reach = (int)Math.Min(((farthest + far) / _step) + 3, 2 * _points);
        int[] columns = new int[_offsets[^1]];
        for (int row = 0; row < _first.Length; row++)
            for (long k = _offsets[row]; k < _offsets[row + 1]; k++)
                columns[k] = _first[row] + (int)(k - _offsets[row]);
        SparseMatrix matrix = new(_points, _offsets, columns, new double[columns.Length]);
        Write(options.StartRates[0], matrix.Values);
        Start = new Transitions(_points, actions, matrix);
    }

    /// <summary>P at the rate that leaders start from.</summary>
    public Transitions Start { get; }

    /// <summary>A point of the grid.</summary>
    public double Point(int point) => (point * _step) - _options.AssetLimit;

    /// <summary>Masses of the cells, of N(0, deviation²) truncated to the grid.</summary>
    public double[] Centred(double deviation)
    {
        double[] masses = new double[_points];
        double below = NormalDistribution.Distribution(-_options.AssetLimit / deviation), sum = 0;
        for (int point = 0; point < _points; point++)
        {
            double edge = point == _points - 1 ? _options.AssetLimit : Point(point) + (_step / 2);
            double upTo = NormalDistribution.Distribution(edge / deviation);
            sum += masses[point] = Math.Max(upTo - below, 0);
            below = upTo;
        }

        for (int point = 0; point < _points; point++) masses[point] /= sum;
        return masses;
    }

    /// <summary>Writes P(s'|s,a) at an income tax.</summary>
    /// <param name="tax">Its rate.</param>
    /// <param name="values">One number a stored transition, written.</param>
    public void Write(double tax, Span<double> values)
    {
        Tables still = new(_reach), moved = new(_reach);
        still.Fill(0, _step, _options.Noise, densities: false);
        for (int action = 0; action < _options.HourLevels * _folds; action++)
        {
            double step = Step(action, tax);
            moved.Fill(step, _step, _options.Noise, densities: false);
            for (int point = 0; point < _points; point++)
            {
                Span<double> row = Row(values, point, action, out int first);
                Edges edges = EdgesOf(point, step, still, moved);
                double below = edges.Below(first), start = below;
                for (int k = 0; k < row.Length; k++)
                {
                    double upTo = edges.Above(first + k);
                    // Rounding must not make a mass negative.
                    row[k] = Math.Max(upTo - below, 0);
                    below = upTo;
                }

                double mass = below - start;
                foreach (ref double value in row) value /= mass;
            }
        }
    }

    /// <summary>The derivative in the income tax.</summary>
    /// <param name="tax">Its rate.</param>
    /// <param name="cotangents">Derivatives in each stored transition.</param>
    public double Pullback(double tax, ReadOnlySpan<double> cotangents)
    {
        Tables still = new(_reach), moved = new(_reach);
        double gradient = 0;
        for (int action = _folds; action < _options.HourLevels * _folds; action++)
        {
            double step = Step(action, tax), sum = 0;
            moved.Fill(step, _step, _options.Noise, densities: true);
            for (int point = 0; point < _points; point++)
            {
                // A step that is clipped does not move with the tax.
                if (Clip(Point(point) + step) != Point(point) + step) continue;
                ReadOnlySpan<double> row = Row(cotangents, point, action, out int first);
                Edges edges = EdgesOf(point, step, still, moved);
                int last = first + row.Length - 1;
                double mass = edges.Above(last) - edges.Below(first), change = edges.SlopeAbove(last) - edges.SlopeBelow(first);
                double below = edges.Below(first), slopeBelow = edges.SlopeBelow(first);
                for (int k = 0; k < row.Length; k++)
                {
                    // ∂(m/M) = (∂m − (m/M)∂M)/M.
                    double upTo = edges.Above(first + k), slope = edges.SlopeAbove(first + k);
                    sum += row[k] * (slope - slopeBelow - ((upTo - below) / mass * change)) / mass;
                    (below, slopeBelow) = (upTo, slope);
                }
            }

            gradient -= sum * _options.Wage * Hours(action);
        }

        return gradient;
    }

    private double Hours(int action) => action / _folds * _options.HourStep;

    private double Step(int action, double tax) =>
        ((1 - tax) * _options.Wage * Hours(action)) - (action % _folds * _options.SpendingStep);

    /// <summary>The least and the most of an action's steps, over all tax rates.</summary>
    private (double Least, double Most) Steps(int action) => (Step(action, _options.LargestRate), Step(action, 0));

    private double Clip(double assets) => Math.Clamp(assets, -_options.AssetLimit, _options.AssetLimit);

    private int Cell(double assets) => (int)Math.Clamp(Math.Round((assets + _options.AssetLimit) / _step), 0, _points - 1);

    private Span<T> Row<T>(Span<T> entries, int point, int action, out int first)
    {
        int row = (point * _options.HourLevels * _folds) + action;
        first = _first[row];
        return entries[(int)_offsets[row]..(int)_offsets[row + 1]];
    }

    private ReadOnlySpan<T> Row<T>(ReadOnlySpan<T> entries, int point, int action, out int first)
    {
        int row = (point * _options.HourLevels * _folds) + action;
        first = _first[row];
        return entries[(int)_offsets[row]..(int)_offsets[row + 1]];
    }

    private Edges EdgesOf(int point, double step, Tables still, Tables moved)
    {
        double to = Clip(Point(point) + step);
        if (to == Point(point) + step) return new Edges(moved, point, _points - 1, to, _options);
        return new Edges(still, to < 0 ? 0 : _points - 1, _points - 1, to, _options);
    }

    private InvalidInputException TooMany(long entries) =>
        new($"tax-design: points = {_points} make {entries} transitions; expected no more than memory holds");

    /// <summary>Φ and, in the step, its slope at the upper edge of the cell at a distance from the point that a step starts from.</summary>
    private sealed class Tables(int reach)
    {
        public double[] Distribution { get; } = new double[(2 * reach) + 1];

        public double[] Slope { get; } = new double[(2 * reach) + 1];

        public int Reach => reach;

        public void Fill(double step, double cell, double noise, bool densities)
        {
            for (int distance = -reach; distance <= reach; distance++)
            {
                double z = (((distance + 0.5) * cell) - step) / noise;
                Distribution[distance + reach] = NormalDistribution.Distribution(z);
                if (densities) Slope[distance + reach] = -NormalDistribution.Density(z) / noise;
            }
        }
    }

    /// <summary>Φ at the edges of cells, for a row: the grid ends at its outermost points.</summary>
    private readonly struct Edges(Tables tables, int from, int last, double to, TaxDesignOptions options)
    {
        private readonly int _shift = tables.Reach - from;

        public double Above(int cell) => cell < last ? tables.Distribution[cell + _shift] : AtEnd(options.AssetLimit);

        public double Below(int cell) => cell > 0 ? tables.Distribution[cell - 1 + _shift] : AtEnd(-options.AssetLimit);

        public double SlopeAbove(int cell) => cell < last ? tables.Slope[cell + _shift] : SlopeAtEnd(options.AssetLimit);

        public double SlopeBelow(int cell) => cell > 0 ? tables.Slope[cell - 1 + _shift] : SlopeAtEnd(-options.AssetLimit);

        private double AtEnd(double end) => NormalDistribution.Distribution((end - to) / options.Noise);

        private double SlopeAtEnd(double end) => -NormalDistribution.Density((end - to) / options.Noise) / options.Noise;
    }
}
