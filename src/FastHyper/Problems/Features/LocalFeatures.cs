namespace FastHyper.Problems.Features;

/// <summary>State aggregation: one feature for each box of a regular grid.</summary>
[Options]
public sealed partial record AggregatedFeatures : FeatureMap
{
    /// <summary>Boxes along each axis; 8 by default.</summary>
    [Range(Min = 1, Max = 1 << 16)]
    public int Boxes { get; init => field = InRange.Of<AggregatedFeatures>(value); } = 8;

    /// <inheritdoc/>
    public override bool IsAverager => true;

    internal override double SlopeStep => 0.5 / Boxes;

    internal override long CountOf(int dimensions, int states) => Power(Boxes, dimensions);

    internal override int ActiveOf(int dimensions, int count) => 1;

    internal override int Write(int state, ReadOnlySpan<double> point, Span<int> columns, Span<double> values)
    {
        int box = 0;
        foreach (double x in point) box = (box * Boxes) + Math.Min(Boxes - 1, (int)(x * Boxes));
        (columns[0], values[0]) = (box, 1);
        return 1;
    }
}

/// <summary>Multilinear interpolation between the points of a regular grid.</summary>
[Options]
public sealed partial record InterpolatedFeatures : FeatureMap
{
    /// <summary>Points along each axis, the ends among them; 8 by default.</summary>
    [Range(Min = 2, Max = 1 << 16)]
    public int Points { get; init => field = InRange.Of<InterpolatedFeatures>(value); } = 8;

    internal override long CountOf(int dimensions, int states) => Power(Points, dimensions);

    internal override int ActiveOf(int dimensions, int count) => (int)Power(2, dimensions);

    internal override int Write(int state, ReadOnlySpan<double> point, Span<int> columns, Span<double> values)
    {
        int corners = 1 << point.Length;
        for (int corner = 0; corner < corners; corner++)
        {
            int column = 0;
            double weight = 1;
            for (int axis = 0; axis < point.Length; axis++)
            {
                double at = point[axis] * (Points - 1);
                int low = Math.Min(Points - 2, (int)at);
                bool high = ((corner >> (point.Length - 1 - axis)) & 1) != 0;
                column = (column * Points) + low + (high ? 1 : 0);
                weight *= high ? at - low : 1 - (at - low);
            }

            (columns[corner], values[corner]) = (column, weight);
        }

        return corners;
    }
}

/// <summary>Gaussian bumps around the points of a regular grid, as they are, or divided by their sum.</summary>
[Options]
public sealed partial record RadialFeatures : FeatureMap
{
    /// <summary>Points along each axis, the ends among them; 5 by default.</summary>
    [Range(Min = 2, Max = 1 << 16)]
    public int Points { get; init => field = InRange.Of<RadialFeatures>(value); } = 5;

    /// <summary>Standard deviation of a bump, in distances between points; 1 by default.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Width { get; init => field = InRange.Of<RadialFeatures>(value); } = 1;

    /// <summary>Whether bumps are divided by their sum; not by default.</summary>
    public bool Normalised { get; init; }

    internal override long CountOf(int dimensions, int states) => Power(Points, dimensions);

    internal override int Write(int state, ReadOnlySpan<double> point, Span<int> columns, Span<double> values)
    {
        int count = (int)Power(Points, point.Length);
        double sum = 0;
        for (int c = 0; c < count; c++)
        {
            double square = 0;
            for (int axis = 0, left = c; axis < point.Length; axis++, left /= Points)
            {
                double distance = ((point[axis] * (Points - 1)) - (left % Points)) / Width;
                square += distance * distance;
            }

            (columns[c], values[c]) = (c, Math.Exp(-0.5 * square));
            sum += values[c];
        }

        if (Normalised) for (int c = 0; c < count; c++) values[c] /= sum;
        return count;
    }
}

/// <summary>
/// Tile coding (Albus, 1981; Sutton and Barto, section 9.5.4): several grids of tiles, each shifted by another part of a tile, by odd
/// multiples 1, 3, 5, … of it along the axes; of each grid the tile that a point lies in is 1.
/// </summary>
[Options]
public sealed partial record TileCoding : FeatureMap
{
    /// <summary>Grids; 8 by default.</summary>
    [Range(Min = 1, Max = 1024)]
    public int Tilings { get; init => field = InRange.Of<TileCoding>(value); } = 8;

    /// <summary>Tiles across each axis; the shifted grids have one more; 8 by default.</summary>
    [Range(Min = 1, Max = 1 << 16)]
    public int Tiles { get; init => field = InRange.Of<TileCoding>(value); } = 8;

    internal override double SlopeStep => 0.5 / Tiles;

    internal override long CountOf(int dimensions, int states) => Tilings * Power(Tiles + 1, dimensions);

    internal override int ActiveOf(int dimensions, int count) => Tilings;

    internal override int Write(int state, ReadOnlySpan<double> point, Span<int> columns, Span<double> values)
    {
        int each = (int)Power(Tiles + 1, point.Length);
        for (int tiling = 0; tiling < Tilings; tiling++)
        {
            int tile = 0;
            for (int axis = 0; axis < point.Length; axis++)
            {
                double shift = (double)(tiling * ((2 * axis) + 1) % Tilings) / Tilings;
                tile = (tile * (Tiles + 1)) + Math.Min(Tiles, (int)((point[axis] * Tiles) + shift));
            }

            (columns[tiling], values[tiling]) = ((tiling * each) + tile, 1);
        }

        return Tilings;
    }
}
