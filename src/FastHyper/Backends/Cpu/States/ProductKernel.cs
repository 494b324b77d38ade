using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.States;

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

    /// <summary>max |y|.</summary>
    public double Largest;
}

/// <summary>
/// y = x − γ Σ_m w_m P_m x, w the policy over members or one, both in float32; and in the same pass the inner products that a
/// Krylov method wants. Each lane of a slice sums for itself over a block, so that sums do not depend on the lane width.
/// With <see cref="Scattered"/> the products are there already, and only the rest is done.
/// </summary>
internal unsafe struct ProductKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Height = SlicedMatrix.Height;
    public SlicedMatrix Matrix;
    public int SlicesInBlock;
    public long RowAction;
    public double Discount;
    public float* Weights;
    public T* Scattered;
    public T* X;
    public T* Y;
    public float* Left;
    public BlockSums* Sums;

    public readonly int Blocks => (Matrix.Slices + SlicesInBlock - 1) / SlicesInBlock;

    public readonly void Run(int block, int worker)
    {
        const int quantities = 4;
        int first = block * SlicesInBlock;
        int last = Math.Min(first + SlicesInBlock, Matrix.Slices);
        TLane* sums = stackalloc TLane[quantities * Height / TLane.Width];
        for (int i = 0; i < quantities * Height / TLane.Width; i++) sums[i] = TLane.Constant(0);
        TLane discount = TLane.Broadcast(T.CreateTruncating(-Discount));
        int members = Matrix.Members;
        float* high = Matrix.High;
        int* shifts = Matrix.Shifts, far = Matrix.Far;
        ushort* near = Matrix.Near;
        for (int slice = first; slice < last; slice++)
        {
            SliceMember* table = Matrix.MemberTable + ((long)slice * members);
            TLane* sum = sums;
            for (int lane = 0; lane < Height; lane += 2 * TLane.Width, sum += 2 * quantities)
            {
                long s = ((long)slice * Height) + lane;
                TLane total0, total1;
                if (Scattered is not null)
                {
                    total0 = TLane.Load(Scattered + s);
                    total1 = TLane.Load(Scattered + s + TLane.Width);
                }
                else if (Weights is null)
                {
                    SliceRow.Sum<TLane, T, RoundedValues>(in table[0], high, null, shifts, near, far, X, slice, lane, out total0, out total1);
                }
                else
                {
                    total0 = total1 = TLane.Constant(0);
                    float* weight = Weights + s;
                    for (int m = 0; m < members; m++, weight += RowAction)
                    {
                        SliceRow.Sum<TLane, T, RoundedValues>(in table[m], high, null, shifts, near, far, X, slice, lane, out TLane sum0, out TLane sum1);
                        total0 = TLane.MultiplyAdd(TLane.LoadNarrow(weight), sum0, total0);
                        total1 = TLane.MultiplyAdd(TLane.LoadNarrow(weight + TLane.Width), sum1, total1);
                    }
                }

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
        }

        Sums[block] = Reduce(sums);
    }

    /// <summary>Adds the lanes of a slice in their order, whatever the width.</summary>
    private static BlockSums Reduce(TLane* sums)
    {
        T* numbers = stackalloc T[8 * TLane.Width];
        BlockSums result = default;
        for (int lane = 0; lane < Height; lane += 2 * TLane.Width, sums += 8)
        {
            for (int i = 0; i < 8; i++) TLane.Store(numbers + (i * TLane.Width), sums[i]);
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
