using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>
/// target += Pᵀ z without a transpose: each row adds its entries to where its columns point. z(s,a) is given, or π(s,a)
/// y(s), or y(s) for a matrix of one member. Chunks of states that are twice as long as the matrix is wide write to
/// nothing that the chunk after the next does: all even ones go at once, then all odd ones. Where the matrix is too wide for
/// that, each of a fixed number of parts sums into a target of its own.
/// </summary>
internal unsafe struct ScatterKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Height = SlicedMatrix.Height;
    private const int LongestRun = 32;
    public SlicedMatrix Matrix;
    public int SlicesInChunk;
    public int FirstChunk;
    public int ChunkStep;
    public long RowAction;
    public T* Rows;
    public T* Policy;
    public T* Values;
    public T* Target;

    /// <summary>Distance between the targets of chunks; 0 where they share one.</summary>
    public long TargetStep;

    public readonly void Run(int block, int worker)
    {
        int chunk = FirstChunk + (block * ChunkStep);
        int first = chunk * SlicesInChunk;
        int last = Math.Min(first + SlicesInChunk, Matrix.Slices);
        T* target = Target + (chunk * TargetStep);
        int members = Matrix.Members;
        float* high = Matrix.High;
        int* low = Matrix.Low;
        T* numbers = stackalloc T[(LongestRun + 1) * Height];
        T* values = numbers + (LongestRun * Height);
        for (int slice = first, count; slice < last; slice += count)
        {
            SliceMember* table = Matrix.MemberTable + ((long)slice * members);
            count = Run(table, members, last - slice);
            for (int m = 0; m < members; m++)
            {
                SliceMember member = table[m];
                for (int lane = 0; lane < count * Height; lane += TLane.Width)
                {
                    long s = ((long)slice * Height) + lane;
                    TLane z = Rows is not null ? TLane.Load(Rows + (m * RowAction) + s) : TLane.Load(Values + s);
                    if (Policy is not null) z *= TLane.Load(Policy + (m * RowAction) + s);
                    TLane.Store(numbers + lane, z);
                }

                for (int k = 0; k < member.Width; k++)
                {
                    if (member.Form == ColumnForm.Shift)
                    {
                        T* to = target + ((long)slice * Height) + Matrix.Shifts[member.Columns + k];
                        for (int i = 0; i < count; i++)
                        {
                            long at = ((long)table[(i * members) + m].Values + k) * Height;
                            for (int lane = 0; lane < Height; lane += TLane.Width)
                            {
                                T* sum = to + (i * Height) + lane;
                                TLane.Store(
                                    sum,
                                    TLane.MultiplyAdd(
                                        TLane.Load(numbers + (i * Height) + lane), TLane.LoadSplit(high + at + lane, low + at + lane),
                                        TLane.Load(sum)));
                            }
                        }

                        continue;
                    }

                    long place = ((long)member.Values + k) * Height, columns = ((long)member.Columns + k) * Height;
                    for (int lane = 0; lane < Height; lane += TLane.Width)
                        TLane.Store(values + lane, TLane.Load(numbers + lane) * TLane.LoadSplit(high + place + lane, low + place + lane));
                    if (member.Form == ColumnForm.Near)
                        for (int lane = 0; lane < Height; lane++) target[member.Base + Matrix.Near[columns + lane]] += values[lane];
                    else
                        for (int lane = 0; lane < Height; lane++) target[Matrix.Far[columns + lane]] += values[lane];
                }
            }
        }
    }

    /// <summary>
    /// Slices from the first one on whose members all have its shifts: they add entry by entry together, so that a sum is long
    /// stored before its neighbours are loaded over it.
    /// </summary>
    private static int Run(SliceMember* first, int members, int most)
    {
        for (int m = 0; m < members; m++)
            if (first[m].Form != ColumnForm.Shift) return 1;
        most = Math.Min(most, LongestRun);
        for (int count = 1; count < most; count++)
        {
            SliceMember* next = first + (count * members);
            for (int m = 0; m < members; m++)
                if (next[m].Form != ColumnForm.Shift || next[m].Columns != first[m].Columns || next[m].Width != first[m].Width)
                    return count;
        }

        return most;
    }
}

/// <summary>Target = Σ of the parts' targets, in their order.</summary>
internal unsafe struct GatherPartsKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public const int LengthInBlock = 4096;
    public T* Parts;
    public int Count;
    public long Length;
    public T* Target;

    public readonly void Run(int block, int worker)
    {
        long last = Math.Min((long)(block + 1) * LengthInBlock, Length);
        for (long s = (long)block * LengthInBlock; s < last; s += TLane.Width)
        {
            TLane sum = TLane.Load(Parts + s);
            for (int part = 1; part < Count; part++) sum += TLane.Load(Parts + (part * Length) + s);
            TLane.Store(Target + s, sum);
        }
    }
}
