using System.Numerics;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

/// <summary>
/// What a block of states reports of a pass: bounds of the signed changes, and the largest value. Not a number where a value was not
/// finite.
/// </summary>
internal struct BlockBounds
{
    public double Lowest;
    public double Highest;
    public double Magnitude;

    public static BlockBounds Empty => new() { Lowest = double.PositiveInfinity, Highest = double.NegativeInfinity };

    /// <summary>Largest absolute change.</summary>
    public readonly double Change => Math.Max(Math.Abs(Lowest), Math.Abs(Highest));

    /// <summary>Takes a change and the value that it led to.</summary>
    public void Add(double change, double value)
    {
        Lowest = Math.Min(Lowest, change);
        Highest = Math.Max(Highest, change);
        Magnitude = Math.Max(Magnitude, Math.Abs(value));
        if (!double.IsFinite(value)) Lowest = Highest = Magnitude = double.NaN;
    }

    public void Add(in BlockBounds other)
    {
        Lowest = Math.Min(Lowest, other.Lowest);
        Highest = Math.Max(Highest, other.Highest);
        Magnitude = Math.Max(Magnitude, other.Magnitude);
    }
}

/// <summary>The bounds of a loop over registers, lane by lane.</summary>
internal unsafe struct LaneBounds<TLane, T>
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public TLane Lowest;
    public TLane Highest;
    public TLane Magnitude;

    // Σ 0·v: zero as long as all values are finite. The registers' maximum forgets what is not a number.
    public TLane Poison;

    public static LaneBounds<TLane, T> Empty => new()
    {
        Lowest = TLane.Constant(double.PositiveInfinity),
        Highest = TLane.Constant(double.NegativeInfinity),
        Magnitude = TLane.Constant(0),
        Poison = TLane.Constant(0),
    };

    public readonly BlockBounds Reduce()
    {
        BlockBounds bounds = BlockBounds.Empty;
        T* numbers = stackalloc T[4 * TLane.Width];
        TLane.Store(numbers, Lowest);
        TLane.Store(numbers + TLane.Width, Highest);
        TLane.Store(numbers + (2 * TLane.Width), Magnitude);
        TLane.Store(numbers + (3 * TLane.Width), Poison);
        for (int j = 0; j < TLane.Width; j++)
        {
            bounds.Lowest = Math.Min(bounds.Lowest, double.CreateTruncating(numbers[j]));
            bounds.Highest = Math.Max(bounds.Highest, double.CreateTruncating(numbers[TLane.Width + j]));
            bounds.Magnitude = Math.Max(bounds.Magnitude, double.CreateTruncating(numbers[(2 * TLane.Width) + j]));
            if (numbers[(3 * TLane.Width) + j] != T.Zero) bounds.Lowest = bounds.Highest = bounds.Magnitude = double.NaN;
        }

        return bounds;
    }
}
