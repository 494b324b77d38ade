using System.Numerics;
using System.Numerics.Tensors;

namespace FastHyper.Backends.Cpu;

/// <summary>
/// The verbs that do not depend on which axis the lanes run over: they address arrays through <see cref="CpuLayout"/>.
/// Sweeps are left to <see cref="InstanceLanesEngine{TLane, T}"/> and <see cref="StateLanesEngine{TLane, T}"/>.
/// </summary>
internal abstract unsafe partial class CpuEngine<T> : Engine
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly CpuArray<T>? _probabilities;
    private readonly NativeArray<T> _temperatures;

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

    public override DeviceArray Allocate(ArrayKind kind, int parameters = 0) => kind switch
    {
        ArrayKind.State => new CpuArray<T>(kind, States, Layout.StateCapacity),
        ArrayKind.WideState => new CpuArray<double>(kind, States, Layout.StateCapacity),
        ArrayKind.StateAction => new CpuArray<T>(kind, checked(States * Actions), Layout.RowCapacity),
        ArrayKind.Entry => new CpuArray<T>(kind, Transitions.Matrix.EntryCount, (long)Transitions.Matrix.EntryCount * Layout.Stride),
        _ => new CpuArray<double>(kind, parameters, (long)parameters * Leaders),
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
        if (target is CpuArray<T> array)
        {
            array.Version++;
            Fill(array, T.CreateTruncating(value));
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
        for (int i = 0; i < Instances; i++)
        {
            if (!(temperatures[i] > 0) || !double.IsFinite(temperatures[i]))
                throw new InvalidInputException($"temperature of instance {i}: {temperatures[i]}; expected a finite number above 0");
            Temperatures[i] = T.CreateTruncating(temperatures[i]);
            InverseTemperatures[i] = T.CreateTruncating(1 / temperatures[i]);
        }
    }

    public override void ScaleByState(DeviceArray matrix, DeviceArray vector, DeviceArray target, bool accumulate)
    {
        T* m = Pointer(matrix), v = Pointer(vector), t = Pointer(target);
        // Lanes over instances: a run is the instances of one (s,a). Lanes over states: the states of one action.
        bool overStates = Layout.RowState == 1;
        long runs = overStates ? Actions : (long)States * Actions;
        int length = checked((int)(Layout.RowCapacity / runs));
        for (long run = 0; run < runs; run++)
        {
            ReadOnlySpan<T> x = new(m + (run * length), length);
            ReadOnlySpan<T> y = new(v + (overStates ? 0 : run / Actions * length), length);
            Span<T> z = new(t + (run * length), length);
            if (accumulate) TensorPrimitives.MultiplyAdd(x, y, z, z);
            else TensorPrimitives.Multiply(x, y, z);
        }
    }

    public override void Shape(DeviceArray potential, DeviceArray v, DeviceArray reward, double discount, DeviceArray shaped, DeviceArray rounded)
    {
        double* u = Wide(potential);
        T* increment = Pointer(v), copy = Pointer(rounded);
        for (long i = 0; i < Layout.StateCapacity; i++)
        {
            u[i] += double.CreateTruncating(increment[i]);
            copy[i] = T.CreateTruncating(u[i]);
            increment[i] = T.Zero;
        }

        ShapeKernel kernel = new() { Engine = this, Potential = u, Reward = Pointer(reward), Shaped = Pointer(shaped), Discount = discount };
        Team.Run(ref kernel, (States + ShapeKernel.StatesInBlock - 1) / ShapeKernel.StatesInBlock);
    }

    public override void QCotangent(DeviceArray policy, DeviceArray policyCotangent, DeviceArray target)
    {
        T* pi = Pointer(policy), g = Pointer(policyCotangent), c = Pointer(target);
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
        T* r = Pointer(rows), value = Pointer(v), t = Pointer(target);
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
        T* x = Pointer(a), y = Pointer(b);
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
        _probabilities?.Dispose();
        _temperatures.Dispose();
        _linkScratch?.Dispose();
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

    protected static T* Pointer(DeviceArray array) => ((CpuArray<T>)array).Pointer;

    protected static double* Parameters(DeviceArray array)
    {
        if (array.Kind != ArrayKind.Parameter) throw new ArgumentException("expected an array of leader parameters", nameof(array));
        return ((CpuArray<double>)array).Pointer;
    }

    protected static double* Wide(DeviceArray array) => ((CpuArray<double>)array).Pointer;

    private void Check(DeviceArray array, int instance, int length)
    {
        int count = array.Kind == ArrayKind.Parameter ? Leaders : Instances;
        if ((uint)instance >= (uint)count) throw new ArgumentOutOfRangeException(nameof(instance), instance, $"expected 0 to {count - 1} ({array.Kind})");
        if (length != array.Length) throw new ArgumentException($"a span of {length} numbers for an array of {array.Length} ({array.Kind})");
    }
}
