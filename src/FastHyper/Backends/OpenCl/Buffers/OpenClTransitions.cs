namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>
/// Transitions on a device, as <c>kernels/common.cl</c> describes them: slices of <see cref="Height"/> states, entry by
/// entry, that many states side by side. Bytes a stored entry: 4 for its column and 8 (float32: 4) for its probability,
/// where instances share it; padding of a slice's shorter rows among them.
/// </summary>
internal sealed class OpenClTransitions : IDisposable
{
    public const int Height = 32;
    private readonly DeviceMemories _memories;
    private readonly Transitions _transitions;
    private readonly Precision _precision;
    private readonly bool _own;
    private readonly ulong[] _slices;
    private readonly Lock _lock = new();
    private DeviceMemory? _exact;
    private DeviceMemory? _entries;
    private Incoming? _transpose;

    public OpenClTransitions(DeviceMemories memories, Transitions transitions, Precision precision, bool own)
    {
        _memories = memories;
        _transitions = transitions;
        _precision = precision;
        _own = own;
        int states = transitions.States, actions = transitions.Actions, slices = (states + Height - 1) / Height;
        _slices = new ulong[((long)slices * actions) + 1];
        for (int slice = 0, member = 0; slice < slices; slice++)
        {
            for (int a = 0; a < actions; a++, member++)
            {
                int width = 0;
                for (int s = slice * Height; s < Math.Min(states, (slice + 1) * Height); s++)
                    width = Math.Max(width, transitions.RowLength(((long)s * actions) + a));
                _slices[member + 1] = _slices[member] + ((ulong)width * Height);
            }
        }

        if (_slices[^1] > (ulong)Array.MaxLength)
            throw new InsufficientMemoryException(
                $"transitions: {_slices[^1]} entries in slices of {Height} states; expected at most {Array.MaxLength}");
        int[] columns = new int[_slices[^1]];
        columns.AsSpan().Fill(-1);
        double[] values = own ? [] : new double[columns.Length];
        uint[] begins = new uint[states * actions];
        Lay(columns, values, begins);
        Slices = memories.Put<ulong>(_slices, "offsets of transitions");
        Columns = memories.Put<int>(columns, "successors");
        Begins = memories.Put<uint>(begins, "rows of transitions");
        if (own) return;
        Values = precision == Precision.F64
            ? memories.Put<double>(values, "probabilities")
            : memories.Put<float>(Array.ConvertAll(values, value => (float)value), "probabilities");
    }

    public DeviceMemory Slices { get; }

    public DeviceMemory Columns { get; }

    /// <summary>Probabilities that all instances share, in the engine's precision; null where they have their own.</summary>
    public DeviceMemory? Values { get; }

    public DeviceMemory Begins { get; }

    /// <summary>Bytes that a sweep reads.</summary>
    public long Bytes => Slices.Bytes + Columns.Bytes + (Values?.Bytes ?? Begins.Bytes);

    /// <summary>
    /// Shared probabilities in float64, put on the device when they are first asked for; null where instances have their own.
    /// </summary>
    public DeviceMemory? Exact
    {
        get
        {
            if (_own || _precision == Precision.F64) return Values;
            lock (_lock) return _exact ??= DeviceMemories.AllOrNothing(_memories.Queue, PutExact);
        }
    }

    /// <summary>The transpose, when it is first asked for.</summary>
    public Incoming Transpose
    {
        get
        {
            lock (_lock) return _transpose ??= DeviceMemories.AllOrNothing(_memories.Queue, memories => new Incoming(memories, this));
        }
    }

    /// <summary>The entry of each transition that leads to a state, in the order of <see cref="Transpose"/>.</summary>
    public DeviceMemory TransposeEntries
    {
        get
        {
            if (Transpose.Entries is DeviceMemory known) return known;
            lock (_lock)
                return _entries ??= DeviceMemories.AllOrNothing(
                    _memories.Queue,
                    memories => memories.Put<int>(_transitions.Matrix.TransposeStructure().Entries, "entries of the transpose"));
        }
    }

    public void Dispose()
    {
        _memories.Dispose();
        _entries?.Dispose();
        _exact?.Dispose();
        _transpose?.Dispose();
    }

    private DeviceMemory PutExact(DeviceMemories memories)
    {
        double[] values = new double[_slices[^1]];
        Lay([], values, []);
        return memories.Put<double>(values, "float64 probabilities");
    }

    /// <summary>Lays rows out in slices; what is empty is not asked for.</summary>
    private void Lay(int[] columns, double[] values, uint[] begins)
    {
        int states = _transitions.States, actions = _transitions.Actions;
        int[] next = [];
        double[] probabilities = [];
        uint begin = 0;
        for (int s = 0; s < states; s++)
        {
            for (int a = 0; a < actions; a++)
            {
                int length = _transitions.RowLength(((long)s * actions) + a);
                if (next.Length < length) (next, probabilities) = (new int[length], new double[length]);
                _transitions.CopyRow(s, a, next, probabilities);
                int at = (int)_slices[((long)(s / Height) * actions) + a] + (s % Height);
                for (int k = 0; k < length; k++, at += Height)
                {
                    if (columns.Length > 0) columns[at] = next[k];
                    if (values.Length > 0) values[at] = probabilities[k];
                }

                if (begins.Length > 0) begins[((long)a * states) + s] = begin;
                begin += (uint)length;
            }
        }
    }

    /// <summary>What leads to each state, in the order of the rows s·A+a: the row a·S+s, and its probability or entry.</summary>
    internal sealed class Incoming : IDisposable
    {
        private readonly DeviceMemories _memories;

        public Incoming(DeviceMemories memories, OpenClTransitions owner)
        {
            _memories = memories;
            Transitions transitions = owner._transitions;
            int states = transitions.States, actions = transitions.Actions;
            SparseMatrix matrix = transitions.Matrix;
            (long[] begins, int[] rows, int[] entries) = matrix.TransposeStructure();
            Offsets = memories.Put<uint>(Array.ConvertAll(begins, begin => (uint)begin), "offsets of the transpose");
            Sources = memories.Put<uint>(
                Array.ConvertAll(rows, row => (uint)(((long)(row % actions) * states) + (row / actions))), "rows of the transpose");
            if (owner._own)
            {
                Entries = memories.Put<int>(entries, "entries of the transpose");
                return;
            }

            double[] flows = Array.ConvertAll(entries, entry => matrix.Values[entry]);
            Flows = owner._precision == Precision.F64
                ? memories.Put<double>(flows, "the transpose")
                : memories.Put<float>(Array.ConvertAll(flows, value => (float)value), "the transpose");
        }

        public DeviceMemory Offsets { get; }

        public DeviceMemory Sources { get; }

        public DeviceMemory? Entries { get; }

        public DeviceMemory? Flows { get; }

        public void Dispose() => _memories.Dispose();
    }
}
