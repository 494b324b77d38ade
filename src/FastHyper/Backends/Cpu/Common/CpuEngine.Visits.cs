namespace FastHyper.Backends.Cpu.Common;

/// <summary>Means over the visits of pairs and states.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    // Fewer steps of an instance are not worth more than one thread; nor are two threads, which both look at every step, where tables
    // stay in the cache.
    private const int FewSteps = 1 << 13;
    private const int PairsInCache = 1 << 17;
    private VisitTable?[] _visits = [];

    /// <summary>Parts of states that threads share an instance's steps by, a power of two; 1 where there are instances enough.</summary>
    private int PartsOf(CpuRollouts rollouts)
    {
        long steps = (long)rollouts.Shape.Streams * rollouts.Shape.Steps;
        bool divides = steps >= FewSteps && (Team.Size > 2 || (long)States * Actions > PairsInCache);
        int parts = 1;
        while (divides && Instances * parts < Team.Size) parts *= 2;
        return parts;
    }

    /// <summary>Tables of visits, of one worker each or, where instances have parts, of one instance.</summary>
    private VisitTable?[] VisitTables(int parts)
    {
        if (_visits.Length == 0) _visits = new VisitTable?[Team.Size];
        for (int i = 0; parts > 1 && i < Instances; i++) (_visits[i] ??= new VisitTable(States * Actions)).Begin();
        return _visits;
    }

    protected override void AverageVisitsCore(RolloutBuffer rollouts, DeviceArray source, VisitMean mean, DeviceArray target)
    {
        CpuRollouts record = Own(rollouts);
        int parts = PartsOf(record);
        VisitKernel kernel = new()
        {
            Engine = this,
            Rollouts = record,
            Source = Steps(source),
            Mean = mean,
            Target = Steps(target),
            Parts = parts,
            Tables = VisitTables(parts),
        };
        Team.Run(ref kernel, Instances * parts);
    }

    /// <summary>The sum over the visits of a pair and their number, of the epoch that it was last visited in.</summary>
    private struct Visit
    {
        public double Sum;
        public int Count;
        public int Epoch;
    }

    /// <summary>A visit of each pair, 16 bytes; what an earlier epoch left means nothing, so that nothing needs to be cleared.</summary>
    private sealed class VisitTable(int pairs)
    {
        public Visit[] Pairs { get; } = new Visit[pairs];

        public int Epoch { get; private set; }

        /// <summary>Begins an epoch: no pair has been visited.</summary>
        public int Begin()
        {
            if (Epoch == int.MaxValue)
            {
                Array.Clear(Pairs);
                Epoch = 0;
            }

            return ++Epoch;
        }

        /// <summary>Mean over the visits of some pairs side by side.</summary>
        public double Mean(int first, int count)
        {
            double sum = 0;
            int visits = 0;
            foreach (ref readonly Visit visit in Pairs.AsSpan(first, count))
            {
                if (visit.Epoch != Epoch) continue;
                sum += visit.Sum;
                visits += visit.Count;
            }

            return sum / visits;
        }
    }

    private struct VisitKernel : IBlockKernel
    {
        public CpuEngine<T> Engine;
        public CpuRollouts Rollouts;
        public double* Source;
        public VisitMean Mean;
        public double* Target;
        public int Parts;
        public VisitTable?[] Tables;

        public readonly void Run(int block, int worker)
        {
            (int instance, int part) = Math.DivRem(block, Parts);
            VisitTable table = Parts > 1 ? Tables[instance]! : Tables[worker] ??= new VisitTable(Engine.States * Engine.Actions);
            if (Parts == 1) table.Begin();
            for (int w = 0; w < Rollouts.Shape.Streams; w++) Add(table, ((long)instance * Rollouts.Shape.Streams) + w, part);
            for (int w = 0; w < Rollouts.Shape.Streams; w++) Write(table, ((long)instance * Rollouts.Shape.Streams) + w, part);
        }

        private readonly void Add(VisitTable table, long trajectory, int part)
        {
            int* state = Rollouts.State + trajectory, action = Rollouts.Action + trajectory;
            double* source = Source + trajectory;
            Visit[] pairs = table.Pairs;
            int actions = Engine.Actions, epoch = table.Epoch, mask = Parts - 1;
            long trajectories = Rollouts.Trajectories, last = trajectories * Rollouts.Shape.Steps;
            bool shared = Mean == VisitMean.ShareLessState;
            for (long at = 0; at < last; at += trajectories)
            {
                if (!StepPlaces.IsIn(part, mask, state[at])) continue;
                ref Visit visit = ref pairs[(state[at] * actions) + action[at]];
                if (visit.Epoch != epoch) visit = new Visit { Sum = source[at], Count = 1, Epoch = epoch };
                else if (shared) visit.Count++;
                else (visit.Sum, visit.Count) = (visit.Sum + source[at], visit.Count + 1);
            }
        }

        private readonly void Write(VisitTable table, long trajectory, int part)
        {
            int* state = Rollouts.State + trajectory, action = Rollouts.Action + trajectory;
            double* source = Source + trajectory, target = Target + trajectory;
            Visit[] pairs = table.Pairs;
            int actions = Engine.Actions, choices = Engine.FollowerActions, mask = Parts - 1;
            long trajectories = Rollouts.Trajectories, last = trajectories * Rollouts.Shape.Steps;
            for (long at = 0; at < last; at += trajectories)
            {
                if (!StepPlaces.IsIn(part, mask, state[at])) continue;
                int pair = (state[at] * actions) + action[at];
                double u = Mean == VisitMean.StepLessState ? source[at] : pairs[pair].Sum / pairs[pair].Count;
                if (Mean != VisitMean.Pair) u -= table.Mean(pair / choices * choices, choices);
                target[at] = u;
            }
        }
    }
}
