using System.Numerics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>The innermost loop of every product: one row's entries, for two registers of groups side by side.</summary>
internal static unsafe class SliceRow
{
    // Entries ahead, 2 KB of each of three streams: some hundreds of cycles.
    private const int EntriesAhead = 32;

    /// <summary>
    /// Σ_k p_k x(column_k) of the groups from <paramref name="lane"/> of a slice on, as many as two registers hold: two
    /// independent chains of sums.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sum<TLane, T, TValues>(
        in SliceMember member, float* high, int* low, int* shifts, ushort* near, int* far, T* x, long slice, int lane, out TLane sum0,
        out TLane sum1)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TValues : ISliceValues
    {
        const int height = SlicedMatrix.Height;
        long at = ((long)member.Values * height) + lane;
        float* h = high + at;
        int* l = low + at;
        int width = member.Width;
        sum0 = sum1 = TLane.Constant(0);
        if (member.Form == ColumnForm.Shift)
        {
            int* offsets = shifts + member.Columns;
            T* own = x + (slice * height) + lane;
            for (int k = 0; k < width; k++, h += height, l += height)
            {
                T* from = own + offsets[k];
                // Of rounded values a wavefront asks for its own, once for several products.
                if (typeof(TValues) == typeof(WholeValues)) Prefetch<T, TValues>(h, l);
                sum0 = TLane.MultiplyAdd(TValues.Load<TLane, T>(h, l), TLane.Load(from), sum0);
                sum1 = TLane.MultiplyAdd(TValues.Load<TLane, T>(h + TLane.Width, l + TLane.Width), TLane.Load(from + TLane.Width), sum1);
            }
        }
        else if (member.Form == ColumnForm.Near)
        {
            ushort* columns = near + ((long)member.Columns * height) + lane;
            T* origin = x + member.Base;
            for (int k = 0; k < width; k++, h += height, l += height, columns += height)
            {
                Prefetch<T, TValues>(h, l);
                CacheLine.PrefetchOnce(columns + (EntriesAhead * height));
                sum0 = TLane.MultiplyAdd(TValues.Load<TLane, T>(h, l), TLane.Gather(origin, columns), sum0);
                sum1 = TLane.MultiplyAdd(
                    TValues.Load<TLane, T>(h + TLane.Width, l + TLane.Width), TLane.Gather(origin, columns + TLane.Width), sum1);
            }
        }
        else
        {
            int* columns = far + ((long)member.Columns * height) + lane;
            for (int k = 0; k < width; k++, h += height, l += height, columns += height)
            {
                Prefetch<T, TValues>(h, l);
                CacheLine.PrefetchOnce(columns + (EntriesAhead * height));
                sum0 = TLane.MultiplyAdd(TValues.Load<TLane, T>(h, l), TLane.Gather(x, columns), sum0);
                sum1 = TLane.MultiplyAdd(
                    TValues.Load<TLane, T>(h + TLane.Width, l + TLane.Width), TLane.Gather(x, columns + TLane.Width), sum1);
            }
        }
    }

    /// <summary>
    /// Prefetches values to come past the second-level cache, from which a stream of them would drive the x that is gathered; the
    /// processor by itself asks for too little of several streams at once.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<T, TValues>(float* high, int* low)
    {
        CacheLine.PrefetchOnce(high + (EntriesAhead * SlicedMatrix.Height));
        if (typeof(T) == typeof(double) && typeof(TValues) == typeof(WholeValues))
            CacheLine.PrefetchOnce(low + (EntriesAhead * SlicedMatrix.Height));
    }
}

/// <summary>How a product takes a matrix's values.</summary>
internal unsafe interface ISliceValues
{
    static abstract TLane Load<TLane, T>(float* high, int* low)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;
}

/// <summary>Both halves, where the lanes hold them.</summary>
internal readonly unsafe struct WholeValues : ISliceValues
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Load<TLane, T>(float* high, int* low)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => TLane.LoadSplit(high, low);
}

/// <summary>Their rounding to float32, whatever the lanes hold.</summary>
internal readonly unsafe struct RoundedValues : ISliceValues
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Load<TLane, T>(float* high, int* low)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => TLane.LoadNarrow(high);
}
