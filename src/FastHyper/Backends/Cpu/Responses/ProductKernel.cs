using System.Numerics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;
using FastHyper.Backends.Cpu.Slices;

namespace FastHyper.Backends.Cpu.Responses;

/// <summary>Sums over the states of a block, in float64.</summary>
internal struct BlockSums
{
    /// <summary>Σ l y.</summary>
    public double LeftOut;

    /// <summary>Σ x y.</summary>
    public double InOut;

    /// <summary>Σ y².</summary>
    public double OutOut;

    /// <summary>Σ l x.</summary>
    public double LeftIn;
}

/// <summary>
/// y = x − (γP)ⁿ x, and in the same pass the inner products that a Krylov method wants; or Σ γʲPʲ x over j ≤ n. Here P x =
/// Σ_m w_m P_m x, w the policy over members or one, both in float32. Each lane of a slice sums for itself over a block,
/// so that sums do not depend on the lane width. With <see cref="Scattered"/> the one product is there already, and only the
/// rest is done.
/// </summary>
internal unsafe struct ProductKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Height = SlicedMatrix.Height;
    private const int Quantities = 4;
    public SlicedMatrix Matrix;
    public Wavefront Wavefront;

    /// <summary>n, at most the products of the wavefront.</summary>
    public int Products;

    /// <summary>Whether powers are added up.</summary>
    public bool Series;

    /// <summary>Of each worker, the products between the first and the last.</summary>
    public T* Between;
    public long RowAction;
    public double Discount;
    public float* Weights;
    public T* Scattered;
    public T* X;
    public T* Y;
    public float* Left;
    public BlockSums* Sums;

    public readonly int Blocks => (Matrix.Slices + Wavefront.SlicesInChunk - 1) / Wavefront.SlicesInChunk;

    public readonly void Run(int block, int worker)
    {
        int first = block * Wavefront.SlicesInChunk;
        int last = Math.Min(first + Wavefront.SlicesInChunk, Matrix.Slices);
        int n = Products, ghost = Wavefront.Ghost;
        TLane* sums = stackalloc TLane[Quantities * Height / TLane.Width];
        Clear(sums);

        // Product j goes from next[j] to end[j], from[j] to from[j + 1].
        int* next = stackalloc int[n], end = stackalloc int[n];
        T** from = stackalloc T*[n + 1];
        long length = (long)Wavefront.SlicesRead * Height;
        T* between = Between + (worker * (Wavefront.Products - 1) * length);
        from[0] = X;
        from[n] = Y;
        for (int j = 0; j < n; j++)
        {
            int early = (n - 1 - j) * ghost;
            next[j] = Math.Max(0, first - early);
            end[j] = Math.Min(Matrix.Slices, last + early);
            if (j < n - 1) from[j + 1] = between + (j * length) - ((long)next[j] * Height);
        }

        while (next[n - 1] < last)
        {
            for (int j = 0; j < n; j++)
            {
                if (j > 0) Ask(next[0] + (Wavefront.Stride * (j - 1) / (n - 1)), Math.Min(next[0] + (Wavefront.Stride * j / (n - 1)), end[0]));
                int to = end[j];
                if (j == 0) to = Math.Min(to, next[0] + Wavefront.Stride);
                else if (next[j - 1] < end[j - 1]) to = Math.Min(to, next[j - 1] - ghost);
                if (to <= next[j]) continue;
                if (j < n - 1 || Series) Multiply(next[j], to, from[j], from[j + 1]);
                else Finish(next[j], to, last, from[j], sums);
                next[j] = to;
            }
        }
    }

    /// <summary>Asks for the values of slices that the first product comes to next, while others work in the cache.</summary>
    private readonly void Ask(int first, int last)
    {
        if (first >= last || Matrix.Members > 1) return;
        SliceMember* table = Matrix.MemberTable;
        byte* from = (byte*)(Matrix.High + ((long)table[first].Values * Height));
        byte* to = (byte*)(Matrix.High + (((long)table[last - 1].Values + table[last - 1].Width) * Height));
        for (; from < to; from += CacheLine.Bytes) CacheLine.AskSecond(from);
    }

    /// <summary>z ← γP x, or that and X.</summary>
    private readonly void Multiply(int first, int last, T* x, T* z)
    {
        TLane discount = TLane.Broadcast(T.CreateTruncating(Discount));
        for (int slice = first; slice < last; slice++)
        {
            for (int lane = 0; lane < Height; lane += 2 * TLane.Width)
            {
                long s = ((long)slice * Height) + lane;
                Row(slice, lane, x, out TLane total0, out TLane total1);
                if (Series)
                {
                    TLane.Store(z + s, TLane.MultiplyAdd(discount, total0, TLane.Load(X + s)));
                    TLane.Store(z + s + TLane.Width, TLane.MultiplyAdd(discount, total1, TLane.Load(X + s + TLane.Width)));
                }
                else
                {
                    TLane.Store(z + s, discount * total0);
                    TLane.Store(z + s + TLane.Width, discount * total1);
                }
            }
        }
    }

    /// <summary>Y ← X − γP x, and its inner products.</summary>
    private readonly void Finish(int first, int last, int lastOfChunk, T* x, TLane* sums)
    {
        TLane discount = TLane.Broadcast(T.CreateTruncating(-Discount));
        for (int slice = first; slice < last; slice++)
        {
            TLane* sum = sums;
            for (int lane = 0; lane < Height; lane += 2 * TLane.Width, sum += 2 * Quantities)
            {
                long s = ((long)slice * Height) + lane;
                Row(slice, lane, x, out TLane total0, out TLane total1);
                TLane x0 = TLane.Load(X + s), x1 = TLane.Load(X + s + TLane.Width);
                TLane y0 = TLane.MultiplyAdd(discount, total0, x0), y1 = TLane.MultiplyAdd(discount, total1, x1);
                TLane l0 = TLane.LoadNarrow(Left + s), l1 = TLane.LoadNarrow(Left + s + TLane.Width);
                TLane.Store(Y + s, y0);
                TLane.Store(Y + s + TLane.Width, y1);
                sum[0] = TLane.MultiplyAdd(l0, y0, sum[0]);
                sum[1] = TLane.MultiplyAdd(l1, y1, sum[1]);
                sum[2] = TLane.MultiplyAdd(x0, y0, sum[2]);
                sum[3] = TLane.MultiplyAdd(x1, y1, sum[3]);
                sum[4] = TLane.MultiplyAdd(y0, y0, sum[4]);
                sum[5] = TLane.MultiplyAdd(y1, y1, sum[5]);
                sum[6] = TLane.MultiplyAdd(l0, x0, sum[6]);
                sum[7] = TLane.MultiplyAdd(l1, x1, sum[7]);
            }

            if ((slice + 1) % Wavefront.SlicesInBlock != 0 && slice + 1 != lastOfChunk) continue;
            Sums[slice / Wavefront.SlicesInBlock] = Reduce(sums);
            Clear(sums);
        }
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
            SliceRow.Sum<TLane, T, RoundedValues>(in table[0], Matrix.High, null, Matrix.Shifts, Matrix.Near, Matrix.Far, x, slice, lane, out total0, out total1);
        }
        else
        {
            total0 = total1 = TLane.Constant(0);
            float* weight = Weights + s;
            for (int m = 0; m < members; m++, weight += RowAction)
            {
                SliceRow.Sum<TLane, T, RoundedValues>(in table[m], Matrix.High, null, Matrix.Shifts, Matrix.Near, Matrix.Far, x, slice, lane, out TLane sum0, out TLane sum1);
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
