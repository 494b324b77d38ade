using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Common;

internal abstract unsafe partial class CpuEngine<T>
{
    // Streams stepped in turn by one thread: their cache misses overlap, and time-major writes are contiguous.
    private const int MaxStreamsInBlock = 64;

    private readonly StartTables _starts = new();

    protected override RolloutBuffer AllocateRolloutsCore(RolloutShape shape) => new CpuRollouts(this, shape, Instances);

    public override void Rollout(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray initial, DeviceArray reward, DeviceArray leaderReward,
        ReadOnlySpan<ulong> seeds, uint iteration)
    {
        CpuRollouts buffer = Own(rollouts);
        RequireLength(seeds.Length, Leaders, "seeds", "leader");
        _starts.Prepare(Own<T>(initial, ArrayKind.State), States, Instances, Layout);
        fixed (ulong* seed = seeds)
        {
            RolloutKernel kernel = new()
            {
                Engine = this,
                Buffer = buffer,
                Shape = buffer.Shape,
                Matrix = Transitions.Matrix,
                Layout = Layout,
                Own = OwnProbabilities,
                Trajectories = buffer.Trajectories,
                Actions = Actions,
                State = buffer.State,
                Action = buffer.Action,
                Slot = buffer.Slot,
                Time = buffer.Time,
                Rewards = buffer.Rewards,
                LeaderRewards = buffer.LeaderRewards,
                End = buffer.End,
                Policy = RowArray(policy),
                Reward = RowArray(reward),
                LeaderReward = RowArray(leaderReward),
                Seeds = seed,
                Iteration = iteration,
                StreamsInBlock = Math.Clamp((buffer.Trajectories + Team.Size - 1) / Team.Size, 1, MaxStreamsInBlock),
            };
            Team.Run(ref kernel, (buffer.Trajectories + kernel.StreamsInBlock - 1) / kernel.StreamsInBlock);
        }
    }

    private struct RolloutKernel : IBlockKernel
    {
        public CpuEngine<T> Engine;
        public CpuRollouts Buffer;
        public RolloutShape Shape;
        public SparseMatrix Matrix;
        public CpuLayout Layout;
        public T* Own;
        public int Trajectories;
        public int Actions;
        public int* State;
        public int* Action;
        public int* Slot;
        public int* Time;
        public double* Rewards;
        public double* LeaderRewards;
        public StepEnd* End;
        public T* Policy;
        public T* Reward;
        public T* LeaderReward;
        public ulong* Seeds;
        public uint Iteration;
        public int StreamsInBlock;

        public readonly void Run(int block, int worker)
        {
            int first = block * StreamsInBlock;
            int count = Math.Min(StreamsInBlock, Trajectories - first);
            int perInstance = Shape.Streams;
            int perLeader = Engine.Options.InstancesPerLeader;
            Stream* streams = stackalloc Stream[MaxStreamsInBlock];
            for (int i = 0; i < count; i++)
            {
                int instance = (first + i) / perInstance;
                int leader = instance / perLeader;
                streams[i] =
                    new Stream
                    {
                        Instance = instance,
                        Number = (uint)(first + i - (leader * perLeader * perInstance)),
                        Seed = Seeds[leader],
                        Time = -1,
                    };
            }

            // All streams act before any moves: the lines of memory that moving needs arrive meanwhile.
            for (int t = 0; t < Shape.Steps; t++)
            {
                for (int i = 0; i < count; i++) Act(t, ref streams[i]);
                for (int i = 0; i < count; i++) Move(t, first + i, ref streams[i]);
            }

            for (int i = 0; i < count; i++) Buffer.Episodes[first + i] = streams[i].Episodes;
        }

        private readonly void Act(int t, ref Stream stream)
        {
            if (stream.Time < 0)
            {
                double start = Philox.Uniforms((uint)t, Philox.Purpose.Start, stream.Number, Iteration, stream.Seed).First;
                stream.State = Engine._starts.Draw(stream.Instance, start);
                stream.Time = 0;
                stream.Episodes++;
            }

            (double u, stream.Draw) = Philox.Uniforms((uint)t, Philox.Purpose.Step, stream.Number, Iteration, stream.Seed);
            stream.Action = DrawAction(stream.State, stream.Instance, u);
            stream.Row = Layout.Row(stream.State, stream.Action) + stream.Instance;
            stream.Begin = Matrix.Offsets[(stream.State * Actions) + stream.Action];
            CacheLine.Prefetch(Reward + stream.Row);
            CacheLine.Prefetch(LeaderReward + stream.Row);
        }

        private readonly void Move(int t, int trajectory, ref Stream stream)
        {
            int slot = DrawSuccessor(stream.State, stream.Action, stream.Instance, stream.Begin, stream.Draw, out int next);
            long at = ((long)t * Trajectories) + trajectory;
            bool terminated = slot < 0;
            bool truncated = !terminated && (stream.Time + 1 == Shape.EpisodeLimit || t + 1 == Shape.Steps);
            State[at] = stream.State;
            Action[at] = stream.Action;
            Slot[at] = slot;
            Time[at] = stream.Time;
            Rewards[at] = double.CreateTruncating(Reward[stream.Row]);
            LeaderRewards[at] = double.CreateTruncating(LeaderReward[stream.Row]);
            End[at] = terminated ? StepEnd.Terminated : truncated ? StepEnd.Truncated : StepEnd.None;
            stream.Time = terminated || truncated ? -1 : stream.Time + 1;
            stream.State = next;
            if (terminated) return;
            T* pi = Policy + Layout.Row(next, 0) + stream.Instance;
            for (int a = 0; a < Actions; a++) CacheLine.Prefetch(pi + (a * Layout.RowAction));
        }

        private readonly int DrawAction(int s, int instance, double u)
        {
            T* pi = Policy + Layout.Row(s, 0) + instance;
            double cumulative = 0;
            int chosen = 0;
            for (int a = 0; a < Actions; a++)
            {
                double p = double.CreateTruncating(pi[a * Layout.RowAction]);
                if (p > 0) chosen = a;
                cumulative += p;
                if (u < cumulative) break;
            }

            return chosen;
        }

        private readonly int DrawSuccessor(int s, int a, int instance, long begin, double u, out int next)
        {
            SparseMatrix matrix = Matrix;
            int row = (s * Actions) + a;
            long end = matrix.Offsets[row + 1];
            T* own = Own;
            int stride = Layout.Stride;
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

    /// <summary>One stream of episodes, between its steps and within one.</summary>
    private struct Stream
    {
        public ulong Seed;
        public uint Number;
        public int Instance;
        public int State;
        public int Time;
        public int Episodes;
        public int Action;
        public double Draw;
        public long Row;
        public long Begin;
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
        public void Prepare(CpuArray<T> initial, int states, int instances, in CpuLayout layout)
        {
            if (ReferenceEquals(initial, _source) && initial.Version == _version) return;
            if (_support.Length != instances)
            {
                _support = new int[instances];
                _states = new int[instances][];
                _cumulative = new double[instances][];
            }

            _source = null;
            for (int i = 0; i < instances; i++)
            {
                int support = 0;
                for (int s = 0; s < states; s++)
                    if (initial.Pointer[layout.State(s) + i] > T.Zero) support++;
                if (support == 0)
                    throw new InvalidInputException(
                        $"initial distribution of instance {i} is zero everywhere; expected probabilities that sum to 1");
                _support[i] = support;
                if (_states[i] is null || _states[i].Length < support)
                {
                    _states[i] = new int[support];
                    _cumulative[i] = new double[support];
                }

                double sum = 0;
                for (int s = 0, k = 0; s < states; s++)
                {
                    double p = double.CreateTruncating(initial.Pointer[layout.State(s) + i]);
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
