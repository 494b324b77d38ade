namespace FastHyper.Backends.Cpu.Common;

/// <summary>
/// Numbers of steps that come to tables, in the order of streams and time: threads share an instance by the states whose numbers they
/// write, so that every number sees its steps in that order.
/// </summary>
internal abstract unsafe partial class CpuEngine<T>
{
    // A chain of sums of an instance.
    private const int StepsInSum = 1 << 16;

    protected override void ScatterCore(
        RolloutBuffer rollouts, DeviceArray source, StepPlace place, DeviceArray target, double factor, bool perEpisode, ScatterMode mode,
        ReadOnlySpan<double> steps)
    {
        CpuRollouts record = Own(rollouts);
        CpuArray<T> to = Own<T>(target, KindOf(place));
        fixed (double* sizes = steps)
        {
            ScatterVisitor visitor = new()
            {
                Rollouts = record,
                Source = Steps(source),
                Target = to.Pointer,
                Factor = factor,
                PerEpisode = perEpisode,
                Mode = mode,
                StepSizes = sizes,
                InstancesPerLeader = Options.InstancesPerLeader,
            };
            RunInOrder(new StepPlaces(this, Layout, record, place) { Parts = PartsOf(record) }, visitor);
        }

        to.Version++;
    }

    protected override void ScatterActionsCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray weights, DeviceArray target, double factor, bool perEpisode,
        DeviceArray? taken, DeviceArray? slopes, DeviceArray? q)
    {
        CpuRollouts record = Own(rollouts);
        T* pi = RowArray(policy), table = q is null ? null : RowArray(q);
        ScatterActionsVisitor visitor = new()
        {
            Engine = this,
            Rollouts = record,
            Policy = pi,
            Q = table,
            Values = new StateValues<T>(this, pi, table, entropy: false),
            Weights = Steps(weights),
            Taken = Steps(taken),
            Slopes = Steps(slopes),
            Factor = factor,
            PerEpisode = perEpisode,
            Target = RowArray(target),
        };
        RunInOrder(new StepPlaces(this, Layout, record, StepPlace.State, rows: true) { Parts = PartsOf(record) }, visitor);
        ((CpuArray<T>)target).Version++;
    }

    protected override void MeanOverEpisodesCore(RolloutBuffer rollouts, DeviceArray a, DeviceArray b, Span<double> result)
    {
        CpuRollouts record = Own(rollouts);
        long steps = (long)record.Shape.Streams * record.Shape.Steps;
        int each = (int)((steps + StepsInSum - 1) / StepsInSum);
        double* sums = Sums((long)each * Instances);
        StepSumKernel kernel = new() { Rollouts = record, X = Steps(a), Y = Steps(b), Sums = sums, SumsOfInstance = each };
        Team.Run(ref kernel, checked(each * Instances));
        for (int i = 0; i < Instances; i++)
        {
            double sum = 0;
            for (int k = 0; k < each; k++) sum += sums[((long)i * each) + k];
            result[i] = sum / record.EpisodesOf(i);
        }
    }

    private static double ToDouble(T value) => double.CreateTruncating(value);

    private void RunInOrder<TVisitor>(in StepPlaces places, in TVisitor visitor)
        where TVisitor : struct, IStepVisitor
    {
        InOrderKernel<TVisitor> kernel = new() { Places = places, Visitor = visitor };
        Team.Run(ref kernel, Instances * places.Parts);
    }

    /// <summary>The steps of an instance whose states are of one part.</summary>
    private struct InOrderKernel<TVisitor> : IBlockKernel
        where TVisitor : struct, IStepVisitor
    {
        public StepPlaces Places;
        public TVisitor Visitor;

        public readonly void Run(int block, int worker) => Places.InOrder(Visitor, block / Places.Parts, block % Places.Parts);
    }

    private struct ScatterVisitor : IStepVisitor
    {
        public CpuRollouts Rollouts;
        public double* Source;
        public T* Target;
        public double Factor;
        public bool PerEpisode;
        public ScatterMode Mode;
        public double* StepSizes;
        public int InstancesPerLeader;
        private double _stepSize;

        public void Begin(int instance)
        {
            if (PerEpisode) Factor /= Rollouts.EpisodesOf(instance);
            if (Mode == ScatterMode.Approach) _stepSize = StepSizes[instance / InstancesPerLeader];
        }

        public readonly void Take(in StepRun run, int count, long* places, int* which)
        {
            double* source = Source + run.From;
            T* target = Target;
            long stride = run.Stride;
            double share = Factor;
            for (int k = 0; k < count; k++)
            {
                T* to = target + places[k];
                double value = ToDouble(*to), u = share * source[which[k] * stride];
                double moved = Mode == ScatterMode.Add ? value + u : Mode == ScatterMode.Write ? u : value + (_stepSize * (u - value));
                *to = T.CreateTruncating(moved);
            }
        }
    }

    private struct ScatterActionsVisitor : IStepVisitor
    {
        public CpuEngine<T> Engine;
        public CpuRollouts Rollouts;
        public T* Policy;
        public T* Q;
        public StateValues<T> Values;
        public double* Weights;
        public double* Taken;
        public double* Slopes;
        public double Factor;
        public bool PerEpisode;
        public T* Target;

        public void Begin(int instance)
        {
            if (PerEpisode) Factor /= Rollouts.EpisodesOf(instance);
        }

        public readonly void Take(in StepRun run, int count, long* rows, int* which)
        {
            double inverse = ToDouble(Engine.InverseTemperatures[run.Instance]);
            for (int k = 0; k < count; k++) Take(run.From + (which[k] * run.Stride), rows[k], run.Instance, inverse);
        }

        private readonly void Take(long at, long row, int instance, double inverse)
        {
            long step = Engine.RowAction;
            if (Taken is not null) Add(Target + row + (Rollouts.Action[at] * step), Taken[at]);
            double weight = Weights[at], mean = 0;
            for (int b = 0; b < Engine.Actions; b++, row += step)
            {
                double u = 0;
                if (Slopes is not null)
                {
                    long first = row - (b * step);
                    if (b % Engine.FollowerActions == 0) mean = Values.AfterLeader(first, b / Engine.FollowerActions, instance);
                    u = Slopes[at] * (ToDouble(Q[row]) - mean) * inverse;
                }

                Add(Target + row, Factor * ToDouble(Policy[row]) * (u + weight));
            }
        }

        private static void Add(T* target, double value) => *target = T.CreateTruncating(ToDouble(*target) + value);
    }

    /// <summary>Σ x y of a fixed number of an instance's steps, streams one after the other.</summary>
    private struct StepSumKernel : IBlockKernel
    {
        public CpuRollouts Rollouts;
        public double* X;
        public double* Y;
        public double* Sums;
        public int SumsOfInstance;

        public readonly void Run(int block, int worker)
        {
            (int instance, int part) = Math.DivRem(block, SumsOfInstance);
            int steps = Rollouts.Shape.Steps, streams = Rollouts.Shape.Streams;
            long from = (long)part * StepsInSum, last = Math.Min(from + StepsInSum, (long)steps * streams);
            double sum = 0;
            while (from < last)
            {
                (long stream, long time) = Math.DivRem(from, steps);
                long at = (time * Rollouts.Trajectories) + ((long)instance * streams) + stream;
                long count = Math.Min(last - from, steps - time);
                for (long k = 0; k < count; k++, at += Rollouts.Trajectories) sum += X[at] * Y[at];
                from += count;
            }

            Sums[block] = sum;
        }
    }
}
