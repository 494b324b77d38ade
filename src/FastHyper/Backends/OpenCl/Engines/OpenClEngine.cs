using FastHyper.Backends.Cpu.Factorisations;
using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>
/// The verbs on an OpenCL device. Arrays hold the instances of each number side by side, so work-items read contiguously
/// where they are instances of one state, and where they are states of one instance. Verbs only enqueue commands, and wait
/// where the host is given numbers: sums, residuals, and every few sweeps whether to go on. No sum depends on the size of
/// work-groups: its parts are fixed by its length, and maxima have no order.
/// </summary>
internal sealed partial class OpenClEngine : Engine
{
    // Work-items that fill a large device several times over; beyond, each takes more states.
    private const int MaxWorkItems = 1 << 18;

    private readonly Dictionary<string, OpenClKernel> _kernels = [];
    private readonly List<DeviceArray> _arrays = [];
    private readonly List<IDisposable> _owned = [];
    private readonly OpenClTransitions _model;
    private readonly OpenClArray? _probabilities;
    private readonly OpenClArray? _leaderPolicy;
    private readonly SmallVector<double> _temperatures;
    private readonly double[] _temperaturesAndInverses;
    private int _arraysBeforePruning = 32;
    private bool _isDisposed;

    public OpenClEngine(OpenClContext context, Transitions transitions, EngineOptions options)
        : base(transitions, options)
    {
        if ((long)States * Instances > int.MaxValue)
            throw new InvalidInputException(
                $"engine: {States} states in each of {Instances} instances; expected at most {int.MaxValue} in all");
        Context = context;
        _hostFactors = new Lazy<PolicyFactors?>(() => PolicyFactors.TryRescue(transitions));
        Queue = Own(new OpenClQueue(context));
        try
        {
            _model = context.Models.Rent(transitions, options.Precision, options.OwnTransitions);
            _temperatures = Own(new SmallVector<double>(Queue, "temperatures"));
            _temperaturesAndInverses = new double[2 * Instances];
            _temperaturesAndInverses.AsSpan().Fill(1);
            _temperatures.Set(_temperaturesAndInverses);
            _spread = Own(new VectorCache<double>(Queue, "spreads"));
            _amounts = Own(new SmallVector<double>(Queue, "amounts"));
            _coefficients = Own(new VectorCache<double>(Queue, "coefficients"));
            _contexts = Own(new VectorCache<int>(Queue, "contexts"));
            _weights = Own(new VectorCache<double>(Queue, "weights"));
            _factors = Own(new VectorCache<double>(Queue, "factors"));
            _rates = Own(new VectorCache<double>(Queue, "rates"));
            _seeds = Own(new SmallVector<ulong>(Queue, "seeds"));
            _powers = Own(new SmallVector<double>(Queue, "discounts"));
            _stepSizes = Own(new SmallVector<double>(Queue, "step sizes"));
            _chunks = ChunksOf(States, Instances);
            _bounds = Own(context.Allocate(24L * _chunks * Instances, "bounds of sweeps"));
            _reduced = Own(context.Allocate(24L * Instances, "bounds of instances"));
            _state = Own(new SweepState(Queue, Instances));
            _next = (OpenClArray)Allocate(ArrayKind.State);
            if (options.OwnTransitions) _probabilities = SharedProbabilities();
            if (LeaderActions > 0) _leaderPolicy = UniformLeaderPolicy();
        }
        catch
        {
            Dispose(true);
            throw;
        }
    }

    public override DeviceArray? Probabilities => _probabilities;

    public override DeviceArray? LeaderPolicy => _leaderPolicy;

    public override string Description =>
        $"OpenCL {Context.Device.Index} ({Context.Device.Name}), {Instances} instance(s) in {(Narrow ? "float32" : "float64")}";

    internal override long TransitionBytes => _model.Bytes;

    /// <summary>The queue, which counts what goes between host and device.</summary>
    internal OpenClQueue Queue { get; }

    private OpenClContext Context { get; }

    private bool Narrow => Options.Precision == Precision.F32;

    private int RealSize => Narrow ? sizeof(float) : sizeof(double);

    /// <summary>τ of each instance, then 1/τ.</summary>
    private DeviceMemory Temperatures => _temperatures.Memory;

    public override DeviceArray Allocate(ArrayKind kind, int parameters = 0)
    {
        (int length, long stride, int size, string what) = kind switch
        {
            ArrayKind.State => (States, Instances, RealSize, "an array of states"),
            ArrayKind.WideState => (States, Instances, sizeof(double), "an array of states"),
            ArrayKind.StateAction => (States * Actions, Instances, RealSize, "an array of states and actions"),
            ArrayKind.LeaderAction => (States * RequireLeader(), Instances, RealSize, "an array of states and leader actions"),
            ArrayKind.Step => throw new ArgumentException("an array of steps without a shape; expected AllocateSteps"),
            ArrayKind.Entry => (Transitions.EntryCount, Instances, RealSize, "an array of transitions"),
            _ => (parameters, (long)Leaders, sizeof(double), "parameters"),
        };
        return Keep(new OpenClArray(this, kind, length, Zeros(length * stride * size, what)));
    }

    private OpenClArray Keep(OpenClArray array)
    {
        if (_arrays.Count >= _arraysBeforePruning)
        {
            _arrays.RemoveAll(array => array.IsDisposed);
            _arraysBeforePruning = 2 * Math.Max(_arrays.Count, 16);
        }

        _arrays.Add(array);
        return array;
    }

    private DeviceMemory Zeros(long bytes, string what) => DeviceMemories.AllOrNothing(Queue, memories =>
    {
        DeviceMemory memory = memories.Allocate(bytes, what);
        Queue.Fill(memory, 0);
        return memory;
    });

    internal override void SetTemperatures(ReadOnlySpan<double> temperatures)
    {
        RequireLength(temperatures.Length, Instances, "temperatures", "instance");
        for (int i = 0; i < Instances; i++)
        {
            double temperature = Round(temperatures[i]), inverse = Round(HardMaximum.Inverse(temperatures[i], Options.Precision));
            if (!(temperature > 0 || temperatures[i] == 0) || !double.IsFinite(temperature) || !double.IsFinite(inverse))
                throw new InvalidInputException(
                    $"temperature of instance {i}: {temperatures[i]}; expected a finite number above 0 whose inverse is finite "
                        + $"({Options.Precision})");
            _temperaturesAndInverses[i] = temperature;
            _temperaturesAndInverses[Instances + i] = inverse;
        }

        _temperatures.Set(_temperaturesAndInverses);
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        Queue.TryFinish();
        foreach (DeviceArray array in _arrays) array.Dispose();
        for (int k = _owned.Count - 1; k >= 0; k--) _owned[k].Dispose();
        _owned.Clear();
        if (!_isDisposed && _model is not null) Context.Models.Return(_model);
        _isDisposed = true;
        foreach (OpenClKernel kernel in _kernels.Values) kernel.Dispose();
        _kernels.Clear();
        if (_hostFactors.IsValueCreated) _hostFactors.Value?.Dispose();
    }

    /// <summary>How many parts the states of an instance are swept in: one a work-item, evenly.</summary>
    private static int ChunksOf(int states, int instances)
    {
        int each = (int)(((long)states * instances / MaxWorkItems) + 1);
        return (states + each - 1) / each;
    }

    private double Round(double value) => Narrow ? (float)value : value;

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    /// <summary>A kernel that begins to be given its arguments.</summary>
    private OpenClKernel Kernel(string file, string name)
    {
        if (!_kernels.TryGetValue(name, out OpenClKernel? kernel))
            _kernels.Add(name, kernel = new OpenClKernel(Context.Programs.Create(file, name, Options.Precision)));
        kernel.Forget();
        return kernel;
    }

    /// <summary>The same, with the transitions as its first arguments: MODEL of <c>kernels/common.cl</c>.</summary>
    private OpenClKernel WithModel(string file, string name) => WithEntries(Kernel(file, name), _probabilities?.Memory);

    /// <summary>The same, with other entries in the place of own probabilities.</summary>
    private OpenClKernel WithEntries(OpenClKernel kernel, DeviceMemory? entries) => kernel
        .With(States).With(Actions).With(FollowerActions).With(Instances)
        .With(_model.Slices).With(_model.Columns).With(_model.Values).With(_model.Begins).With(entries);

    private DeviceMemory Read(DeviceArray array, ArrayKind kind) => Checked(array, kind).Memory;

    private DeviceMemory Written(DeviceArray array, ArrayKind kind)
    {
        OpenClArray own = Checked(array, kind);
        own.Version++;
        return own.Memory;
    }

    /// <summary>An array of this engine, of the kind that a verb needs: kernels trust its length.</summary>
    private OpenClArray Checked(DeviceArray array, ArrayKind kind)
    {
        RequireOwn(array, kind);
        return (OpenClArray)array;
    }
}
