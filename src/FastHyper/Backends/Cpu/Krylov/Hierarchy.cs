using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// Levels of aggregates of I − γ P_π. Constants are its slow errors to the right, and so an aggregate has one unknown; to the left they are
/// the visits w, (I − γ P_π)ᵀ w = 1, and rows are weighted by them before they are added up: w A has row and column sums of no less than
/// zero, as the theory of aggregation asks for, and its coarse levels are the chain as it is left by those who stay within an aggregate as
/// long as they do. The visits are found on the way, by aggregation and disaggregation (De Sterck and others, 2010): they are relaxed on
/// each level before its rows are added up, and multiplied by those of the next.
/// </summary>
internal sealed unsafe class Hierarchy : IDisposable
{
    private const int CoarsestStates = 128;
    private const int MaxCoarsestStates = 1024;
    private const int MaxLevels = 40;
    private const int Relaxations = 2;

    // A level that is hardly smaller than the last is not worth it.
    private const double Stagnation = 0.9;

    // Products of two are normal numbers.
    private const double SmallestVisits = 1e-100;
    private const double LargestVisits = 1e100;
    private readonly ThreadTeam _team;
    private readonly List<Level> _levels = [];
    private DenseFactors? _coarsest;

    private Hierarchy(ThreadTeam team) => _team = team;

    /// <summary>Levels, the finest first.</summary>
    public IReadOnlyList<Level> Levels => _levels;

    /// <summary>The coarsest level in factors; null where it is too large for them.</summary>
    public DenseFactors? Coarsest => _coarsest;

    /// <summary>Entries of all levels over those of the finest.</summary>
    public double Complexity => _levels.Sum(level => (double)level.Entries) / Math.Max(1, _levels[0].Entries);

    /// <summary>
    /// Sets up levels of P_π as it is written: twice, first for the visits alone. Visits of the last policy lead astray: where many went
    /// before, nobody may go now.
    /// </summary>
    public static Hierarchy Create(ResponseStructure response, double discount, ThreadTeam team)
    {
        Hierarchy hierarchy = new(team);
        Level finest = hierarchy.Extract(response, discount);
        for (int s = 0; s < finest.States; s++) finest.Weights[s] = 1;
        hierarchy.Build(finest);
        hierarchy.Ascend();
        hierarchy.Build(finest);
        foreach (Level level in hierarchy._levels) level.Invert(CycleKernel.Relaxation);
        return hierarchy;
    }

    public void Dispose()
    {
        foreach (Level level in _levels) level.Dispose();
        _coarsest?.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Level Extract(ResponseStructure response, double discount)
    {
        SlicedMatrix matrix = response.Matrix;
        using NativeArray<int> lengths = new(matrix.Groups + 1L);
        ExtractionKernel kernel = new() { Response = response, Discount = discount, States = matrix.Groups, Lengths = lengths.Pointer };
        _team.Run(ref kernel, ExtractionKernel.Blocks(matrix));
        Level level = Allocate(lengths, matrix.Groups, (long)matrix.Slices * SlicedMatrix.Height);
        kernel.Level = level;
        _team.Run(ref kernel, ExtractionKernel.Blocks(matrix));
        return level;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Build(Level finest)
    {
        _coarsest?.Dispose();
        _coarsest = null;
        for (int l = _levels.Count - 1; l > 0; l--) _levels[l].Dispose();
        _levels.Clear();
        _levels.Add(finest);
        for (int s = 0; s < finest.States; s++) finest.Right[s] = 1;
        Descend();
    }

    private void Descend()
    {
        while (true)
        {
            Level level = _levels[^1];
            Relax(level);
            if (level.States <= CoarsestStates || _levels.Count == MaxLevels || Coarsen(level) is not Level next)
            {
                if (level.States <= MaxCoarsestStates) _coarsest = new DenseFactors(level);
                return;
            }

            _levels.Add(next);
        }
    }

    /// <summary>Brings the visits up: those of a level are its weights times the next one's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Ascend()
    {
        Level last = _levels[^1];
        if (_coarsest is not null)
        {
            _coarsest.Solve(last.Right, last.X, transposed: true);
            for (int i = 0; i < last.States; i++) last.Weights[i] = last.X[i];
        }

        for (int l = _levels.Count - 2; l >= 0; l--)
        {
            Level level = _levels[l], next = _levels[l + 1];
            for (int i = 0; i < level.States; i++)
                if (level.Aggregates[i] >= 0)
                    level.Weights[i] = Math.Clamp(level.Weights[i] * next.Weights[level.Aggregates[i]], SmallestVisits, LargestVisits);
        }
    }

    /// <summary>z ← (b + Nᵀ z)/D, by rows in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Relax(Level level)
    {
        for (int sweep = 0; sweep < Relaxations; sweep++)
        {
            double* z = level.Weights, next = level.X;
            for (int i = 0; i < level.States; i++) next[i] = level.Right[i];
            for (int i = 0; i < level.States; i++)
                for (int k = level.Offsets[i]; k < level.Offsets[i + 1]; k++) next[level.Columns[k]] += level.Values[k] * z[i];
            for (int i = 0; i < level.States; i++) z[i] = next[i] / level.Diagonal[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Level? Coarsen(Level level)
    {
        int blocks = AggregationKernel.Blocks(level.States);
        using NativeArray<int> counts = new(blocks), partners = new(level.States), groups = new(level.States);
        AggregationKernel aggregation =
            new() { Level = level, Counts = counts.Pointer, Partners = partners.Pointer, Groups = groups.Pointer };
        _team.Run(ref aggregation, blocks);
        int rows = 0;
        for (int block = 0; block < blocks; block++)
        {
            int last = Math.Min((block + 1) * AggregationKernel.RowsInBlock, level.States);
            for (int i = block * AggregationKernel.RowsInBlock; i < last; i++)
                level.Aggregates[i] = groups.Pointer[i] < 0 ? -1 : groups.Pointer[i] + rows;
            rows += counts.Pointer[block];
        }

        if (rows == 0 || rows > Stagnation * level.States) return null;
        level.Group(rows);
        Level next = Sum(level, rows);
        for (int i = 0; i < level.States; i++)
            if (level.Aggregates[i] >= 0) next.Right[level.Aggregates[i]] += level.Right[i];
        return next;
    }

    /// <summary>
    /// The next level, of so many aggregates: rows are summed into the most space that they may take, and then moved together.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Level Sum(Level level, int rows)
    {
        using NativeArray<int> lengths = new(rows + 1L), begins = new(rows + 1L), columns = new(level.Entries);
        using NativeArray<double> values = new(level.Entries), slack = new(rows);
        for (int a = 0; a < rows; a++)
        {
            int entries = 0;
            for (int m = level.MemberOffsets[a]; m < level.MemberOffsets[a + 1]; m++)
                entries += level.Offsets[level.Members[m] + 1] - level.Offsets[level.Members[m]];
            begins.Pointer[a + 1] = begins.Pointer[a] + entries;
        }

        CoarseningKernel coarsening = new()
        {
            Fine = level,
            Rows = rows,
            Lengths = lengths.Pointer,
            Begins = begins.Pointer,
            Columns = columns.Pointer,
            Values = values.Pointer,
            Slack = slack.Pointer,
        };
        _team.Run(ref coarsening, CoarseningKernel.Blocks(rows));
        Level next = Allocate(lengths, rows, rows);
        coarsening.Coarse = next;
        _team.Run(ref coarsening, CoarseningKernel.Blocks(rows));
        return next;
    }

    /// <summary>A level whose rows have the lengths at the places after them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Level Allocate(NativeArray<int> lengths, int rows, long capacity)
    {
        for (int i = 0; i < rows; i++) lengths.Pointer[i + 1] = checked(lengths.Pointer[i] + lengths.Pointer[i + 1]);
        Level level = new(rows, lengths.Pointer[rows], capacity);
        for (int i = 0; i <= rows; i++) level.Offsets[i] = lengths.Pointer[i];
        return level;
    }
}
