using System.Numerics;
using System.Numerics.Tensors;

namespace FastHyper.Backends.Cpu;

/// <summary>
/// The verbs that do not depend on which axis the lanes run over: they address arrays through <see cref="CpuLayout"/>.
/// Sweeps are left to <see cref="InstanceLanesEngine{TLane, T}"/> and <see cref="States.StateLanesEngine{TLane, T, TNarrow}"/>.
/// </summary>
internal abstract unsafe partial class CpuEngine<T> : Engine
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly CpuArray<T>? _probabilities;
    private readonly NativeArray<T> _temperatures;
    private readonly List<DeviceArray> _arrays = [];
    private int _arraysBeforePruning = 32;

    protected CpuEngine(Transitions transitions, EngineOptions options, CpuLayout layout, ThreadTeam team)
        : base(transitions, options)
    {
        Layout = layout;
        Team = team;
        _temperatures = new NativeArray<T>(2L * layout.Stride);
        new Span<T>(_temperatures.Pointer, 2 * layout.Stride).Fill(T.One);
        if (options.OwnTransitions)
        {
            _probabilities = (CpuArray<T>)Allocate(ArrayKind.Entry);
            for (int instance = 0; instance < Instances; instance++)
                Upload(_probabilities, instance, transitions.Matrix.Values);
        }
    }

    public override DeviceArray? Probabilities => _probabilities;

    protected CpuLayout Layout { get; }

    protected ThreadTeam Team { get; }

    /// <summary>τ of each instance, padded with ones.</summary>
    protected T* Temperatures => _temperatures.Pointer;

    /// <summary>1/τ of each instance, padded with ones.</summary>
    protected T* InverseTemperatures => _temperatures.Pointer + Layout.Stride;

    /// <summary>Probabilities of each instance (entries × stride), or null where they are shared.</summary>
    protected T* OwnProbabilities => _probabilities is null ? null : _probabilities.Pointer;

    public override DeviceArray Allocate(ArrayKind kind, int parameters = 0)
    {
        // Kernels see bare pointers: the engine keeps its arrays reachable until they are disposed.
        if (_arrays.Count >= _arraysBeforePruning)
        {
            _arrays.RemoveAll(array => array.IsDisposed);
            _arraysBeforePruning = 2 * Math.Max(_arrays.Count, 16);
        }

        DeviceArray allocated = Create(kind, parameters);
        _arrays.Add(allocated);
        return allocated;
    }

    private DeviceArray Create(ArrayKind kind, int parameters) => kind switch
    {
        ArrayKind.State => new CpuArray<T>(this, kind, States, Layout.StateCapacity),
        ArrayKind.WideState => new CpuArray<double>(this, kind, States, Layout.StateCapacity),
        ArrayKind.StateAction => new CpuArray<T>(this, kind, States * Actions, Layout.RowCapacity),
        ArrayKind.Entry => new CpuArray<T>(this, kind, Transitions.Matrix.EntryCount, (long)Transitions.Matrix.EntryCount * Layout.Stride),
        _ => new CpuArray<double>(this, kind, parameters, (long)parameters * Leaders),
    };

    public override void Upload(DeviceArray target, int instance, ReadOnlySpan<double> values)
    {
        ArgumentNullException.ThrowIfNull(target);
        Check(target, instance, values.Length);
        if (target.Kind == ArrayKind.Parameter)
        {
            values.CopyTo(new Span<double>(Parameters(target) + ((long)instance * target.Length), target.Length));
            return;
        }

        if (target.Kind == ArrayKind.WideState)
        {
            double* wide = Wide(target) + instance;
            for (int s = 0; s < States; s++) wide[(long)s * Layout.Stride] = values[s];
            return;
        }

        CpuArray<T> array = (CpuArray<T>)target;
        array.Version++;
        T* p = array.Pointer + instance;
        if (target.Kind == ArrayKind.StateAction)
        {
            for (int s = 0, row = 0; s < States; s++)
                for (int a = 0; a < Actions; a++, row++)
                    p[Layout.Row(s, a)] = T.CreateTruncating(values[row]);
        }
        else
        {
            for (int i = 0; i < values.Length; i++) p[(long)i * Layout.Stride] = T.CreateTruncating(values[i]);
        }

        if (ReferenceEquals(array, _probabilities)) OnProbabilitiesChanged(values);
    }

    public override void Download(DeviceArray source, int instance, Span<double> values)
    {
        ArgumentNullException.ThrowIfNull(source);
        Check(source, instance, values.Length);
        if (source.Kind == ArrayKind.Parameter)
        {
            new ReadOnlySpan<double>(Parameters(source) + ((long)instance * source.Length), source.Length).CopyTo(values);
            return;
        }

        if (source.Kind == ArrayKind.WideState)
        {
            double* wide = Wide(source) + instance;
            for (int s = 0; s < States; s++) values[s] = wide[(long)s * Layout.Stride];
            return;
        }

        T* p = ((CpuArray<T>)source).Pointer + instance;
        if (source.Kind == ArrayKind.StateAction)
        {
            for (int s = 0, row = 0; s < States; s++)
                for (int a = 0; a < Actions; a++, row++)
                    values[row] = double.CreateTruncating(p[Layout.Row(s, a)]);
        }
        else
        {
            for (int i = 0; i < values.Length; i++) values[i] = double.CreateTruncating(p[(long)i * Layout.Stride]);
        }
    }

    public override void Fill(DeviceArray target, double value)
    {
        CheckOwner(target);
        if (target is CpuArray<T> array)
        {
            array.Version++;
            Fill(array, T.CreateTruncating(value));
            if (!ReferenceEquals(array, _probabilities)) return;
            double[] values = new double[array.Length];
            Array.Fill(values, value);
            OnProbabilitiesChanged(values);
        }
        else
        {
            Fill((CpuArray<double>)target, value);
        }
    }

    private void Fill<TNumber>(CpuArray<TNumber> array, TNumber value)
        where TNumber : unmanaged, INumberBase<TNumber>
    {
        TNumber* p = array.Pointer;
        if (TNumber.IsZero(value))
        {
            System.Runtime.InteropServices.NativeMemory.Clear(p, (nuint)(array.Capacity * sizeof(TNumber)));
            return;
        }

        // Where lanes are states, those beyond the last one stay zero: sweeps take the largest change over all lanes.
        bool overStates = Layout.Stride == 1 && array.Kind is not (ArrayKind.Entry or ArrayKind.Parameter);
        long run = overStates ? Layout.StateCapacity : array.Capacity;
        long filled = overStates ? States : run;
        for (long at = 0; at < array.Capacity; at += run)
            for (long i = at; i < at + filled; i++) p[i] = value;
    }

    public override void SetTemperatures(ReadOnlySpan<double> temperatures)
    {
        CheckLength(temperatures.Length, Instances, "temperatures", "instance");
        for (int i = 0; i < Instances; i++)
        {
            T temperature = T.CreateTruncating(temperatures[i]);
            T inverse = T.CreateTruncating(1 / temperatures[i]);
            if (!(temperature > T.Zero) || !T.IsFinite(temperature) || !T.IsFinite(inverse))
                throw new InvalidInputException($"temperature of instance {i}: {temperatures[i]}; expected a finite number above 0 whose inverse is finite ({Options.Precision})");
            Temperatures[i] = temperature;
            InverseTemperatures[i] = inverse;
        }
    }

    public override void Shift(DeviceArray v, ReadOnlySpan<double> amounts)
    {
        CheckLength(amounts.Length, Instances, "amounts", "instance");
        T* values = StateArray(v);
        for (int i = 0; i < Instances; i++)
        {
            T amount = T.CreateTruncating(amounts[i]);
            for (long s = 0; s < States; s++) values[(s * Layout.Stride) + i] += amount;
        }
    }

    public override void ScaleByState(DeviceArray matrix, DeviceArray vector, DeviceArray target, bool accumulate)
    {
        ScaleKernel kernel = new() { Matrix = RowArray(matrix), Vector = StateArray(vector), Target = RowArray(target), Accumulate = accumulate };
        // Lanes over instances: a run is the instances of one (s,a). Lanes over states: the states of one action.
        bool overStates = Layout.RowState == 1;
        kernel.Runs = overStates ? Actions : (long)States * Actions;
        kernel.RunsToAVector = overStates ? 0 : Actions;
        kernel.Length = Layout.RowCapacity / kernel.Runs;
        kernel.Piece = (int)Math.Min(kernel.Length, ScaleKernel.MaximalPiece);
        long pieces = kernel.Runs * kernel.PiecesInARun;
        kernel.PiecesInABlock = Math.Max(1, ScaleKernel.MaximalPiece / kernel.Piece);
        Team.Run(ref kernel, (int)((pieces + kernel.PiecesInABlock - 1) / kernel.PiecesInABlock));
    }

    public override void Shape(DeviceArray potential, DeviceArray v, DeviceArray reward, double discount, DeviceArray shaped, DeviceArray rounded)
    {
        double* u = Wide(potential);
        T* increment = StateArray(v), copy = StateArray(rounded);
        for (long i = 0; i < Layout.StateCapacity; i++)
        {
            u[i] += double.CreateTruncating(increment[i]);
            copy[i] = T.CreateTruncating(u[i]);
            increment[i] = T.Zero;
        }

        ShapeKernel kernel = new() { Engine = this, Potential = u, Reward = RowArray(reward), Shaped = RowArray(shaped), Discount = discount };
        Team.Run(ref kernel, (States + ShapeKernel.StatesInBlock - 1) / ShapeKernel.StatesInBlock);
    }

    public override void QCotangent(DeviceArray policy, DeviceArray policyCotangent, DeviceArray target)
    {
        T* pi = RowArray(policy), g = RowArray(policyCotangent), c = RowArray(target);
        for (int s = 0; s < States; s++)
        {
            for (int i = 0; i < Instances; i++)
            {
                long at = (s * Layout.RowState) + i;
                long likeliest = at;
                for (int a = 1; a < Actions; a++)
                    if (pi[at + (a * Layout.RowAction)] > pi[likeliest]) likeliest = at + (a * Layout.RowAction);

                // Relative to the likeliest action's g: where π is near deterministic its own g − mean is a tiny sum,
                // which a difference of large numbers would lose.
                double origin = double.CreateTruncating(g[likeliest]);
                double mean = 0;
                for (int a = 0; a < Actions; a++)
                {
                    long row = at + (a * Layout.RowAction);
                    mean += double.CreateTruncating(pi[row]) * (double.CreateTruncating(g[row]) - origin);
                }

                double inverse = double.CreateTruncating(InverseTemperatures[i]);
                for (int a = 0; a < Actions; a++)
                {
                    long row = at + (a * Layout.RowAction);
                    c[row] = T.CreateTruncating(double.CreateTruncating(pi[row]) * (double.CreateTruncating(g[row]) - origin - mean) * inverse);
                }
            }
        }
    }

    public override void EntryCotangent(DeviceArray rows, DeviceArray v, double scale, DeviceArray target)
    {
        T* r = RowArray(rows), value = StateArray(v), t = EntryArray(target);
        T factor = T.CreateTruncating(scale);
        SparseMatrix p = Transitions.Matrix;
        for (int s = 0, row = 0; s < States; s++)
        {
            for (int a = 0; a < Actions; a++, row++)
            {
                for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
                    for (int i = 0; i < Instances; i++)
                        t[(k * Layout.Stride) + i] = factor * r[Layout.Row(s, a) + i] * value[((long)p.Columns[k] * Layout.Stride) + i];
            }
        }
    }

    public override void Dot(DeviceArray a, DeviceArray b, Span<double> result)
    {
        T* x = StateArray(a), y = StateArray(b);
        for (int i = 0; i < Instances; i++)
        {
            double sum = 0;
            for (long s = 0; s < States; s++)
                sum += double.CreateTruncating(x[(s * Layout.Stride) + i]) * double.CreateTruncating(y[(s * Layout.Stride) + i]);
            result[i] = sum;
        }
    }

    /// <summary>Called with the canonical probabilities of an instance that has new ones.</summary>
    protected virtual void OnProbabilitiesChanged(ReadOnlySpan<double> values) { }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (DeviceArray array in _arrays) array.Dispose();
        _temperatures.Dispose();
        _linkScratch?.Dispose();
    }

    /// <summary>Products of runs of a state–action array with runs of a state array, in pieces of up to 128 KiB.</summary>
    private struct ScaleKernel : IBlockKernel
    {
        public const int MaximalPiece = 1 << 14;
        public T* Matrix;
        public T* Vector;
        public T* Target;
        public long Runs;
        public int RunsToAVector;
        public long Length;
        public int Piece;
        public int PiecesInABlock;
        public bool Accumulate;

        public readonly long PiecesInARun => (Length + Piece - 1) / Piece;

        public readonly void Run(int block, int worker)
        {
            long last = Math.Min((long)(block + 1) * PiecesInABlock, Runs * PiecesInARun);
            for (long piece = (long)block * PiecesInABlock; piece < last; piece++)
            {
                (long run, long part) = Math.DivRem(piece, PiecesInARun);
                long from = part * Piece;
                int length = (int)Math.Min(Piece, Length - from);
                ReadOnlySpan<T> x = new(Matrix + (run * Length) + from, length);
                ReadOnlySpan<T> y = new(Vector + (RunsToAVector == 0 ? 0 : run / RunsToAVector * Length) + from, length);
                Span<T> z = new(Target + (run * Length) + from, length);
                if (Accumulate) TensorPrimitives.MultiplyAdd(x, y, z, z);
                else TensorPrimitives.Multiply(x, y, z);
            }
        }
    }

    /// <summary>r + γ P U − U of a block of states, in float64 from float64 probabilities where they are shared.</summary>
    private struct ShapeKernel : IBlockKernel
    {
        public const int StatesInBlock = 1024;
        public CpuEngine<T> Engine;
        public double* Potential;
        public T* Reward;
        public T* Shaped;
        public double Discount;

        public readonly void Run(int block, int worker)
        {
            SparseMatrix p = Engine.Transitions.Matrix;
            int stride = Engine.Layout.Stride;
            T* own = Engine.OwnProbabilities;
            int row = block * StatesInBlock * Engine.Actions;
            for (int s = block * StatesInBlock; s < Math.Min((block + 1) * StatesInBlock, Engine.States); s++)
            {
                for (int a = 0; a < Engine.Actions; a++, row++)
                {
                    for (int i = 0; i < Engine.Instances; i++)
                    {
                        double sum = 0;
                        for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
                        {
                            double probability = own is null ? p.Values[k] : double.CreateTruncating(own[(k * stride) + i]);
                            sum += probability * Potential[((long)p.Columns[k] * stride) + i];
                        }

                        long at = Engine.Layout.Row(s, a) + i;
                        Shaped[at] = T.CreateTruncating(double.CreateTruncating(Reward[at]) + (Discount * sum) - Potential[((long)s * stride) + i]);
                    }
                }
            }
        }
    }

    protected T* StateArray(DeviceArray array) => Own<T>(array, ArrayKind.State).Pointer;

    protected T* RowArray(DeviceArray array) => Own<T>(array, ArrayKind.StateAction).Pointer;

    protected T* EntryArray(DeviceArray array) => Own<T>(array, ArrayKind.Entry).Pointer;

    protected double* Wide(DeviceArray array) => Own<double>(array, ArrayKind.WideState).Pointer;

    protected double* Parameters(DeviceArray array) => Own<double>(array, ArrayKind.Parameter).Pointer;

    /// <summary>An array of this engine, of the kind that a verb needs: all that follows trusts its length.</summary>
    protected CpuArray<TNumber> Own<TNumber>(DeviceArray array, ArrayKind kind)
        where TNumber : unmanaged
    {
        ArgumentNullException.ThrowIfNull(array);
        if (array.Kind != kind || array is not CpuArray<TNumber> own || own.Owner != this)
            throw new ArgumentException($"an array of kind {array.Kind}; expected one of kind {kind} that this engine allocated");
        ObjectDisposedException.ThrowIf(own.Pointer is null, array);
        return own;
    }

    private CpuRollouts Own(RolloutBuffer rollouts)
    {
        if (rollouts is not CpuRollouts own || own.Instances != Instances)
            throw new ArgumentException("a rollout buffer of another engine");
        ObjectDisposedException.ThrowIf(own.State is null, rollouts);
        return own;
    }

    private static void CheckLength(int length, int expected, string what, string each)
    {
        if (length != expected) throw new ArgumentException($"{length} {what}; expected {expected}, one for each {each}");
    }

    private void Check(DeviceArray array, int instance, int length)
    {
        CheckOwner(array);
        int count = array.Kind == ArrayKind.Parameter ? Leaders : Instances;
        if ((uint)instance >= (uint)count) throw new ArgumentOutOfRangeException(nameof(instance), instance, $"expected 0 to {count - 1} ({array.Kind})");
        if (length != array.Length) throw new ArgumentException($"a span of {length} numbers for an array of {array.Length} ({array.Kind})");
    }

    private void CheckOwner(DeviceArray array)
    {
        ArgumentNullException.ThrowIfNull(array);
        Engine? owner = array is CpuArray<T> own ? own.Owner : (array as CpuArray<double>)?.Owner;
        if (owner != this) throw new ArgumentException($"an array of kind {array.Kind} of another engine");
        ObjectDisposedException.ThrowIf(array.IsDisposed, array);
    }
}
