using System.Numerics;

namespace FastHyper.Backends.Cpu.Lanes;

/// <summary>
/// A register of <see cref="Width"/> numbers that a kernel treats as one. Every operation is the same IEEE operation
/// in every lane and at every width, so a kernel written over lanes gives the same bits whatever the width.
/// </summary>
internal unsafe interface ILane<TSelf, T>
    where TSelf : unmanaged, ILane<TSelf, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    static abstract int Width { get; }

    static abstract TSelf Broadcast(T value);

    /// <summary>A literal, rounded to the lane's precision; folds to a constant when <paramref name="value"/> is one.</summary>
    static abstract TSelf Constant(double value);

    static abstract TSelf Load(T* from);

    static abstract TSelf Gather(T* from, int* indices);

    static abstract TSelf Gather(T* from, ushort* indices);

    /// <summary>Loads float32 numbers.</summary>
    static abstract TSelf LoadNarrow(float* from);

    /// <summary>Rounds to float32 numbers.</summary>
    static abstract void StoreNarrow(float* to, TSelf value);

    /// <summary>
    /// Loads numbers that are kept in two halves: their rounding to float32, and in units of the float64's last place what
    /// that leaves (<see cref="SplitNumber"/>). float32 lanes take the first half.
    /// </summary>
    static abstract TSelf LoadSplit(float* high, int* low);

    static abstract void Store(T* to, TSelf value);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>The larger; where either is not a number the second, or on Arm processors not a number.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>The smaller; where either is not a number as <see cref="Max"/>.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    static abstract TSelf Abs(TSelf a);

    /// <summary>Lanes of <paramref name="a"/> where <paramref name="mask"/> has all bits set, else of <paramref name="b"/>.</summary>
    static abstract TSelf Select(TSelf mask, TSelf a, TSelf b);

    /// <summary>All bits set where a &gt; b.</summary>
    static abstract TSelf Greater(TSelf a, TSelf b);

    static abstract bool Any(TSelf mask);

    /// <summary>2ⁿ, given <see cref="Elementary.Magic{T}"/> + n, whose low mantissa bits are the integer n.</summary>
    static abstract TSelf PowerOfTwo(TSelf shifted);

    /// <summary>Exponent e (as a number) and mantissa m in [√½, √2) of a positive normal x = m·2ᵉ.</summary>
    static abstract TSelf Split(TSelf x, out TSelf mantissa);
}
