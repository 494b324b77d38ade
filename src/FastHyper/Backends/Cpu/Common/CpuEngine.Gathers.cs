using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>Numbers that come to steps from tables, from other steps, and from their time: each step by itself.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    private const int StepsInPiece = 1 << 12;
    private readonly (double Discount, double[] Powers)[] _powers = new (double, double[])[4];
    private int _powersAt;
    private double[] _scales = [];

    protected override void GatherCore(
        RolloutBuffer rollouts, DeviceArray? table, StepPlace place, StepOperation operation, DeviceArray target)
    {
        CpuRollouts record = Own(rollouts);
        if (table is not null && place != StepPlace.Step)
        {
            Gather(record, Own<T>(table, KindOf(place)).Pointer, place, operation, target, shared: false);
            return;
        }

        fixed (double* probabilities = Transitions.Matrix.Values)
            Gather(record, table is null ? probabilities : Steps(table), place, operation, target, shared: table is null);
    }

    private void Gather<TNumber>(
        CpuRollouts record, TNumber* table, StepPlace place, StepOperation operation, DeviceArray target, bool shared)
        where TNumber : unmanaged, INumberBase<TNumber>
    {
        StepPlaces places = new(this, Layout, record, place, shared: shared);
        GatherKernel<TNumber> kernel = new() { Places = places, Table = table, Operation = operation, Target = Steps(target) };
        RunPieces(kernel, 1, record.Length, StepsInPiece);
    }

    protected override void GatherValuesCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, StepPlace place, StepOperation operation, DeviceArray target,
        bool greedy)
    {
        CpuRollouts record = Own(rollouts);
        GatherValuesKernel kernel = new()
        {
            Places = new StepPlaces(this, Layout, record, place, rows: true),
            Values = new StateValues<T>(this, RowArray(policy), RowArray(q), entropy: false),
            Greedy = greedy,
            Operation = operation,
            Target = Steps(target),
        };
        RunPieces(kernel, 1, record.Length, StepsInPiece);
    }

    protected override void AdvantagesCore(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, DeviceArray target)
    {
        CpuRollouts record = Own(rollouts);
        T* pi = RowArray(policy), table = RowArray(q);
        AdvantagesKernel kernel = new()
        {
            Places = new StepPlaces(this, Layout, record, StepPlace.State, rows: true),
            Values = new StateValues<T>(this, pi, table, entropy: false),
            Policy = pi,
            Q = table,
            Chosen = record.Action,
            Actions = Actions,
            ActionStep = Layout.RowAction,
            LeaderActs = LeaderActions > 0,
            FollowerActions = FollowerActions,
            Target = Steps(target),
        };
        RunPieces(kernel, 1, record.Length, StepsInPiece);
    }

    protected override void ScaleCore(
        RolloutBuffer rollouts, DeviceArray? source, DeviceArray target, double factor, double discount, bool perTemperature,
        bool perEpisode)
    {
        CpuRollouts record = Own(rollouts);
        if (_scales.Length < record.Trajectories) _scales = new double[record.Trajectories];
        for (int i = 0; i < Instances; i++)
        {
            double scale = perTemperature ? factor * double.CreateTruncating(InverseTemperatures[i]) : factor;
            _scales.AsSpan(i * record.Shape.Streams, record.Shape.Streams).Fill(perEpisode ? scale / record.EpisodesOf(i) : scale);
        }

        double[]? powers = discount == 1 ? null : Powers(discount, Math.Min(record.Shape.EpisodeLimit, record.Shape.Steps));
        fixed (double* p = powers, scales = _scales)
        {
            ScaleStepsKernel kernel = new()
            {
                Rollouts = record,
                Source = Steps(source),
                Powers = p,
                Scales = scales,
                Target = Steps(target),
            };
            RunPieces(kernel, 1, record.Length, StepsInPiece);
        }
    }

    /// <summary>γ^t, each by a multiplication of the one before; of the discounts that were asked for last.</summary>
    private double[] Powers(double discount, int count)
    {
        foreach ((double of, double[]? known) in _powers)
            if (known is not null && of.Equals(discount) && known.Length >= count) return known;
        double[] powers = new double[count];
        powers[0] = 1;
        for (int t = 1; t < count; t++) powers[t] = powers[t - 1] * discount;
        _powers[_powersAt++ % _powers.Length] = (discount, powers);
        return powers;
    }

    /// <summary>target ← target ∘ values; those are the neutral element where a step stands nowhere.</summary>
    private static void Apply(StepOperation operation, ReadOnlySpan<double> values, Span<double> target)
    {
        switch (operation)
        {
            case StepOperation.Write: values.CopyTo(target); break;
            case StepOperation.Add: TensorPrimitives.Add(target, values, target); break;
            case StepOperation.Subtract: TensorPrimitives.Subtract(target, values, target); break;
            case StepOperation.Multiply: TensorPrimitives.Multiply(target, values, target); break;
            default: TensorPrimitives.Divide(target, values, target); break;
        }
    }

    private static double Neutral(StepOperation operation) => operation is StepOperation.Multiply or StepOperation.Divide ? 1 : 0;

    private struct GatherKernel<TNumber> : IPieceKernel
        where TNumber : unmanaged, INumberBase<TNumber>
    {
        public StepPlaces Places;
        public TNumber* Table;
        public StepOperation Operation;
        public double* Target;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            long* places = stackalloc long[StepPlaces.AtOnce];
            double* values = stackalloc double[StepPlaces.AtOnce];
            double neutral = Neutral(Operation);
            TNumber* table = Table;
            for (int done = 0; done < count; done += StepPlaces.AtOnce)
            {
                StepRun run = Places.InMemory(from + done, Math.Min(StepPlaces.AtOnce, count - done));
                Places.Find(run, places);
                for (int k = 0; k < run.Count; k++) values[k] = places[k] < 0 ? neutral : double.CreateTruncating(table[places[k]]);
                Apply(Operation, new ReadOnlySpan<double>(values, run.Count), new Span<double>(Target + run.From, run.Count));
            }
        }
    }

    private struct GatherValuesKernel : IPieceKernel
    {
        public StepPlaces Places;
        public StateValues<T> Values;
        public bool Greedy;
        public StepOperation Operation;
        public double* Target;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            long* rows = stackalloc long[StepPlaces.AtOnce];
            double* values = stackalloc double[StepPlaces.AtOnce];
            double neutral = Neutral(Operation);
            StateValues<T> of = Values;
            for (int done = 0; done < count; done += StepPlaces.AtOnce)
            {
                StepRun run = Places.InMemory(from + done, Math.Min(StepPlaces.AtOnce, count - done));
                Places.Find(run, rows);
                if (Greedy) for (int k = 0; k < run.Count; k++) values[k] = rows[k] < 0 ? neutral : of.Greedy(rows[k], 0);
                else for (int k = 0; k < run.Count; k++) values[k] = rows[k] < 0 ? neutral : of.Mean(rows[k], 0);
                Apply(Operation, new ReadOnlySpan<double>(values, run.Count), new Span<double>(Target + run.From, run.Count));
            }
        }
    }

    private struct AdvantagesKernel : IPieceKernel
    {
        public StepPlaces Places;
        public StateValues<T> Values;
        public T* Policy;
        public T* Q;
        public int* Chosen;
        public int Actions;
        public long ActionStep;
        public bool LeaderActs;
        public int FollowerActions;
        public double* Target;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            long* rows = stackalloc long[StepPlaces.AtOnce];
            StateValues<T> of = Values;
            for (int done = 0; done < count; done += StepPlaces.AtOnce)
            {
                StepRun run = Places.InMemory(from + done, Math.Min(StepPlaces.AtOnce, count - done));
                Places.Find(run, rows);
                int* chosen = Chosen + run.From;
                double* target = Target + run.From;
                T* policy = Policy, q = Q;
                long step = ActionStep;
                int actions = Actions;
                for (int k = 0; k < run.Count; k++)
                {
                    double mean = LeaderActs
                        ? of.AfterLeader(rows[k], chosen[k] / FollowerActions, 0)
                        : Mean(policy, q, rows[k], actions, step);
                    target[k] = ToDouble(q[rows[k] + (chosen[k] * step)]) - mean;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Mean(T* policy, T* q, long row, int actions, long step)
    {
        double mean = 0;
        for (int b = 0; b < actions; b++, row += step) mean += ToDouble(policy[row]) * ToDouble(q[row]);
        return mean;
    }

    /// <summary>f γ^t u, f of the step's stream.</summary>
    private struct ScaleStepsKernel : IPieceKernel
    {
        public CpuRollouts Rollouts;
        public double* Source;
        public double* Powers;
        public double* Scales;
        public double* Target;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            for (long at = from; at < from + count;)
            {
                int first = (int)(at % Rollouts.Trajectories), length = (int)Math.Min(from + count - at, Rollouts.Trajectories - first);
                Row(at, Scales + first, length);
                at += length;
            }
        }

        /// <summary>The steps of one time.</summary>
        private readonly void Row(long at, double* scales, int length)
        {
            double* source = Source + at, target = Target + at, powers = Powers;
            int* time = Rollouts.Time + at;
            if (powers is null) for (int j = 0; j < length; j++) target[j] = Source is null ? scales[j] : scales[j] * source[j];
            else for (int j = 0; j < length; j++) target[j] = scales[j] * (Source is null ? powers[time[j]] : powers[time[j]] * source[j]);
        }
    }
}
