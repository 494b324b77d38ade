using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// A level of a hierarchy: A = D − N with N ≥ 0 by compressed rows, without diagonals, and D its row sums and a slack, added up without a
/// subtraction, so that none of the digits are lost that 1 − γ leaves. 12 bytes an entry; as much again for the transpose, where it is
/// asked for.
/// </summary>
internal sealed unsafe class Level : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    /// <summary>Allocates a level.</summary>
    /// <param name="states">Unknowns.</param>
    /// <param name="entries">Entries of N.</param>
    /// <param name="capacity">Numbers in a vector: where products come by slices, whole ones.</param>
    public Level(int states, int entries, long capacity)
    {
        States = states;
        Offsets = Own<int>(states + 1L);
        Columns = Own<int>(entries);
        Values = Own<double>(entries);
        Diagonal = Own<double>(states);
        Slack = Own<double>(states);
        Weights = Own<double>(states);
        Aggregates = Own<int>(states);
        Inverse = Own<double>(states);
        X = Own<double>(capacity);
        Y = Own<double>(capacity);
        Right = Own<double>(states);
    }

    /// <summary>Number of unknowns.</summary>
    public int States { get; }

    /// <summary>Where each row of N begins, and the end of the last.</summary>
    public int* Offsets { get; }

    public int* Columns { get; }

    public double* Values { get; }

    /// <summary>D.</summary>
    public double* Diagonal { get; }

    /// <summary>ω/D, ω what a smoothing step takes of its residual.</summary>
    public double* Inverse { get; }

    /// <summary>What rows of A sum to.</summary>
    public double* Slack { get; }

    /// <summary>z: what rows are weighted by before those of an aggregate are added up.</summary>
    public double* Weights { get; }

    /// <summary>The aggregate of each unknown; −1 of those that smoothing alone solves for.</summary>
    public int* Aggregates { get; }

    /// <summary>Vectors of a cycle.</summary>
    public double* X { get; }

    /// <inheritdoc cref="X"/>
    public double* Y { get; }

    /// <inheritdoc cref="X"/>
    public double* Right { get; }

    /// <summary>Where each aggregate's members begin in <see cref="Members"/>.</summary>
    public int* MemberOffsets { get; private set; }

    public int* Members { get; private set; }

    /// <summary>The transpose of N; null until <see cref="Transpose"/>.</summary>
    public int* TransposedOffsets { get; private set; }

    public int* TransposedColumns { get; private set; }

    public double* TransposedValues { get; private set; }

    public long Entries => Offsets[States];

    /// <summary>Readies the level for cycles.</summary>
    /// <param name="relaxation">ω.</param>
    public void Invert(double relaxation)
    {
        for (int i = 0; i < States; i++) Inverse[i] = relaxation / Diagonal[i];
    }

    /// <summary>Lists the members of each aggregate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Group(int aggregates)
    {
        MemberOffsets = Own<int>(aggregates + 1L);
        Members = Own<int>(States);
        for (int i = 0; i < States; i++) if (Aggregates[i] >= 0) MemberOffsets[Aggregates[i] + 1]++;
        for (int a = 0; a < aggregates; a++) MemberOffsets[a + 1] += MemberOffsets[a];
        for (int i = 0; i < States; i++) if (Aggregates[i] >= 0) Members[MemberOffsets[Aggregates[i]]++] = i;
        for (int a = aggregates; a > 0; a--) MemberOffsets[a] = MemberOffsets[a - 1];
        MemberOffsets[0] = 0;
    }

    /// <summary>Lays the transpose out by rows of its own, ascending.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Transpose()
    {
        if (TransposedOffsets is not null) return;
        int entries = Offsets[States];
        int* offsets = Own<int>(States + 1L), columns = Own<int>(entries);
        double* values = Own<double>(entries);
        for (int k = 0; k < entries; k++) offsets[Columns[k] + 1]++;
        for (int i = 0; i < States; i++) offsets[i + 1] += offsets[i];
        for (int i = 0; i < States; i++)
        {
            for (int k = Offsets[i]; k < Offsets[i + 1]; k++)
            {
                int at = offsets[Columns[k]]++;
                columns[at] = i;
                values[at] = Values[k];
            }
        }

        for (int i = States; i > 0; i--) offsets[i] = offsets[i - 1];
        offsets[0] = 0;
        TransposedOffsets = offsets;
        TransposedColumns = columns;
        TransposedValues = values;
    }

    public void Dispose()
    {
        foreach (IDisposable owned in _owned) owned.Dispose();
    }

    private T* Own<T>(long length)
        where T : unmanaged
    {
        NativeArray<T> array = new(length);
        _owned.Add(array);
        return array.Pointer;
    }
}
