namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>Features on a device: rows, and of sparse ones their columns' entries, too (<c>kernels/features.cl</c>).</summary>
internal sealed class OpenClFeatures : IDisposable
{
    private readonly DeviceMemories _memories;

    public OpenClFeatures(DeviceMemories memories, FeatureRows source, bool narrow)
    {
        const string what = "features";
        _memories = memories;
        Source = source;
        Values = Reals(source.Dense ?? source.Sparse!.Values);
        if (source.Weights is not null) Weights = memories.Put<double>(source.Weights, what);
        if (source.Sparse is not SparseMatrix sparse) return;
        (long[] begins, int[] rows, int[] entries) = sparse.TransposeStructure();
        Offsets = memories.Put<int>(Array.ConvertAll(sparse.Offsets, offset => checked((int)offset)), what);
        Columns = memories.Put<int>(sparse.Columns, what);
        ColumnBegins = memories.Put<int>(Array.ConvertAll(begins, begin => (int)begin), what);
        ColumnRows = memories.Put<int>(rows, what);
        ColumnValues = Reals(Array.ConvertAll(entries, entry => sparse.Values[entry]));

        DeviceMemory Reals(double[] numbers) =>
            narrow ? memories.Put<float>(Array.ConvertAll(numbers, number => (float)number), what) : memories.Put<double>(numbers, what);
    }

    public FeatureRows Source { get; }

    public DeviceMemory Values { get; }

    public DeviceMemory? Weights { get; }

    public DeviceMemory? Offsets { get; }

    public DeviceMemory? Columns { get; }

    public DeviceMemory? ColumnBegins { get; }

    public DeviceMemory? ColumnRows { get; }

    public DeviceMemory? ColumnValues { get; }

    public void Dispose() => _memories.Dispose();
}
