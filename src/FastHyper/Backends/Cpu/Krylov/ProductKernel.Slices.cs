using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.Krylov;

/// <content>The products of some slices one after the other, those alike by themselves: loops too large for the registers spill.</content>
internal unsafe partial struct ProductKernel<TLane, T>
{
    /// <summary>z ← γP x, or that and <see cref="X"/>.</summary>
    private readonly void Multiply(int first, int last, T* x, T* z)
    {
        for (int slice = first, end; slice < last; slice = end)
        {
            end = Alike(slice, last);
            if (end > slice) MultiplyAlike(slice, end, x, z);
            else MultiplyOne(end++, x, z);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void MultiplyOne(int slice, T* x, T* z)
    {
        TLane discount = TLane.Broadcast(T.CreateTruncating(Discount));
        for (int lane = 0; lane < Height; lane += 2 * TLane.Width)
        {
            Row(slice, lane, x, out TLane total0, out TLane total1);
            long s = ((long)slice * Height) + lane;
            Put(z + s, s, discount, total0, total1);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void MultiplyAlike(int first, int last, T* x, T* z)
    {
        TLane discount = TLane.Broadcast(T.CreateTruncating(Discount));
        SliceMember member = Matrix.MemberTable[first];
        int* offsets = Matrix.Shifts + member.Columns, end = offsets + member.Width;
        long stride = (long)member.Width * Height;
        for (int lane = 0; lane < Height; lane += 2 * TLane.Width)
        {
            float* values = Matrix.High + ((long)member.Values * Height) + lane;
            long s = ((long)first * Height) + lane;
            int slice = first;
            for (; slice + 4 <= last; slice += 4, s += 4 * Height, values += 4 * stride)
            {
                ShiftedRows.SumFour(
                    values, offsets, end, x + s, stride,
                    out TLane sum00, out TLane sum01, out TLane sum10, out TLane sum11, out TLane sum20, out TLane sum21, out TLane sum30,
                    out TLane sum31);
                Put(z + s, s, discount, sum00, sum01);
                Put(z + s + Height, s + Height, discount, sum10, sum11);
                Put(z + s + (2 * Height), s + (2 * Height), discount, sum20, sum21);
                Put(z + s + (3 * Height), s + (3 * Height), discount, sum30, sum31);
            }

            for (; slice < last; slice++, s += Height, values += stride)
            {
                ShiftedRows.SumOne(values, offsets, end, x + s, out TLane sum0, out TLane sum1);
                Put(z + s, s, discount, sum0, sum1);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Put(T* to, long s, TLane discount, TLane total0, TLane total1)
    {
        if (Series)
        {
            TLane.Store(to, TLane.MultiplyAdd(discount, total0, TLane.Load(X + s)));
            TLane.Store(to + TLane.Width, TLane.MultiplyAdd(discount, total1, TLane.Load(X + s + TLane.Width)));
        }
        else
        {
            TLane.Store(to, discount * total0);
            TLane.Store(to + TLane.Width, discount * total1);
        }
    }

    /// <summary>Y ← X − γP x, and inner products of a chunk's blocks.</summary>
    private readonly void Finish(int first, int last, int lastOfChunk, T* x, TLane* sums)
    {
        for (int slice = first, end; slice < last; slice = end)
        {
            int block = slice / Wavefront.SlicesInBlock, next = (block + 1) * Wavefront.SlicesInBlock;
            end = Alike(slice, Math.Min(last, next));
            if (end > slice) FinishAlike(slice, end, x, sums);
            else FinishOne(end++, x, sums);
            if (end != next && end != lastOfChunk) continue;
            Sums[block] = Reduce(sums);
            Clear(sums);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void FinishOne(int slice, T* x, TLane* sums)
    {
        TLane discount = TLane.Broadcast(T.CreateTruncating(-Discount));
        for (int lane = 0; lane < Height; lane += 2 * TLane.Width, sums += 2 * Quantities)
        {
            Row(slice, lane, x, out TLane total0, out TLane total1);
            long s = ((long)slice * Height) + lane;
            Add(s, X, Y, Left, discount, total0, ref sums[0], ref sums[2], ref sums[4], ref sums[6]);
            Add(s + TLane.Width, X, Y, Left, discount, total1, ref sums[1], ref sums[3], ref sums[5], ref sums[7]);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void FinishAlike(int first, int last, T* x, TLane* sums)
    {
        TLane discount = TLane.Broadcast(T.CreateTruncating(-Discount));
        SliceMember member = Matrix.MemberTable[first];
        int* offsets = Matrix.Shifts + member.Columns, end = offsets + member.Width;
        long stride = (long)member.Width * Height;
        T* whole = X, y = Y;
        float* left = Left;
        for (int lane = 0; lane < Height; lane += 2 * TLane.Width, sums += 2 * Quantities)
        {
            float* values = Matrix.High + ((long)member.Values * Height) + lane;
            long s = ((long)first * Height) + lane;
            TLane leftOut0 = sums[0], leftOut1 = sums[1], inOut0 = sums[2], inOut1 = sums[3], outOut0 = sums[4], outOut1 = sums[5],
                leftIn0 = sums[6], leftIn1 = sums[7];
            int slice = first;
            for (; slice + 4 <= last; slice += 4, s += 4 * Height, values += 4 * stride)
            {
                ShiftedRows.SumFour(
                    values, offsets, end, x + s, stride,
                    out TLane sum00, out TLane sum01, out TLane sum10, out TLane sum11, out TLane sum20, out TLane sum21, out TLane sum30,
                    out TLane sum31);
                Add(s, whole, y, left, discount, sum00, ref leftOut0, ref inOut0, ref outOut0, ref leftIn0);
                Add(s + TLane.Width, whole, y, left, discount, sum01, ref leftOut1, ref inOut1, ref outOut1, ref leftIn1);
                Add(s + Height, whole, y, left, discount, sum10, ref leftOut0, ref inOut0, ref outOut0, ref leftIn0);
                Add(s + Height + TLane.Width, whole, y, left, discount, sum11, ref leftOut1, ref inOut1, ref outOut1, ref leftIn1);
                Add(s + (2 * Height), whole, y, left, discount, sum20, ref leftOut0, ref inOut0, ref outOut0, ref leftIn0);
                Add(s + (2 * Height) + TLane.Width, whole, y, left, discount, sum21, ref leftOut1, ref inOut1, ref outOut1, ref leftIn1);
                Add(s + (3 * Height), whole, y, left, discount, sum30, ref leftOut0, ref inOut0, ref outOut0, ref leftIn0);
                Add(s + (3 * Height) + TLane.Width, whole, y, left, discount, sum31, ref leftOut1, ref inOut1, ref outOut1, ref leftIn1);
            }

            for (; slice < last; slice++, s += Height, values += stride)
            {
                ShiftedRows.SumOne(values, offsets, end, x + s, out TLane sum0, out TLane sum1);
                Add(s, whole, y, left, discount, sum0, ref leftOut0, ref inOut0, ref outOut0, ref leftIn0);
                Add(s + TLane.Width, whole, y, left, discount, sum1, ref leftOut1, ref inOut1, ref outOut1, ref leftIn1);
            }

            sums[0] = leftOut0;
            sums[1] = leftOut1;
            sums[2] = inOut0;
            sums[3] = inOut1;
            sums[4] = outOut0;
            sums[5] = outOut1;
            sums[6] = leftIn0;
            sums[7] = leftIn1;
        }
    }

    /// <summary>y of a register of states, and what it adds to inner products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        long s, T* from, T* to, float* left, TLane discount, TLane total, ref TLane leftOut, ref TLane inOut, ref TLane outOut,
        ref TLane leftIn)
    {
        TLane x = TLane.Load(from + s), y = TLane.MultiplyAdd(discount, total, x), l = TLane.LoadNarrow(left + s);
        TLane.Store(to + s, y);
        leftOut = TLane.MultiplyAdd(l, y, leftOut);
        inOut = TLane.MultiplyAdd(x, y, inOut);
        outOut = TLane.MultiplyAdd(y, y, outOut);
        leftIn = TLane.MultiplyAdd(l, x, leftIn);
    }

    /// <summary>
    /// The end of the slices alike from one on, before the last: the slice itself if its rows follow no pattern of shifts.
    /// </summary>
    private readonly int Alike(int slice, int last)
    {
        SliceMember own = Matrix.MemberTable[slice];
        return Weights is not null || Scattered is not null || own.Form != ColumnForm.Shift ? slice : Math.Min(slice + 1 + own.Alike, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Row(int slice, int lane, T* x, out TLane total0, out TLane total1)
    {
        long s = ((long)slice * Height) + lane;
        int members = Matrix.Members;
        SliceMember* table = Matrix.MemberTable + ((long)slice * members);
        if (Scattered is not null)
        {
            total0 = TLane.Load(Scattered + s);
            total1 = TLane.Load(Scattered + s + TLane.Width);
        }
        else if (Weights is null)
        {
            SliceRow.Sum<TLane, T, RoundedValues>(
                in table[0], Matrix.High, null, Matrix.Shifts, Matrix.Near, Matrix.Far, x, slice, lane, out total0, out total1);
        }
        else
        {
            total0 = total1 = TLane.Constant(0);
            float* weight = Weights + s;
            for (int m = 0; m < members; m++, weight += RowAction)
            {
                SliceRow.Sum<TLane, T, RoundedValues>(
                    in table[m], Matrix.High, null, Matrix.Shifts, Matrix.Near, Matrix.Far, x, slice, lane, out TLane sum0, out TLane sum1);
                total0 = TLane.MultiplyAdd(TLane.LoadNarrow(weight), sum0, total0);
                total1 = TLane.MultiplyAdd(TLane.LoadNarrow(weight + TLane.Width), sum1, total1);
            }
        }
    }

    private static void Clear(TLane* sums)
    {
        for (int i = 0; i < Quantities * Height / TLane.Width; i++) sums[i] = TLane.Constant(0);
    }

    /// <summary>Adds the lanes of a slice in their order, whatever the width.</summary>
    private static BlockSums Reduce(TLane* sums)
    {
        T* numbers = stackalloc T[2 * Quantities * TLane.Width];
        BlockSums result = default;
        for (int lane = 0; lane < Height; lane += 2 * TLane.Width, sums += 2 * Quantities)
        {
            for (int i = 0; i < 2 * Quantities; i++) TLane.Store(numbers + (i * TLane.Width), sums[i]);
            for (int j = 0; j < 2 * TLane.Width; j++)
            {
                result.LeftOut += double.CreateTruncating(numbers[j]);
                result.InOut += double.CreateTruncating(numbers[(2 * TLane.Width) + j]);
                result.OutOut += double.CreateTruncating(numbers[(4 * TLane.Width) + j]);
                result.LeftIn += double.CreateTruncating(numbers[(6 * TLane.Width) + j]);
            }
        }

        return result;
    }
}
