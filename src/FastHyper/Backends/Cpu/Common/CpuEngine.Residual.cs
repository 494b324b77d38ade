namespace FastHyper.Backends.Cpu.Common;

internal abstract unsafe partial class CpuEngine<T>
{
    private ResidualBound[] _partialBounds = [];
    private RowSpace[] _rowSpaces = [];

    internal override void CertifiedResidual(DeviceArray v, DeviceArray reward, double discount, Span<ResidualBound> bounds)
    {
        ArgumentNullException.ThrowIfNull(v);
        RequireLength(bounds.Length, Instances, "bounds", "instance");
        ResidualKernel kernel = new() { Engine = this, Reward = RowArray(reward), Discount = discount };
        if (v.Kind == ArrayKind.WideState) kernel.Wide = Wide(v);
        else kernel.Values = StateArray(v);
        int blocks = (States + ResidualKernel.StatesInBlock - 1) / ResidualKernel.StatesInBlock;
        int groups = (Instances + ResidualKernel.InstancesInGroup - 1) / ResidualKernel.InstancesInGroup;
        kernel.Groups = groups;
        kernel.Spaces = RowSpaces();
        if (_partialBounds.Length == 0) _partialBounds = new ResidualBound[blocks * Instances];
        Team.Run(ref kernel, blocks * groups);
        for (int i = 0; i < Instances; i++)
        {
            ResidualBound all = default;
            for (int block = 0; block < blocks; block++) all = ResidualBound.Largest(all, _partialBounds[(block * Instances) + i]);
            bounds[i] = all;
        }
    }

    /// <summary>Where each thread has rows copied to that stand nowhere as they are.</summary>
    private RowSpace[] RowSpaces()
    {
        bool needed = Transitions.MatrixInMemory is null;
        if (_rowSpaces.Length < Team.Size) _rowSpaces = new RowSpace[Team.Size];
        for (int i = 0; i < _rowSpaces.Length; i++)
            if (needed && _rowSpaces[i].Columns is null)
                _rowSpaces[i] = new RowSpace(new int[Transitions.LongestRow], new double[Transitions.LongestRow]);
        return _rowSpaces;
    }

    /// <summary>Space for the entries of a row.</summary>
    private readonly record struct RowSpace(int[] Columns, double[] Values);

    /// <summary>
    /// |τ log Σ_a exp(Q(s,a)/τ) − V(s)|, or |Σ_a f(a|s) V(s,a) − V(s)| where a leader acts, of a block of states and a group of instances.
    /// The sum is kept relative to the
    /// largest Q so far, and rescaled when a larger one comes.
    /// </summary>
    private struct ResidualKernel : IBlockKernel
    {
        public const int StatesInBlock = 512;
        public const int InstancesInGroup = 16;
        private const double Epsilon = 2.2204460492503131e-16;
        public CpuEngine<T> Engine;
        public double* Wide;
        public T* Values;
        public T* Reward;
        public double Discount;
        public int Groups;
        public RowSpace[] Spaces;

        public readonly void Run(int block, int worker)
        {
            (int part, int group) = Math.DivRem(block, Groups);
            int last = Math.Min((part + 1) * StatesInBlock, Engine.States);
            for (int i = group * InstancesInGroup; i < Math.Min((group + 1) * InstancesInGroup, Engine.Instances); i++)
            {
                ResidualBound bound = default;
                for (int s = part * StatesInBlock; s < last; s++)
                    bound = ResidualBound.Largest(bound, At(s, i, Spaces[worker]));
                Engine._partialBounds[(part * Engine.Instances) + i] = bound;
            }
        }

        private readonly ResidualBound At(int s, int i, RowSpace space)
        {
            Transitions transitions = Engine.Transitions;
            T* own = Engine.OwnProbabilities;
            int actions = Engine.Actions, followerActions = Engine.FollowerActions;
            double temperature = Engine.Temperature(i), divisor = HardMaximum.Divisor(temperature);
            double largest = double.NegativeInfinity;
            double sum = 0;
            double rowSum = 0;
            double rounding = 0;
            double first = 0;
            double soft = 0;
            double magnitudes = 0;
            double largestReward = 0;
            for (int a = 0, row = s * actions; a < actions; a++, row++)
            {
                double reward = double.CreateTruncating(Reward[Engine.Layout.Row(s, a) + i]);
                double q = 0;
                double mass = 0;
                double magnitude = 0;
                transitions.Row(s, a, space.Columns, space.Values, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
                long begin = own is null ? 0 : transitions.Matrix.Offsets[row];
                for (int k = 0; k < columns.Length; k++)
                {
                    double probability = own is null ? values[k] : double.CreateTruncating(own[((begin + k) * Engine.Layout.Stride) + i]);
                    double term = probability * Value(columns[k], i);
                    q += term;
                    mass += probability;
                    magnitude += Math.Abs(term);
                }

                q = reward + (Discount * q);
                rowSum = Math.Max(rowSum, mass);
                largestReward = Math.Max(largestReward, Math.Abs(reward));
                // n products and sums of terms err by at most n units of rounding of Σ|terms|.
                rounding = Math.Max(rounding, Epsilon * (Math.Abs(reward) + ((columns.Length + 2L) * magnitude)));
                if (q > largest)
                {
                    sum = (sum * Math.Exp((largest - q) / divisor)) + 1;
                    largest = q;
                }
                else
                {
                    sum += Math.Exp((q - largest) / divisor);
                }

                if ((a + 1) % followerActions != 0) continue;
                double share = Share(s, a / followerActions, i);
                double after = largest + (temperature * Math.Log(sum));
                if (a < followerActions) first = after;
                else soft += share * (after - first);
                magnitudes += share * (Math.Abs(largest) + (temperature * (followerActions + 2)));
                (largest, sum) = (double.NegativeInfinity, 0);
            }

            double value = Value(s, i);
            rounding += Epsilon * (Math.Abs(value) + (Math.Max(1, Engine.LeaderActions) * magnitudes));
            // A reward of −∞ would pass for that of an action which is never taken.
            double residual = double.IsFinite(largestReward) ? Math.Abs(first + soft - value) : double.NaN;
            return new(residual, rounding, rowSum, largestReward, Math.Abs(value));
        }

        private readonly double Share(int s, int leaderAction, int i) => Engine.LeaderShares is null
            ? 1
            : double.CreateTruncating(Engine.LeaderShares[Engine.Layout.Row(s, leaderAction, Engine.LeaderActions) + i]);

        private readonly double Value(int s, int i)
        {
            long at = Engine.Layout.State(s) + i;
            return Wide is null ? double.CreateTruncating(Values[at]) : Wide[at];
        }
    }
}
