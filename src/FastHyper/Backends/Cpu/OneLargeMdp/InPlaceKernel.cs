using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

/// <summary>
/// Half a sweep in place. Chunks of slices at least as long as the matrix is wide read nothing of the chunk after the next: all
/// even ones go at once, and all odd ones, each through its slices in the direction of the sweep. A sweep up begins with the even
/// ones, one down with the odd ones, which is the same order backwards.
/// </summary>
internal unsafe struct InPlaceKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public BackupKernel<TLane, T> Backup;
    public int SlicesInChunk;
    public int FirstChunk;
    public bool Down;

    public readonly void Run(int block, int worker)
    {
        int chunk = FirstChunk + (2 * block);
        int first = chunk * SlicesInChunk;
        Backup.Bounds[chunk] = Backup.SweepInPlace(first, Math.Min(first + SlicesInChunk, Backup.P.Slices), Down, worker);
    }
}

/// <summary>
/// How sweeps in place cut a matrix: by nothing but the matrix, so that threads do not show. The first colour reads what the other
/// left in the sweep before, so there are no more chunks than threads may want; and one alone where few are possible.
/// </summary>
/// <param name="Slices">Slices of each chunk but the last.</param>
/// <param name="Count">Number of chunks.</param>
internal readonly record struct SweepChunks(int Slices, int Count)
{
    // Long enough to keep starts cheap.
    private const int Shortest = 8;
    private const int Fewest = 4;
    private const int Most = 32;

    public static SweepChunks Of(SlicedMatrix matrix)
    {
        int wide = (int)(((long)matrix.Bandwidth + SlicedMatrix.Height - 1) / SlicedMatrix.Height);
        int slices = Math.Max(Math.Max(Shortest, wide), (matrix.Slices + Most - 1) / Most);
        int count = (matrix.Slices + slices - 1) / slices;
        return count < Fewest ? new SweepChunks(matrix.Slices, 1) : new SweepChunks(slices, count);
    }
}
