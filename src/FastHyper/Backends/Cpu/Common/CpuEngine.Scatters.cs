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
        int parts = PartsOf(record);
        fixed (double* sizes = steps)
        {
            ScatterKernel kernel = new()
            {
                Rollouts = record,
                Places = new StepPlaces(this, Layout, record, place) { PartMask = parts - 1 },
                Source = Steps(source),
                Target = to.Pointer,
                Factor = factor,
                PerEpisode = perEpisode,
                Mode = mode,
                StepSizes = sizes,
                InstancesPerLeader = Options.InstancesPerLeader,
                Parts = parts,
            };
            Team.Run(ref kernel, Instances * parts);
        }

        to.Version++;
    }

    protected override void ScatterActionsCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray weights, DeviceArray target, double factor, bool perEpisode,
        DeviceArray? taken, DeviceArray? slopes, DeviceArray? q)
    {
        CpuRollouts record = Own(rollouts);
        int parts = PartsOf(record);
        T* pi = RowArray(policy);
        ScatterActionsKernel kernel = new()
        {
            Engine = this,
            Rollouts = record,
            Places = new StepPlaces(this, Layout, record, StepPlace.State, rows: true) { PartMask = parts - 1 },
            Policy = pi,
            Q = q is null ? null : RowArray(q),
            Values = new StateValues<T>(this, pi, q is null ? null : RowArray(q), entropy: false),
            Weights = Steps(weights),
            Taken = Steps(taken),
            Slopes = Steps(slopes),
            Factor = factor,
            PerEpisode = perEpisode,
            Target = RowArray(target),
            Parts = parts,
        };
        Team.Run(ref kernel, Instances * parts);
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

    /// <summary>The steps of an instance whose states are of one part.</summary>
    private struct ScatterKernel : IBlockKernel
    {
        public CpuRollouts Rollouts;
        public StepPlaces Places;
        public double* Source;
        public T* Target;
        public double Factor;
        public bool PerEpisode;
        public ScatterMode Mode;
        public double* StepSizes;
        public int InstancesPerLeader;
        public int Parts;

        public readonly void Run(int block, int worker)
        {
            (int instance, int part) = Math.DivRem(block, Parts);
            long* places = stackalloc long[StepPlaces.AtOnce];
            double size = Mode == ScatterMode.Approach ? StepSizes[instance / InstancesPerLeader] : 0;
            double share = PerEpisode ? Factor / Rollouts.EpisodesOf(instance) : Factor;
            for (int w = 0; w < Rollouts.Shape.Streams; w++)
            {
                for (int t = 0; t < Rollouts.Shape.Steps; t += StepPlaces.AtOnce)
                {
                    StepRun run = Places.InStream(instance, w, t, Math.Min(StepPlaces.AtOnce, Rollouts.Shape.Steps - t));
                    Places.Find(run, places, part);
                    Take(run, places, share, size);
                }
            }
        }

        private readonly void Take(in StepRun run, long* places, double share, double size)
        {
            double* source = Source + run.From;
            T* target = Target;
            long stride = run.Stride;
            if (Mode == ScatterMode.Add)
            {
                for (int k = 0; k < run.Count; k++, source += stride)
                    if (places[k] >= 0) target[places[k]] = T.CreateTruncating(ToDouble(target[places[k]]) + (share * *source));
                return;
            }

            for (int k = 0; k < run.Count; k++, source += stride)
            {
                if (places[k] < 0) continue;
                T* to = target + places[k];
                double value = ToDouble(*to), u = share * *source;
                *to = T.CreateTruncating(Mode == ScatterMode.Write ? u : value + (size * (u - value)));
            }
        }
    }

    private struct ScatterActionsKernel : IBlockKernel
    {
        public CpuEngine<T> Engine;
        public CpuRollouts Rollouts;
        public StepPlaces Places;
        public T* Policy;
        public T* Q;
        public StateValues<T> Values;
        public double* Weights;
        public double* Taken;
        public double* Slopes;
        public double Factor;
        public bool PerEpisode;
        public T* Target;
        public int Parts;

        public readonly void Run(int block, int worker)
        {
            (int instance, int part) = Math.DivRem(block, Parts);
            long* rows = stackalloc long[StepPlaces.AtOnce];
            double share = PerEpisode ? Factor / Rollouts.EpisodesOf(instance) : Factor;
            for (int w = 0; w < Rollouts.Shape.Streams; w++)
            {
                for (int t = 0; t < Rollouts.Shape.Steps; t += StepPlaces.AtOnce)
                {
                    StepRun run = Places.InStream(instance, w, t, Math.Min(StepPlaces.AtOnce, Rollouts.Shape.Steps - t));
                    Places.Find(run, rows, part);
                    for (int k = 0; k < run.Count; k++)
                        if (rows[k] >= 0) Take(run.From + (k * run.Stride), rows[k], instance, share);
                }
            }
        }

        private readonly void Take(long at, long row, int instance, double share)
        {
            long step = Engine.RowAction;
            if (Taken is not null) Add(Target + row + (Rollouts.Action[at] * step), Taken[at]);
            double weight = Weights[at], inverse = ToDouble(Engine.InverseTemperatures[instance]), mean = 0;
            for (int b = 0; b < Engine.Actions; b++)
            {
                long to = row + (b * step);
                double u = 0;
                if (Slopes is not null)
                {
                    if (b % Engine.FollowerActions == 0) mean = Values.AfterLeader(row, b / Engine.FollowerActions, instance);
                    u = Slopes[at] * (ToDouble(Q[to]) - mean) * inverse;
                }

                Add(Target + to, share * ToDouble(Policy[to]) * (u + weight));
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
