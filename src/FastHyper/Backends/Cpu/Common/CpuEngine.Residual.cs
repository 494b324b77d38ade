namespace FastHyper.Backends.Cpu.Common;

internal abstract unsafe partial class CpuEngine<T>
{
    private ResidualBound[] _partialBounds = [];

    public override void CertifiedResidual(DeviceArray v, DeviceArray reward, double discount, Span<ResidualBound> bounds)
    {
        ArgumentNullException.ThrowIfNull(v);
        CheckLength(bounds.Length, Instances, "bounds", "instance");
        ResidualKernel kernel = new() { Engine = this, Reward = RowArray(reward), Discount = discount };
        if (v.Kind == ArrayKind.WideState) kernel.Wide = Wide(v);
        else kernel.Values = StateArray(v);
        int blocks = (States + ResidualKernel.StatesInBlock - 1) / ResidualKernel.StatesInBlock;
        int groups = (Instances + ResidualKernel.InstancesInGroup - 1) / ResidualKernel.InstancesInGroup;
        kernel.Groups = groups;
        if (_partialBounds.Length == 0) _partialBounds = new ResidualBound[blocks * Instances];
        Team.Run(ref kernel, blocks * groups);
        for (int i = 0; i < Instances; i++)
        {
            ResidualBound all = default;
            for (int block = 0; block < blocks; block++)
            {
                // Math.Max keeps what is not a number.
                ResidualBound part = _partialBounds[(block * Instances) + i];
                all = new(Math.Max(all.Residual, part.Residual), Math.Max(all.Rounding, part.Rounding), Math.Max(all.RowSum, part.RowSum));
            }

            bounds[i] = all;
        }
    }

    /// <summary>
    /// |τ log Σ_a exp(Q(s,a)/τ) − V(s)| of a block of states and a group of instances. The sum is kept relative to the
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

        public readonly void Run(int block, int worker)
        {
            (int part, int group) = Math.DivRem(block, Groups);
            int last = Math.Min((part + 1) * StatesInBlock, Engine.States);
            for (int i = group * InstancesInGroup; i < Math.Min((group + 1) * InstancesInGroup, Engine.Instances); i++)
            {
                ResidualBound bound = default;
                for (int s = part * StatesInBlock; s < last; s++)
                {
                    ResidualBound found = At(s, i);
                    bound = new(Math.Max(bound.Residual, found.Residual), Math.Max(bound.Rounding, found.Rounding), Math.Max(bound.RowSum, found.RowSum));
                }

                Engine._partialBounds[(part * Engine.Instances) + i] = bound;
            }
        }

        private readonly ResidualBound At(int s, int i)
        {
            SparseMatrix p = Engine.Transitions.Matrix;
            int actions = Engine.Actions;
            double temperature = double.CreateTruncating(Engine.Temperatures[i]);
            double largest = double.NegativeInfinity;
            double sum = 0;
            double rowSum = 0;
            double rounding = 0;
            for (int a = 0, row = s * actions; a < actions; a++, row++)
            {
                double reward = double.CreateTruncating(Reward[Engine.Layout.Row(s, a) + i]);
                double q = 0;
                double mass = 0;
                double magnitude = 0;
                for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
                {
                    double probability = Probability(k, i);
                    double term = probability * Value(p.Columns[k], i);
                    q += term;
                    mass += probability;
                    magnitude += Math.Abs(term);
                }

                q = reward + (Discount * q);
                rowSum = Math.Max(rowSum, mass);
                // n products and sums of terms err by at most n units of rounding of Σ|terms|.
                rounding = Math.Max(rounding, Epsilon * (Math.Abs(reward) + ((p.Offsets[row + 1] - p.Offsets[row] + 2) * magnitude)));
                if (q > largest)
                {
                    sum = (sum * Math.Exp((largest - q) / temperature)) + 1;
                    largest = q;
                }
                else
                {
                    sum += Math.Exp((q - largest) / temperature);
                }
            }

            double entropic = temperature * Math.Log(sum);
            double value = Value(s, i);
            rounding += Epsilon * (Math.Abs(largest) + Math.Abs(value) + (temperature * (actions + 2)));
            return new(Math.Abs(largest + entropic - value), rounding, rowSum);
        }

        private readonly double Value(int s, int i)
        {
            long at = ((long)s * Engine.Layout.Stride) + i;
            return Wide is null ? double.CreateTruncating(Values[at]) : Wide[at];
        }

        private readonly double Probability(long k, int i)
        {
            T* own = Engine.OwnProbabilities;
            return own is null ? Engine.Transitions.Matrix.Values[k] : double.CreateTruncating(own[(k * Engine.Layout.Stride) + i]);
        }
    }
}
