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
            int steps = Rollouts.Shape.Steps;
            if (Source is not null && Ratios is null && Values is null && !Recursion.Exclusive && Recursion.Initial == 0)
                for (int k = 0; k < steps; k++) Plain(At(k, first), count, x);
            else
                for (int k = 0; k < steps; k++) for (int j = 0; j < count; j++) x[j] = Step(At(k, first + j), x[j]);
        }

        /// <summary>Index of the k-th step that the recursion comes to, of a stream.</summary>
        private readonly long At(int k, int trajectory) =>
            ((long)(Recursion.Backwards ? Rollouts.Shape.Steps - 1 - k : k) * Rollouts.Trajectories) + trajectory;

        private readonly bool Begins(long at) => Recursion.Backwards ? Rollouts.End[at] != StepEnd.None : Rollouts.Time[at] == 0;

        /// <summary>u + γ x of streams side by side.</summary>
        private readonly void Plain(long at, int count, double* x)
        {
            double* u = Source + at, to = Target + at;
            double discount = Recursion.Discount;
            if (Recursion.Backwards)
            {
                StepEnd* end = Rollouts.End + at;
                for (int j = 0; j < count; j++) to[j] = x[j] = u[j] + (discount * (end[j] != StepEnd.None ? 0 : x[j]));
            }
            else
            {
                int* time = Rollouts.Time + at;
                for (int j = 0; j < count; j++) to[j] = x[j] = u[j] + (discount * (time[j] == 0 ? 0 : x[j]));
            }
        }

        /// <summary>One step of the recursion in full; what is written, and what goes on.</summary>
        private readonly double Step(long at, double x)
        {
            double blend = Begins(at)
                ? Values is null ? Recursion.Initial : Values[at]
                : Recursion.Decay == 1 ? x : ((1 - Recursion.Decay) * Values[at]) + (Recursion.Decay * x);
            double carried = Recursion.Discount * blend;
            double next = Source is null ? carried : Source[at] + carried;
            if (Ratios is not null) next *= Math.Min(Recursion.MaxRatio, Ratios[at]);
            Target[at] = Recursion.Exclusive ? carried : next;
            return next;
        }

        /// <summary>The episodes of a stream that begin among some steps.</summary>
        private readonly void Stretch(int trajectory, int from)
        {
            int steps = Rollouts.Shape.Steps, last = Math.Min(steps, from + StepsInBlock), k = from;
            while (k < last && !Begins(At(k, trajectory))) k++;
            if (k == last) return;
            double x = 0;
            for (; k < steps; k++)
            {
                long at = At(k, trajectory);
                if (k >= last && Begins(at)) return;
                x = Step(at, x);
            }
        }
    }
}
