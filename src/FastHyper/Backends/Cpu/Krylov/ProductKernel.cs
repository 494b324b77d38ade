using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.Krylov;

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
internal unsafe partial struct ProductKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Height = SlicedMatrix.Height;
    private const int Quantities = 4;

    // Slices that a product comes to between two requests for memory: more requests at once than the processor keeps make it wait.
    private const int SlicesInPiece = 12;
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
            int asked = 0;
            for (int j = 0; j < n; j++)
            {
                int to = end[j];
                if (j == 0) to = Math.Min(to, next[0] + Wavefront.Stride);
                else if (next[j - 1] < end[j - 1]) to = Math.Min(to, next[j - 1] - ghost);
                while (next[j] < to)
                {
                    int piece = Math.Min(to, next[j] + SlicesInPiece);
                    if (j > 0)
                    {
                        int more = Math.Min(asked + ((piece - next[j] + n - 2) / (n - 1)), Wavefront.Stride);
                        Prefetch(next[0] + asked, Math.Min(next[0] + more, end[0]), next[n - 1] - next[0]);
                        asked = more;
                    }

                    if (j < n - 1 || Series) Multiply(next[j], piece, from[j], from[j + 1]);
                    else Finish(next[j], piece, last, from[j], sums);
                    next[j] = piece;
                }
            }
        }
    }

    /// <summary>
    /// Prefetches what the first product and the last come to next, while others work in the cache: the values of slices and the x of their
    /// farthest columns, and what is read and written <paramref name="ahead"/> of them.
    /// </summary>
    private readonly void Prefetch(int first, int last, int ahead)
    {
        if (first >= last || Matrix.Members > 1) return;
        for (long slice = first; slice < last; slice++)
        {
            // Slices whose values repeat those of others may have them far apart.
            SliceMember member = Matrix.MemberTable[slice];
            byte* from = (byte*)(Matrix.High + ((long)member.Values * Height)), to = (byte*)((float*)from + (member.Width * Height));
            for (; from < to; from += CacheLine.Bytes) CacheLine.PrefetchSecondLevel(from);
            long finished = (slice + ahead) * Height;
            CacheLine.PrefetchSecondLevel(Left + finished);
            for (int line = 0; line < Height * sizeof(T); line += CacheLine.Bytes)
            {
                CacheLine.PrefetchSecondLevel((byte*)(X + ((slice + Wavefront.Ghost) * Height)) + line);
                CacheLine.PrefetchSecondLevel((byte*)(Y + finished) + line);
            }
        }
    }
}
