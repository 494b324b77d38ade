using System.Runtime.CompilerServices;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>Some steps, evenly spaced in memory: of one stream, or side by side, where the instance changes as streams go by.</summary>
/// <param name="From">Index of the first.</param>
/// <param name="Stride">Distance between them.</param>
/// <param name="Count">How many.</param>
/// <param name="Instance">Whose the first is.</param>
/// <param name="Stream">Its stream in the instance.</param>
internal readonly record struct StepRun(long From, long Stride, int Count, int Instance, int Stream);

/// <summary>What steps of one instance do, some at a time, in the order of streams and time.</summary>
internal unsafe interface IStepVisitor
{
    /// <summary>Begins with an instance.</summary>
    void Begin(int instance);

    /// <summary>Takes steps in that stand somewhere.</summary>
    /// <param name="run">Steps of a stream.</param>
    /// <param name="count">How many of them there are.</param>
    /// <param name="places">Where each stands.</param>
    /// <param name="which">Which step of the run each is.</param>
    void Take(in StepRun run, int count, long* places, int* which);
}

/// <summary>Where the steps of rollouts stand in an engine's arrays; −1 where a step stands nowhere.</summary>
internal readonly unsafe struct StepPlaces
{
    /// <summary>Steps that are looked up at once: their places, and as many numbers, stay in the nearest cache.</summary>
    public const int AtOnce = 256;

    // States side by side that belong to one part: a cache line of float64.
    private const int PartShift = 3;
    private readonly int* _states;
    private readonly int* _chosen;
    private readonly int* _slots;
    private readonly int* _times;
    private readonly StepEnd* _ends;
    private readonly int[]? _positions;
    private readonly SparseMatrix? _matrix;
    private readonly long _stateStep;
    private readonly long _actionStep;
    private readonly long _entryStep;
    private readonly int _instanceStep;
    private readonly int _actions;
    private readonly int _instances;
    private readonly RolloutShape _shape;
    private readonly StepPlace _place;

    /// <summary>Looks places up.</summary>
    /// <param name="engine">Whose arrays.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="rollouts">The steps.</param>
    /// <param name="place">Where they stand.</param>
    /// <param name="rows">Whether places in states are those of a state's first row, in an array (S, A).</param>
    /// <param name="shared">Whether entries are those of one array that all instances share.</param>
    public StepPlaces(Engine engine, in CpuLayout layout, CpuRollouts rollouts, StepPlace place, bool rows = false, bool shared = false)
    {
        _states = rollouts.State;
        _chosen = rollouts.Action;
        _slots = rollouts.Slot;
        _times = rollouts.Time;
        _ends = rollouts.End;
        _shape = rollouts.Shape;
        _instances = rollouts.Instances;
        _positions = layout.Positions;
        _matrix = place is StepPlace.Next or StepPlace.Cut or StepPlace.Entry ? engine.Transitions.Matrix : null;
        _place = place;
        _stateStep = rows || place == StepPlace.Pair ? layout.RowState : layout.Stride;
        _actionStep = layout.RowAction;
        _entryStep = shared ? 1 : layout.Stride;
        _instanceStep = shared ? 0 : 1;
        _actions = engine.Actions;
    }

    /// <summary>
    /// Parts that states are divided among, a power of two: <see cref="InOrder"/> leaves steps out whose states are in other parts.
    /// </summary>
    public int Parts { get; init; } = 1;

    /// <summary>Steps side by side in memory, all instances'.</summary>
    public StepRun InMemory(long from, int count)
    {
        int streams = _shape.Streams, trajectory = (int)(from % ((long)streams * _instances));
        return new StepRun(from, 1, count, trajectory / streams, trajectory % streams);
    }

    /// <summary>Writes the places of a run.</summary>
    public void Find(in StepRun run, long* places)
    {
        long at = run.From;
        int instance = run.Instance, stream = run.Stream, streams = _shape.Streams;
        for (int k = 0; k < run.Count; k++, at++)
        {
            places[k] = PlaceOf(at, instance, out _);
            if (++stream < streams) continue;
            stream = 0;
            if (++instance == _instances) instance = 0;
        }
    }

    /// <summary>Shows an instance's steps of a part that stand somewhere, in the order of streams and time.</summary>
    public void InOrder<TVisitor>(TVisitor visitor, int instance, int part)
        where TVisitor : struct, IStepVisitor
    {
        visitor.Begin(instance);
        long* places = stackalloc long[AtOnce];
        int* which = stackalloc int[AtOnce];
        for (int w = 0; w < _shape.Streams; w++)
        {
            for (long t = 0; t < _shape.Steps; t += AtOnce)
            {
                long stride = (long)_shape.Streams * _instances, from = (t * stride) + ((long)instance * _shape.Streams) + w;
                StepRun run = new(from, stride, (int)Math.Min(AtOnce, _shape.Steps - t), instance, w);
                visitor.Take(run, Select(run, part, places, which), places, which);
            }
        }
    }

    /// <summary>Whether a state belongs to a part.</summary>
    public static bool IsIn(int part, int mask, int state) => ((state >> PartShift) & mask) == part;

    /// <summary>Those of a run that stand somewhere in a part, without a branch on it, which nobody could foretell.</summary>
    private int Select(in StepRun run, int part, long* places, int* which)
    {
        long at = run.From, stride = run.Stride;
        int mask = Parts - 1, count = 0;
        for (int k = 0; k < run.Count; k++, at += stride)
        {
            long place = PlaceOf(at, run.Instance, out int state);
            places[count] = place;
            which[count] = k;
            count += (place >= 0) & IsIn(part, mask, state) ? 1 : 0;
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long PlaceOf(long at, int instance, out int state)
    {
        state = _states[at];
        if (_place == StepPlace.Pair) return InState(state, instance) + (_chosen[at] * _actionStep);
        if (_place == StepPlace.State) return InState(state, instance);
        if (_place == StepPlace.Step) return at;
        if (_place == StepPlace.Start) return _times[at] == 0 ? InState(state, instance) : -1;
        if (_slots[at] < 0 || (_place == StepPlace.Cut && _ends[at] != StepEnd.Truncated)) return -1;
        long entry = _matrix!.Offsets[(state * _actions) + _chosen[at]] + _slots[at];
        if (_place == StepPlace.Entry) return (entry * _entryStep) + (instance * _instanceStep);
        state = _matrix.Columns[entry];
        return InState(state, instance);
    }

    private long InState(int state, int instance) => ((_positions is null ? state : _positions[state]) * _stateStep) + instance;
}
