using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.States;

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
        T* numbers = stackalloc T[2 * Height];
        T* values = numbers + Height;
        for (int slice = first; slice < last; slice++)
        {
            long s = (long)slice * Height;
            for (int m = 0; m < members; m++)
            {
                SliceMember member = Matrix.MemberTable[((long)slice * members) + m];
                for (int lane = 0; lane < Height; lane += TLane.Width)
                {
                    TLane z = Rows is not null ? TLane.Load(Rows + (m * RowAction) + s + lane) : TLane.Load(Values + s + lane);
                    if (Policy is not null) z *= TLane.Load(Policy + (m * RowAction) + s + lane);
                    TLane.Store(numbers + lane, z);
                }

                long at = (long)member.Values * Height;
                for (int k = 0; k < member.Width; k++, at += Height)
                {
                    if (member.Form == ColumnForm.Shift)
                    {
                        T* to = target + s + Matrix.Shifts[member.Columns + k];
                        for (int lane = 0; lane < Height; lane += TLane.Width)
                            TLane.Store(to + lane, TLane.MultiplyAdd(TLane.Load(numbers + lane), TLane.LoadSplit(high + at + lane, low + at + lane), TLane.Load(to + lane)));
                        continue;
                    }

                    for (int lane = 0; lane < Height; lane += TLane.Width)
                        TLane.Store(values + lane, TLane.Load(numbers + lane) * TLane.LoadSplit(high + at + lane, low + at + lane));
                    long columns = ((long)member.Columns + k) * Height;
                    if (member.Form == ColumnForm.Near)
                        for (int lane = 0; lane < Height; lane++) target[member.Base + Matrix.Near[columns + lane]] += values[lane];
                    else
                        for (int lane = 0; lane < Height; lane++) target[Matrix.Far[columns + lane]] += values[lane];
                }
            }
        }
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
