namespace FastHyper.Backends.Cpu.Common;

/// <summary>Linear recursions along episodes.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    protected override void ScanCore(
        RolloutBuffer rollouts, DeviceArray? source, in Recursion recursion, DeviceArray target, DeviceArray? ratios, DeviceArray? values)
    {
        CpuRollouts record = Own(rollouts);
        ScanKernel kernel = new()
        {
            Rollouts = record,
            Source = Steps(source),
            Ratios = Steps(ratios),
            Values = Steps(values),
            Recursion = recursion,
            Target = Steps(target),
            StreamsInBlock = Math.Clamp((record.Trajectories + Team.Size - 1) / Team.Size, 1, ScanKernel.MaxStreamsInBlock),
        };
        int steps = record.Shape.Steps;
        kernel.StepsInBlock = record.Trajectories < Team.Size ? Math.Min(steps, FewSteps) : steps;
        kernel.BlocksOfSteps = (steps + kernel.StepsInBlock - 1) / kernel.StepsInBlock;
        // Little work is done by the caller at once.
        if (record.Length <= StepsInPiece) kernel.StreamsInBlock = Math.Min(record.Trajectories, ScanKernel.MaxStreamsInBlock);
        Team.Run(ref kernel, (record.Trajectories + kernel.StreamsInBlock - 1) / kernel.StreamsInBlock * kernel.BlocksOfSteps);
    }

    /// <summary>
    /// A block is some streams, side by side, or a stretch of time: the episodes that begin in it, seen from where the recursion starts, to
    /// their ends. Episodes know nothing of each other, so any blocks give the same bits.
    /// </summary>
    private struct ScanKernel : IBlockKernel
    {
        public const int MaxStreamsInBlock = 64;
        public CpuRollouts Rollouts;
        public double* Source;
        public double* Ratios;
        public double* Values;
        public Recursion Recursion;
        public double* Target;
        public int StreamsInBlock;
        public int StepsInBlock;
        public int BlocksOfSteps;

        public readonly void Run(int block, int worker)
        {
            (int part, int stretch) = Math.DivRem(block, BlocksOfSteps);
            int first = part * StreamsInBlock, count = Math.Min(StreamsInBlock, Rollouts.Trajectories - first);
            if (BlocksOfSteps > 1)
            {
                for (int j = first; j < first + count; j++) Stretch(j, stretch * StepsInBlock);
                return;
            }

            double* x = stackalloc double[MaxStreamsInBlock];
            Follow(0, Rollouts.Shape.Steps, first, count, x);
        }

        /// <summary>Index of the k-th step that the recursion comes to, of a stream.</summary>
        private readonly long At(int k, int trajectory) =>
            ((long)(Recursion.Backwards ? Rollouts.Shape.Steps - 1 - k : k) * Rollouts.Trajectories) + trajectory;

        private readonly bool Begins(long at) => Recursion.Backwards ? Rollouts.End[at] != StepEnd.None : Rollouts.Time[at] == 0;

        /// <summary>Steps of the recursion, of streams side by side.</summary>
        /// <param name="from">The first of them, of those that the recursion comes to.</param>
        /// <param name="last">One after the last.</param>
        /// <param name="first">The first stream.</param>
        /// <param name="count">How many streams.</param>
        /// <param name="x">x of each stream, which goes on.</param>
        private readonly void Follow(int from, int last, int first, int count, double* x)
        {
            double* source = Source, ratios = Ratios, values = Values, target = Target;
            StepEnd* end = Rollouts.End;
            int* time = Rollouts.Time;
            double discount = Recursion.Discount, decay = Recursion.Decay, rest = 1 - decay;
            bool backwards = Recursion.Backwards;
            for (int k = from; k < last; k++)
            {
                long at = At(k, first);
                for (int j = 0; j < count; j++, at++)
                {
                    double blend = x[j];
                    if (backwards ? end[at] != StepEnd.None : time[at] == 0) blend = values is null ? Recursion.Initial : values[at];
                    else if (decay != 1) blend = (rest * values[at]) + (decay * blend);
                    double carried = discount * blend, next = source is null ? carried : source[at] + carried;
                    if (ratios is not null) next *= Math.Min(Recursion.MaxRatio, ratios[at]);
                    target[at] = Recursion.Exclusive ? carried : next;
                    x[j] = next;
                }
            }
        }

        /// <summary>The episodes of a stream that begin among some steps, to their ends.</summary>
        private readonly void Stretch(int trajectory, int from)
        {
            int steps = Rollouts.Shape.Steps, last = (int)Math.Min(steps, (long)from + StepsInBlock), end = last;
            while (from < last && !Begins(At(from, trajectory))) from++;
            if (from == last) return;
            while (end < steps && !Begins(At(end, trajectory))) end++;
            double x = 0;
            Follow(from, end, trajectory, 1, &x);
        }
    }
}
