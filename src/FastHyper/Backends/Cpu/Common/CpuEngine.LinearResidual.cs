namespace FastHyper.Backends.Cpu.Common;

/// <summary>Proofs of policy evaluations, on all threads.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    private LinearResidual[] _partialResiduals = [];

    internal override void EvaluationResidual(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, DeviceArray? residual, Span<LinearResidual> found)
    {
        ArgumentNullException.ThrowIfNull(v);
        RequireLength(found.Length, Instances, "residuals", "instance");
        EvaluationResidualKernel kernel =
            new() { Engine = this, Policy = RowArray(policy), Reward = RowArray(reward), Discount = discount };
        if (v.Kind == ArrayKind.WideState) kernel.Wide = Wide(v);
        else kernel.Values = StateArray(v);
        if (residual is not null) kernel.Residual = RowArray(residual);
        int blocks = (States + EvaluationResidualKernel.StatesInBlock - 1) / EvaluationResidualKernel.StatesInBlock;
        kernel.Groups = (Instances + EvaluationResidualKernel.InstancesInGroup - 1) / EvaluationResidualKernel.InstancesInGroup;
        kernel.Spaces = RowSpaces();
        if (_partialResiduals.Length == 0) _partialResiduals = new LinearResidual[blocks * Instances];
        Team.Run(ref kernel, blocks * kernel.Groups);
        for (int i = 0; i < Instances; i++)
        {
            LinearResidual all = default;
            for (int block = 0; block < blocks; block++) all = LinearResidual.Largest(all, _partialResiduals[(block * Instances) + i]);
            found[i] = all;
        }
    }

    /// <summary>Σ_a π (r + γ P V − V)/Σ_a π of a block of states and a group of instances.</summary>
    private struct EvaluationResidualKernel : IBlockKernel
    {
        public const int StatesInBlock = 512;
        public const int InstancesInGroup = 16;
        public CpuEngine<T> Engine;
        public double* Wide;
        public T* Values;
        public T* Policy;
        public T* Reward;
        public T* Residual;
        public double Discount;
        public int Groups;
        public RowSpace[] Spaces;

        public readonly void Run(int block, int worker)
        {
            (int part, int group) = Math.DivRem(block, Groups);
            int last = Math.Min((part + 1) * StatesInBlock, Engine.States);
            for (int i = group * InstancesInGroup; i < Math.Min((group + 1) * InstancesInGroup, Engine.Instances); i++)
            {
                LinearResidual all = default;
                for (int s = part * StatesInBlock; s < last; s++) all = LinearResidual.Largest(all, At(s, i, Spaces[worker]));
                Engine._partialResiduals[(part * Engine.Instances) + i] = all;
            }
        }

        private readonly LinearResidual At(int s, int i, RowSpace space)
        {
            Transitions transitions = Engine.Transitions;
            CpuLayout layout = Engine.Layout;
            T* own = Engine.OwnProbabilities;
            double value = Value(s, i), share = 0, gain = 0, change = 0;
            for (int a = 0; a < Engine.Actions; a++)
            {
                transitions.Row(s, a, space.Columns, space.Values, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> probabilities);
                double next = 0;
                if (own is null)
                {
                    for (int k = 0; k < columns.Length; k++) next += probabilities[k] * Value(columns[k], i);
                }
                else
                {
                    T* p = own + (transitions.Matrix.Offsets[(s * Engine.Actions) + a] * layout.Stride) + i;
                    for (int k = 0; k < columns.Length; k++, p += layout.Stride) next += double.CreateTruncating(*p) * Value(columns[k], i);
                }

                long at = layout.Row(s, a) + i;
                double weight = double.CreateTruncating(Policy[at]), reward = double.CreateTruncating(Reward[at]);
                share += weight;
                gain += weight * reward;
                change += weight * (reward + (Discount * next) - value);
            }

            change /= share;
            if (Residual is not null)
                for (int a = 0; a < Engine.Actions; a++) Residual[layout.Row(s, a) + i] = T.CreateTruncating(change);
            return new LinearResidual(Math.Abs(change), Math.Abs(value), Math.Abs(gain / share), 0, 0);
        }

        private readonly double Value(int s, int i)
        {
            long at = Engine.Layout.State(s) + i;
            return Wide is null ? double.CreateTruncating(Values[at]) : Wide[at];
        }
    }
}
