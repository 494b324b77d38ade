using System.Runtime.CompilerServices;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>Work on vectors that falls into pieces of one vector each.</summary>
internal interface IPieceKernel
{
    /// <summary>
    /// Does numbers <paramref name="from"/> to <paramref name="from"/> + <paramref name="count"/> of vector <paramref name="vector"/>.
    /// </summary>
    void Run(int vector, long from, int count, int worker);
}

internal abstract unsafe partial class CpuEngine<T>
{
    // 128 KiB of float64: several arrays' pieces share the second-level cache.
    private const int NumbersInPiece = 1 << 14;

    // A chain of sums; four of them make a piece.
    private const int NumbersInSum = NumbersInPiece / 4;
    private NativeArray<double>? _sums;

    /// <summary>Runs a kernel over pieces of a fixed size, short vectors several to a block: any thread may do any block.</summary>
    private void RunPieces<TKernel>(TKernel kernel, int vectors, long length, int size = NumbersInPiece)
        where TKernel : struct, IPieceKernel
    {
        if (length == 0) return;
        Pieces<TKernel> pieces = new() { Kernel = kernel, Length = length, Size = size, InVector = (length + size - 1) / size };
        pieces.Count = vectors * pieces.InVector;
        pieces.InBlock = (int)Math.Max(1, size / length);
        Team.Run(ref pieces, checked((int)((pieces.Count + pieces.InBlock - 1) / pieces.InBlock)));
    }

    /// <summary>Room for partial sums that lives as long as the engine.</summary>
    private double* Sums(long length)
    {
        if (_sums is null || _sums.Length < length)
        {
            _sums?.Dispose();
            _sums = new NativeArray<double>(length);
        }

        return _sums.Pointer;
    }

    private static long SumsOf(long length) => (length + NumbersInSum - 1) / NumbersInSum;

    /// <summary>
    /// Σ x y of each <see cref="NumbersInSum"/> numbers, in order. A full piece runs its four sums side by side: each waits
    /// for its last addition, some four cycles.
    /// </summary>
    private static void Products<TNumber>(TNumber* x, TNumber* y, int count, double* sums)
        where TNumber : unmanaged, System.Numerics.INumberBase<TNumber>
    {
        if (count == NumbersInPiece)
        {
            double a = 0, b = 0, c = 0, d = 0;
            for (int i = 0; i < NumbersInSum; i++)
            {
                a += Product(x, y, i);
                b += Product(x, y, NumbersInSum + i);
                c += Product(x, y, (2 * NumbersInSum) + i);
                d += Product(x, y, (3 * NumbersInSum) + i);
            }

            (sums[0], sums[1], sums[2], sums[3]) = (a, b, c, d);
            return;
        }

        for (int from = 0; from < count; from += NumbersInSum, sums++)
        {
            double sum = 0;
            for (int i = from; i < Math.Min(count, from + NumbersInSum); i++) sum += Product(x, y, i);
            *sums = sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Product<TNumber>(TNumber* x, TNumber* y, int i)
        where TNumber : unmanaged, System.Numerics.INumberBase<TNumber> =>
        double.CreateTruncating(x[i]) * double.CreateTruncating(y[i]);

    private struct Pieces<TKernel> : IBlockKernel
        where TKernel : struct, IPieceKernel
    {
        public TKernel Kernel;
        public long Length;
        public long InVector;
        public long Count;
        public int Size;
        public int InBlock;

        public readonly void Run(int block, int worker)
        {
            long last = Math.Min((block + 1L) * InBlock, Count);
            for (long piece = (long)block * InBlock; piece < last; piece++)
            {
                (long vector, long part) = Math.DivRem(piece, InVector);
                long from = part * Size;
                Kernel.Run((int)vector, from, (int)Math.Min(Size, Length - from), worker);
            }
        }
    }
}
