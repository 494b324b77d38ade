using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// Aggregates of unknowns that depend on each other strongly, in two passes: pairs, and pairs of these. What i and j have in common is
/// z_i N_ij + z_j N_ji, the entry of the symmetric part of the weighted matrix, which decides over how well an aggregate's constant stands
/// for its errors (Notay, 2012). Blocks of fixed length are aggregated apart, so that the threads do not show.
/// </summary>
internal unsafe struct AggregationKernel : IBlockKernel
{
    public const int RowsInBlock = 1 << 14;

    // A partner must have this part of what the strongest neighbour has.
    private const double Threshold = 0.1;

    // Beyond so many times its row's other entries a diagonal leaves nothing for coarser levels.
    private const double Dominant = 10;
    private const int MaxMembers = 6;
    private const int MaxCandidates = 96;
    public Level Level;

    /// <summary>Aggregates of each block, written.</summary>
    public int* Counts;

    /// <summary>Of each unknown, scratch.</summary>
    public int* Partners;

    /// <summary>Of each unknown, scratch.</summary>
    public int* Groups;

    public static int Blocks(int states) => (states + RowsInBlock - 1) / RowsInBlock;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int block, int worker)
    {
        int first = block * RowsInBlock, last = Math.Min(first + RowsInBlock, Level.States);
        Pair(first, last);
        Counts[block] = Merge(first, last);
    }

    /// <summary>What i and j have in common, where j is column k of row i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly double Strength(int i, int k)
    {
        Level a = Level;
        int j = a.Columns[k];
        double strength = a.Weights[i] * a.Values[k];
        for (int back = a.Offsets[j]; back < a.Offsets[j + 1]; back++)
            if (a.Columns[back] == i) return strength + (a.Weights[j] * a.Values[back]);
        return strength;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Pair(int first, int last)
    {
        Level a = Level;
        for (int i = first; i < last; i++) (a.Aggregates[i], Partners[i]) = (-2, -1);
        for (int i = first; i < last; i++)
        {
            if (a.Aggregates[i] != -2) continue;
            double best = 0, largest = 0, sum = 0;
            int partner = -1;
            for (int k = a.Offsets[i]; k < a.Offsets[i + 1]; k++)
            {
                int j = a.Columns[k];
                double strength = Strength(i, k);
                sum += a.Values[k];
                largest = Math.Max(largest, strength);
                if (strength > best && j >= first && j < last && a.Aggregates[j] == -2) (best, partner) = (strength, j);
            }

            if (a.Diagonal[i] > Dominant * sum)
            {
                a.Aggregates[i] = -1;
                continue;
            }

            // The lower of two leads.
            a.Aggregates[i] = i;
            if (partner < 0 || best < Threshold * largest) continue;
            a.Aggregates[partner] = Math.Min(i, partner);
            a.Aggregates[i] = Math.Min(i, partner);
            (Partners[i], Partners[partner]) = (partner, i);
        }
    }

    /// <summary>Merges pairs, and numbers what comes of it from zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly int Merge(int first, int last)
    {
        Level a = Level;
        int* members = stackalloc int[MaxCandidates];
        double* common = stackalloc double[MaxCandidates];
        for (int i = first; i < last; i++) Groups[i] = -1;
        int count = 0;
        Span<byte> sizes = new byte[last - first];
        for (int i = first; i < last; i++)
        {
            if (a.Aggregates[i] < 0 || Groups[i] >= 0) continue;
            int found = 0;
            Collect(i, first, last, members, common, ref found);
            if (Partners[i] >= 0) Collect(Partners[i], first, last, members, common, ref found);
            double largest = 0, best = 0;
            int other = -1;
            for (int c = 0; c < found; c++)
            {
                largest = Math.Max(largest, common[c]);
                int leader = members[c];
                int size = Groups[leader] >= 0 ? sizes[Groups[leader]] : Size(leader);
                if (common[c] > best && size + Size(i) <= MaxMembers) (best, other) = (common[c], leader);
            }

            if (other < 0 || best < Threshold * largest)
            {
                sizes[count] = (byte)Size(i);
                Put(i, count++);
            }
            else if (Groups[other] >= 0)
            {
                sizes[Groups[other]] += (byte)Size(i);
                Put(i, Groups[other]);
            }
            else
            {
                sizes[count] = (byte)(Size(i) + Size(other));
                Put(i, count);
                Put(other, count++);
            }
        }

        return count;
    }

    private readonly int Size(int i) => Partners[i] >= 0 ? 2 : 1;

    private readonly void Put(int i, int group)
    {
        Groups[i] = group;
        if (Partners[i] >= 0) Groups[Partners[i]] = group;
    }

    /// <summary>Adds what a member has in common with other pairs, by the one that leads each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Collect(int i, int first, int last, int* members, double* common, ref int found)
    {
        Level a = Level;
        int own = a.Aggregates[i];
        for (int k = a.Offsets[i]; k < a.Offsets[i + 1]; k++)
        {
            int j = a.Columns[k];
            if (j < first || j >= last || a.Aggregates[j] < 0 || a.Aggregates[j] == own) continue;
            int leader = a.Aggregates[j], at = 0;
            while (at < found && members[at] != leader) at++;
            if (at == found)
            {
                if (found == MaxCandidates) continue;
                (members[found], common[found++]) = (leader, 0);
            }

            common[at] += Strength(i, k);
        }
    }
}
