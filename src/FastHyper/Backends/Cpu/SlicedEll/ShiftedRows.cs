using System.Numerics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>
/// Sums Σ_k p_k x(s + offset_k), with values rounded to float32, of slices whose rows follow one pattern of shifts, and stand one after the
/// other.
/// </summary>
internal static unsafe class ShiftedRows
{
    private const int Height = SlicedMatrix.Height;

    /// <summary>Of a slice, the groups that two registers hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumOne<TLane, T>(float* values, int* offset, int* end, T* own, out TLane sum0, out TLane sum1)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        sum0 = sum1 = TLane.Constant(0);
        for (; offset < end; offset++, values += Height)
        {
            T* from = own + *offset;
            sum0 = TLane.MultiplyAdd(TLane.LoadNarrow(values), TLane.Load(from), sum0);
            sum1 = TLane.MultiplyAdd(TLane.LoadNarrow(values + TLane.Width), TLane.Load(from + TLane.Width), sum1);
        }
    }

    /// <summary>Of four slices side by side, so that an offset is read once for all of them and no sum waits for another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumFour<TLane, T>(
        float* values, int* offset, int* end, T* own, long stride,
        out TLane sum00, out TLane sum01, out TLane sum10, out TLane sum11, out TLane sum20, out TLane sum21, out TLane sum30,
        out TLane sum31)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        sum00 = sum01 = sum10 = sum11 = sum20 = sum21 = sum30 = sum31 = TLane.Constant(0);
        for (; offset < end; offset++, values += Height)
        {
            T* from = own + *offset;
            float* next = values;
            sum00 = TLane.MultiplyAdd(TLane.LoadNarrow(next), TLane.Load(from), sum00);
            sum01 = TLane.MultiplyAdd(TLane.LoadNarrow(next + TLane.Width), TLane.Load(from + TLane.Width), sum01);
            next += stride;
            sum10 = TLane.MultiplyAdd(TLane.LoadNarrow(next), TLane.Load(from + Height), sum10);
            sum11 = TLane.MultiplyAdd(TLane.LoadNarrow(next + TLane.Width), TLane.Load(from + Height + TLane.Width), sum11);
            next += stride;
            sum20 = TLane.MultiplyAdd(TLane.LoadNarrow(next), TLane.Load(from + (2 * Height)), sum20);
            sum21 = TLane.MultiplyAdd(TLane.LoadNarrow(next + TLane.Width), TLane.Load(from + (2 * Height) + TLane.Width), sum21);
            next += stride;
            sum30 = TLane.MultiplyAdd(TLane.LoadNarrow(next), TLane.Load(from + (3 * Height)), sum30);
            sum31 = TLane.MultiplyAdd(TLane.LoadNarrow(next + TLane.Width), TLane.Load(from + (3 * Height) + TLane.Width), sum31);
        }
    }
}
