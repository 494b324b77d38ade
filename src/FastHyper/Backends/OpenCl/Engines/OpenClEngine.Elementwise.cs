using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>Products, cotangents, and sums in fixed order.</summary>
internal sealed partial class OpenClEngine
{
    private const int SourcesAtOnce = 4;
    private readonly SmallVector<double> _amounts;
    private readonly VectorCache<double> _coefficients;
    private DeviceMemory? _sums;
    private DeviceMemory? _fewerSums;

    internal override void Shift(DeviceArray v, ReadOnlySpan<double> amounts)
    {
        RequireLength(amounts.Length, Instances, "amounts", "instance");
        DeviceMemory values = Written(v, ArrayKind.State);
        Queue.Run(Kernel("elementwise", "shift").With((int)Values).With(Instances).With(_amounts.Set(amounts)).With(values), Values);
    }

    public override void ScaleByState(DeviceArray matrix, DeviceArray vector, DeviceArray target, bool accumulate)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        ArrayKind kind = matrix.Kind == ArrayKind.LeaderAction ? matrix.Kind : ArrayKind.StateAction;
        Queue.Run(
            Kernel("elementwise", "scale_by_state").With((int)Values)
                .With(Read(matrix, kind)).With(Read(vector, ArrayKind.State)).With(Written(target, kind)).With(accumulate ? 1 : 0),
            Values,
            ActionsOf(kind));
    }

    public override void QCotangent(DeviceArray policy, DeviceArray policyCotangent, DeviceArray target) => Queue.Run(
        Kernel("elementwise", "q_cotangent").With(States).With(Actions).With(FollowerActions).With(Instances)
            .With(Read(policy, ArrayKind.StateAction)).With(Read(policyCotangent, ArrayKind.StateAction)).With(Temperatures).With(
                Written(target, ArrayKind.StateAction)),
        Values);

    public override void EntryCotangent(DeviceArray rows, DeviceArray v, double scale, DeviceArray target) => Queue.Run(
        WithModel("elementwise", "entry_cotangent").With(Read(rows, ArrayKind.StateAction)).With(Read(v, ArrayKind.State)).With(scale)
            .With(Written(target, ArrayKind.Entry)),
        Values,
        Actions);

    public override void Combine(ReadOnlySpan<DeviceArray> sources, ReadOnlySpan<double> coefficients, DeviceArray target)
    {
        RequireLength(coefficients.Length, sources.Length * Instances, "coefficients", "source and instance");
        foreach (DeviceArray source in sources) Checked(source, ArrayKind.State);
        OpenClArray written = Checked(target, ArrayKind.State);
        if (sources.Length == 0)
        {
            Fill(target, 0);
            return;
        }

        // The target may be a source: its memory is exchanged for what was written instead.
        DeviceMemory c = _coefficients.Set(coefficients);
        for (int first = 0; first < sources.Length; first += SourcesAtOnce)
        {
            OpenClKernel kernel = Kernel("elementwise", "combine").With((int)Values).With(Instances).With(first).With(c);
            for (int j = first; j < first + SourcesAtOnce; j++) kernel.With(j < sources.Length ? ((OpenClArray)sources[j]).Memory : null);
            Queue.Run(kernel.With(first > 0 ? 1 : 0).With(_next.Memory), Values);
        }

        written.Swap(_next);
    }

    public override void Dot(DeviceArray a, DeviceArray b, Span<double> result)
    {
        RequireLength(result.Length, Instances, "results", "instance");
        DeviceMemory x = Read(a, ArrayKind.State), y = Read(b, ArrayKind.State);
        int parts = PartsOf(States);
        DeviceMemory sums = Sums(ref _sums, parts, Instances);
        Queue.Run(
            Kernel("elementwise", "sum_products").With(States).With(Instances).With(parts).With(x).With(y).With(sums),
            (long)parts * Instances);
        Queue.Read(Total("sum_parts", sums, parts, Instances), 0, result);
    }

    /// <summary>
    /// Parts that numbers are summed up in: one up to 256 of them, then a work-group's worth, then ever more, so that no
    /// sum is longer than some hundred numbers and its parts are summed up in two steps.
    /// </summary>
    private static int PartsOf(int length) => length <= 256 ? 1 : length <= 1 << 14 ? 128 : Math.Min(1 << 14, length / 128);

    /// <summary>Sums (or maxima) of the parts of some vectors, one number each.</summary>
    private DeviceMemory Total(string kernel, DeviceMemory parts, int count, int vectors)
    {
        while (count > 1)
        {
            int fewer = count > 1 << 14 ? 1 << 12 : count > 128 ? 128 : 1;
            DeviceMemory written = ReferenceEquals(parts, _sums) ? Sums(ref _fewerSums, fewer, vectors) : Sums(ref _sums, fewer, vectors);
            Queue.Run(Kernel("elementwise", kernel).With(count).With(vectors).With(fewer).With(parts).With(written), (long)fewer * vectors);
            parts = written;
            count = fewer;
        }

        return parts;
    }

    private DeviceMemory Sums(ref DeviceMemory? sums, int parts, int vectors) => Scratch(ref sums, 8L * parts * vectors, "sums");

    /// <summary>Memory that grows when more is needed; what it held is lost then.</summary>
    private DeviceMemory Scratch(ref DeviceMemory? memory, long bytes, string what)
    {
        if (memory is not null && memory.Bytes >= bytes) return memory;
        // Before it grows, as there may not be room for both; where there is no room at all there is none left.
        if (memory is not null) _owned.Remove(memory);
        memory?.Dispose();
        memory = null;
        return memory = Own(Context.Allocate(bytes, what));
    }
}
