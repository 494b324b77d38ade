using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// How many products with a matrix are taken in one pass over it, and in which chunks of slices. Where columns lie near their
/// rows, product j+1 can follow product j through the matrix at the distance of its bandwidth, while what lies between
/// the first and the last is still in the cache: n products for the bytes of one. A chunk begins and ends as many bandwidths
/// early and late as products are left, so that chunks need nothing of each other, and numbers are those of single products.
/// </summary>
/// <param name="Products">Products in a pass; one where the cache does not hold what lies between two.</param>
/// <param name="Ghost">The bandwidth in slices.</param>
/// <param name="SlicesInChunk">Slices of a chunk, a multiple of <see cref="SlicesInBlock"/>.</param>
internal readonly record struct Wavefront(int Products, int Ghost, int SlicesInChunk)
{
    /// <summary>Slices over which inner products are summed before they are added to others.</summary>
    public const int SlicesInBlock = 64;

    /// <summary>Slices that a product goes ahead before the next follows.</summary>
    public const int Stride = 48;

    // A chunk begins (n − 1) bandwidths early and ends as many late, and so repeats as many in each product: a sixteenth of its length. In
    // a matrix that is shorter it may be an eighth.
    private const int ChunkInGhosts = 16;
    private const int ShortestInGhosts = 8;

    // Half of the second-level cache of a core, where that is small.
    private const long BytesOfWindow = 512 << 10;
    private const int MostProducts = 4;

    /// <summary>One product in a pass.</summary>
    public static Wavefront Single => new(1, 0, SlicesInBlock);

    /// <summary>Slices that a chunk reads, its own among them.</summary>
    public int SlicesRead => SlicesInChunk + (2 * (Products - 1) * Ghost);

    /// <summary>
    /// The most products in a pass of which the cache holds what lies between them, and chunks repeat little of each other. How
    /// many does not depend on the threads, only chunks do.
    /// </summary>
    public static Wavefront Of(SlicedMatrix matrix, int threads, int bytesOfNumber)
    {
        int ghost = (matrix.Bandwidth + SlicedMatrix.Height - 1) / SlicedMatrix.Height;
        long bytesOfSlice = (matrix.Bytes / matrix.Slices) + (2L * SlicedMatrix.Height * bytesOfNumber);
        for (int products = MostProducts; products > 1; products /= 2)
        {
            long early = (products - 1L) * ghost;
            if ((early + ((products - 1) * Stride)) * bytesOfSlice > BytesOfWindow || ShortestInGhosts * early > matrix.Slices) continue;
            int chunks = matrix.Slices / Math.Max((int)(ChunkInGhosts * early), SlicesInBlock);
            chunks = Math.Max(1, (chunks + threads - 1) / threads) * threads;
            int slices = (matrix.Slices + chunks - 1) / chunks;
            return new Wavefront(products, ghost, (slices + SlicesInBlock - 1) / SlicesInBlock * SlicesInBlock);
        }

        return Single;
    }
}
