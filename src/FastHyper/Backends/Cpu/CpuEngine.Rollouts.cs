namespace FastHyper.Backends.Cpu;

internal abstract unsafe partial class CpuEngine<T>
{
    // Streams stepped in turn by one thread: their cache misses overlap, and time-major writes are contiguous.
    private const int StreamsInBlock = 64;

    // A row that sums this close to one ends no episode: the rest is rounding, of float64 where probabilities are shared.
    private double RoundingDeficit => typeof(T) == typeof(double) || OwnProbabilities is null ? 1e-9 : 1e-5;

    private readonly StartTables _starts = new();

    public override RolloutBuffer AllocateRollouts(RolloutShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Streams < 1 || shape.Steps < 1 || shape.EpisodeLimit < 1)
            throw new InvalidInputException($"rollouts: {shape.Streams} streams of {shape.Steps} steps, episodes of {shape.EpisodeLimit}; expected at least 1 of each");
        return new CpuRollouts(shape, Instances);
    }

    public override void Rollout(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray initial, DeviceArray reward, DeviceArray leaderReward,
        ReadOnlySpan<ulong> seeds, uint iteration)
    {
        CpuRollouts buffer = (CpuRollouts)rollouts;
        _starts.Prepare((CpuArray<T>)initial, States, Instances, Layout.Stride);
        fixed (ulong* seed = seeds)
        {
            RolloutKernel kernel = new()
            {
                Engine = this,
                Buffer = buffer,
                Policy = Pointer(policy),
                Reward = Pointer(reward),
                LeaderReward = Pointer(leaderReward),
                Seeds = seed,
                Iteration = iteration,
            };
            Team.Run(ref kernel, (buffer.Trajectories + StreamsInBlock - 1) / StreamsInBlock);
        }
    }

    private struct RolloutKernel : IBlockKernel
    {
        public CpuEngine<T> Engine;
        public CpuRollouts Buffer;
        public T* Policy;
        public T* Reward;
        public T* LeaderReward;
        public ulong* Seeds;
        public uint Iteration;

        public readonly void Run(int block, int worker)
        {
            int first = block * StreamsInBlock;
            int end = Math.Min(first + StreamsInBlock, Buffer.Trajectories);
            Buffer.CurrentTime.AsSpan(first, end - first).Fill(-1);
            Buffer.Episodes.AsSpan(first, end - first).Clear();
            for (int t = 0; t < Buffer.Shape.Steps; t++)
                for (int w = first; w < end; w++)
                    Step(t, w);
        }

        private readonly void Step(int t, int trajectory)
        {
            RolloutShape shape = Buffer.Shape;
            int instance = trajectory / shape.Streams;
            int leader = instance / Engine.Options.InstancesPerLeader;
            uint stream = (uint)(trajectory - (leader * Engine.Options.InstancesPerLeader * shape.Streams));
            ulong seed = Seeds[leader];
            if (Buffer.CurrentTime[trajectory] < 0)
            {
                double start = Philox.Uniforms((uint)t, Philox.Purpose.Start, stream, Iteration, seed).First;
                Buffer.CurrentState[trajectory] = Engine._starts.Draw(instance, start);
                Buffer.CurrentTime[trajectory] = 0;
                Buffer.Episodes[trajectory]++;
            }

            int s = Buffer.CurrentState[trajectory];
            int time = Buffer.CurrentTime[trajectory];
            (double u, double v) = Philox.Uniforms((uint)t, Philox.Purpose.Step, stream, Iteration, seed);
            int a = DrawAction(s, instance, u);
            int slot = DrawSuccessor(s, a, instance, v, out int next);

            long at = ((long)t * Buffer.Trajectories) + trajectory;
            long row = Engine.Layout.Row(s, a) + instance;
            bool terminated = slot < 0;
            bool truncated = !terminated && (time + 1 == shape.EpisodeLimit || t + 1 == shape.Steps);
            Buffer.State[at] = s;
            Buffer.Action[at] = a;
            Buffer.Slot[at] = slot;
            Buffer.Time[at] = time;
            Buffer.Reward[at] = double.CreateTruncating(Reward[row]);
            Buffer.LeaderReward[at] = double.CreateTruncating(LeaderReward[row]);
            Buffer.End[at] = terminated ? StepEnd.Terminated : truncated ? StepEnd.Truncated : StepEnd.None;
            Buffer.CurrentState[trajectory] = next;
            Buffer.CurrentTime[trajectory] = terminated || truncated ? -1 : time + 1;
        }

        private readonly int DrawAction(int s, int instance, double u)
        {
            T* pi = Policy + (s * Engine.Layout.RowState) + instance;
            double cumulative = 0;
            int chosen = 0;
            for (int a = 0; a < Engine.Actions; a++)
            {
                double p = double.CreateTruncating(pi[a * Engine.Layout.RowAction]);
                if (p > 0) chosen = a;
                cumulative += p;
                if (u < cumulative) break;
            }

            return chosen;
        }

        private readonly int DrawSuccessor(int s, int a, int instance, double u, out int next)
        {
            SparseMatrix matrix = Engine.Transitions.Matrix;
            int row = (s * Engine.Actions) + a;
            long begin = matrix.Offsets[row];
            long end = matrix.Offsets[row + 1];
            T* own = Engine.OwnProbabilities;
            int stride = Engine.Layout.Stride;
            double cumulative = 0;
            long chosen = -1;
            for (long k = begin; k < end; k++)
            {
                double p = own is null ? matrix.Values[k] : double.CreateTruncating(own[(k * stride) + instance]);
                if (p > 0) chosen = k;
                cumulative += p;
                if (u < cumulative)
                {
                    next = matrix.Columns[k];
                    return (int)(k - begin);
                }
            }

            if (chosen < 0 || 1 - cumulative > Engine.RoundingDeficit)
            {
                next = -1;
                return -1;
            }

            next = matrix.Columns[chosen];
            return (int)(chosen - begin);
        }
    }

    /// <summary>Inverse of the cumulative initial distribution of each instance, over its support.</summary>
    private sealed class StartTables
    {
        private CpuArray<T>? _source;
        private int _version;
        private int[] _support = [];
        private int[][] _states = [];
        private double[][] _cumulative = [];

        /// <summary>Tables of a changed distribution; they reuse the memory of the last ones unless the support grew.</summary>
        public void Prepare(CpuArray<T> initial, int states, int instances, int stride)
        {
            if (ReferenceEquals(initial, _source) && initial.Version == _version) return;
            if (_support.Length != instances)
            {
                _support = new int[instances];
                _states = new int[instances][];
                _cumulative = new double[instances][];
            }

            for (int i = 0; i < instances; i++)
            {
                int support = 0;
                for (int s = 0; s < states; s++)
                    if (initial.Pointer[((long)s * stride) + i] > T.Zero) support++;
                if (support == 0)
                    throw new InvalidInputException($"initial distribution of instance {i} is zero everywhere; expected probabilities that sum to 1");
                _support[i] = support;
                if (_states[i] is null || _states[i].Length < support)
                {
                    _states[i] = new int[support];
                    _cumulative[i] = new double[support];
                }

                double sum = 0;
                for (int s = 0, k = 0; s < states; s++)
                {
                    double p = double.CreateTruncating(initial.Pointer[((long)s * stride) + i]);
                    if (!(p > 0)) continue;
                    _states[i][k] = s;
                    _cumulative[i][k++] = sum += p;
                }
            }

            _source = initial;
            _version = initial.Version;
        }

        public int Draw(int instance, double u)
        {
            double[] cumulative = _cumulative[instance];
            int low = 0;
            int high = _support[instance] - 1;
            u *= cumulative[high];
            while (low < high)
            {
                int middle = (low + high) >> 1;
                if (u < cumulative[middle]) high = middle;
                else low = middle + 1;
            }

            return _states[instance][low];
        }
    }
}
