using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.ManySmallMdps;

/// <summary>
/// Proofs of linear solves in float64, a register of instances at once: a pass over the transitions, apart from all factors.
/// </summary>
internal sealed unsafe partial class InstanceLanesEngine<TLane, T>
{
    internal override void EvaluationResidual(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, DeviceArray? residual, Span<LinearResidual> found)
    {
        if (typeof(T) != typeof(double) || residual is not null) base.EvaluationResidual(v, policy, reward, discount, residual, found);
        else Prove(
            new ProofKernel { Verb = Verb.Evaluate, Values = StateArray(v), Given = RowArray(reward), Policy = RowArray(policy) }, discount,
            found);
    }

    internal override void AdjointResidual(
        DeviceArray y, DeviceArray policy, DeviceArray source, double discount, DeviceArray? residual, Span<LinearResidual> found)
    {
        if (typeof(T) != typeof(double) || residual is not null)
        {
            base.AdjointResidual(y, policy, source, discount, residual, found);
            return;
        }

        PrepareIncoming();
        Prove(
            new ProofKernel { Verb = Verb.Adjoint, Values = StateArray(y), Given = StateArray(source), Policy = RowArray(policy) },
            discount, found);
    }

    private void Prove(ProofKernel kernel, double discount, Span<LinearResidual> found)
    {
        RequireLength(found.Length, Instances, "residuals", "instance");
        kernel.Engine = this;
        kernel.Discount = discount;
        fixed (LinearResidual* to = found)
        {
            kernel.Found = to;
            Team.Run(ref kernel, Groups);
        }
    }

    /// <summary>The norms of one register of instances.</summary>
    private struct ProofKernel : IBlockKernel
    {
        public InstanceLanesEngine<TLane, T> Engine;
        public Verb Verb;
        public T* Values;
        public T* Given;
        public T* Policy;
        public double Discount;
        public LinearResidual* Found;

        public readonly void Run(int block, int worker)
        {
            int lane = block * TLane.Width;
            TLane zero = TLane.Constant(0);
            Norms norms = new() { Residual = zero, Solution = zero, Source = zero, SolutionSum = zero, SourceSum = zero, Poison = zero };
            if (Verb == Verb.Evaluate) Evaluate(lane, ref norms);
            else Transpose(lane, ref norms);
            TLane* registers =
                stackalloc TLane[6] { norms.Residual, norms.Solution, norms.Source, norms.SolutionSum, norms.SourceSum, norms.Poison };
            T* numbers = stackalloc T[6 * TLane.Width];
            for (int k = 0; k < 6; k++) TLane.Store(numbers + (k * TLane.Width), registers[k]);
            for (int j = 0; j < TLane.Width && lane + j < Engine.Instances; j++)
                Found[lane + j] = new LinearResidual(Number(0, j), Number(1, j), Number(2, j), Number(3, j), Number(4, j));

            // The registers' maximum forgets what is not a number.
            double Number(int k, int j) =>
                numbers[(5 * TLane.Width) + j] == T.Zero ? double.CreateTruncating(numbers[(k * TLane.Width) + j]) : double.NaN;
        }

        private readonly void Evaluate(int lane, ref Norms norms)
        {
            InstanceLanesEngine<TLane, T> engine = Engine;
            int stride = engine.Layout.Stride, actions = engine.Actions;
            long* row = engine._rowOffsets.Pointer;
            T* own = engine.OwnProbabilities is null ? null : engine.OwnProbabilities + lane;
            T* v = Values + lane;
            TLane zero = TLane.Constant(0), discount = TLane.Constant(Discount);
            long at = lane;
            for (int s = 0; s < engine.States; s++, row += actions)
            {
                TLane value = TLane.Load(v + ((long)s * stride)), sum = zero, gain = zero;
                for (int a = 0; a < actions; a++, at += stride)
                {
                    TLane share = TLane.Load(Policy + at), reward = TLane.Load(Given + at);
                    TLane q = Backup(
                        v, reward, row[a], row[a + 1], discount, engine._successors.Pointer, engine._values.Pointer, own, stride);
                    sum = TLane.MultiplyAdd(share, q - value, sum);
                    gain = TLane.MultiplyAdd(share, reward, gain);
                }

                norms.Residual = TLane.Max(norms.Residual, TLane.Abs(sum));
                norms.Solution = TLane.Max(norms.Solution, TLane.Abs(value));
                norms.Source = TLane.Max(norms.Source, TLane.Abs(gain));
                norms.Poison = TLane.MultiplyAdd(zero, sum, norms.Poison);
            }
        }

        private readonly void Transpose(int lane, ref Norms norms)
        {
            InstanceLanesEngine<TLane, T> engine = Engine;
            int stride = engine.Layout.Stride;
            TLane zero = TLane.Constant(0), discount = TLane.Constant(Discount);
            for (int s = 0; s < engine.States; s++)
            {
                TLane y = TLane.Load(Values + ((long)s * stride) + lane), b = TLane.Load(Given + ((long)s * stride) + lane);
                TLane change = TLane.MultiplyAdd(discount, engine.Inflow(Values + lane, Policy + lane, s, lane), b) - y;
                norms.Residual += TLane.Abs(change);
                norms.Solution += TLane.Abs(y);
                norms.Source += TLane.Abs(b);
                norms.SolutionSum += y;
                norms.SourceSum += b;
                norms.Poison = TLane.MultiplyAdd(zero, change, norms.Poison);
            }
        }

        private struct Norms
        {
            public TLane Residual;
            public TLane Solution;
            public TLane Source;
            public TLane SolutionSum;
            public TLane SourceSum;
            public TLane Poison;
        }
    }
}
