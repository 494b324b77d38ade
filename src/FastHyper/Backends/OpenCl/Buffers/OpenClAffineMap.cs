namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>
/// The affine maps of all contexts on a device, one array after the other of each kind: constants, row offsets, columns and
/// values of the matrices and of their transposes. What several contexts share is there once; a table of eight numbers a
/// context (<c>kernels/parameters.cl</c>) says where.
/// </summary>
internal sealed class OpenClAffineMap : DeviceAffineMap, IDisposable
{
    private const int Fields = 8;

    private readonly DeviceMemories _memories;

    public OpenClAffineMap(DeviceMemories memories, ArrayKind kind, IReadOnlyList<AffineMap> maps, int states, int actions)
    {
        _memories = memories;
        Kind = kind;
        Actions = actions;
        Count = maps.Count;
        InputLength = maps.Max(map => map.Matrix?.ColumnCount) ?? 0;
        double[][] constants = [.. maps.Select(map => map.Constant).Distinct()];
        SparseMatrix[] matrices = [.. maps.Select(map => map.Matrix).OfType<SparseMatrix>().Distinct()];
        long[] constantsAt = Starts(constants, constant => constant.Length);
        // Of each matrix its rows and entries, and then those of its transpose.
        long[] offsetsAt = Starts(matrices, matrix => matrix.RowCount + matrix.ColumnCount + 2L),
            entriesAt = Starts(matrices, matrix => 2L * matrix.EntryCount);
        long[] table = new long[Fields * maps.Count];
        for (int c = 0; c < maps.Count; c++)
        {
            Span<long> fields = table.AsSpan(Fields * c, Fields);
            fields[0] = constantsAt[Array.IndexOf(constants, maps[c].Constant)];
            fields[1] = maps[c].Constant.Length == states ? 1 : 0;
            fields[2] = fields[5] = -1;
            if (maps[c].Matrix is not SparseMatrix matrix) continue;
            int at = Array.IndexOf(matrices, matrix);
            fields[2] = offsetsAt[at];
            fields[3] = entriesAt[at];
            fields[4] = matrix.RowCount == states ? 1 : 0;
            fields[5] = offsetsAt[at] + matrix.RowCount + 1;
            fields[6] = entriesAt[at] + matrix.EntryCount;
            fields[7] = matrix.ColumnCount;
        }

        Table = memories.Put<long>(table, "affine maps");
        Scales = memories.Put<double>([.. maps.Select(map => map.Scale)], "affine maps");
        Constants = Room(constantsAt[^1], sizeof(double));
        Offsets = Room(offsetsAt[^1], sizeof(int));
        Indices = Room(entriesAt[^1], sizeof(int));
        Entries = Room(entriesAt[^1], sizeof(double));
        for (int k = 0; k < constants.Length; k++) Queue.Write<double>(Constants, 8 * constantsAt[k], constants[k]);
        for (int k = 0; k < matrices.Length; k++) Put(matrices[k], offsetsAt[k], entriesAt[k]);
    }

    public OpenClQueue Queue => _memories.Queue;

    /// <summary>What the maps lead to.</summary>
    public ArrayKind Kind { get; }

    /// <summary>Numbers a state of that.</summary>
    public int Actions { get; }

    /// <summary>Number of contexts.</summary>
    public int Count { get; }

    public override int InputLength { get; }

    public DeviceMemory Table { get; }

    public DeviceMemory Scales { get; }

    public DeviceMemory Constants { get; }

    public DeviceMemory Offsets { get; }

    public DeviceMemory Indices { get; }

    public DeviceMemory Entries { get; }

    public void Dispose() => _memories.Dispose();

    private static long[] Starts<T>(T[] items, Func<T, long> length)
    {
        long[] starts = new long[items.Length + 1];
        for (int k = 0; k < items.Length; k++) starts[k + 1] = starts[k] + length(items[k]);
        return starts;
    }

    private void Put(SparseMatrix matrix, long offsetsAt, long entriesAt)
    {
        (long[] offsets, int[] rows, int[] entries) = matrix.TransposeStructure();
        Queue.Write<int>(Offsets, 4 * offsetsAt, Array.ConvertAll(matrix.Offsets, offset => (int)offset));
        Queue.Write<int>(Offsets, 4 * (offsetsAt + matrix.RowCount + 1), Array.ConvertAll(offsets, offset => (int)offset));
        Queue.Write<int>(Indices, 4 * entriesAt, matrix.Columns);
        Queue.Write<int>(Indices, 4 * (entriesAt + matrix.EntryCount), rows);
        Queue.Write<double>(Entries, 8 * entriesAt, matrix.Values);
        Queue.Write<double>(Entries, 8 * (entriesAt + matrix.EntryCount), Array.ConvertAll(entries, entry => matrix.Values[entry]));
    }

    private DeviceMemory Room(long numbers, int size) => _memories.Allocate(numbers * size, "affine maps");
}
