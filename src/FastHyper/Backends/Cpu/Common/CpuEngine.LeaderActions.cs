using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>What a leader who acts does with its own actions; all arithmetic float64.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    private enum LeaderVerb
    {
        Softmax,
        SoftmaxPullback,
        Means,
    }

    internal override void LeaderSoftmax(DeviceArray rows)
    {
        T* f = LeaderArray(rows);
        RunPieces(new LeaderKernel { Engine = this, Verb = LeaderVerb.Softmax, Target = f }, 1, States, StatesInPiece);
        ((CpuArray<T>)rows).Version++;
    }

    internal override void LeaderSoftmaxPullback(DeviceArray leaderPolicy, DeviceArray cotangent, DeviceArray target) => RunPieces(
        new LeaderKernel
        {
            Engine = this,
            Verb = LeaderVerb.SoftmaxPullback,
            Policy = LeaderArray(leaderPolicy),
            Values = LeaderArray(cotangent),
            Target = LeaderArray(target),
        },
        1, States, StatesInPiece);

    public override void LeaderActionMeans(DeviceArray policy, DeviceArray q, bool entropy, DeviceArray target) => RunPieces(
        new LeaderKernel
        {
            Engine = this,
            Verb = LeaderVerb.Means,
            Policy = RowArray(policy),
            Values = RowArray(q),
            Target = LeaderArray(target),
            Entropy = entropy,
        },
        1, States, StatesInPiece);

    private struct LeaderKernel : IPieceKernel
    {
        public CpuEngine<T> Engine;
        public LeaderVerb Verb;
        public T* Policy;
        public T* Values;
        public T* Target;
        public bool Entropy;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            long step = Engine.Layout.StateStep(Engine.LeaderActions);
            for (long s = from; s < from + count; s++)
            {
                for (int i = 0; i < Engine.Instances; i++)
                {
                    long at = (s * step) + i;
                    switch (Verb)
                    {
                        case LeaderVerb.Softmax: Softmax(Target + at); break;
                        case LeaderVerb.SoftmaxPullback: Pullback(Policy + at, Values + at, Target + at); break;
                        default: Means((s * Engine.Layout.RowState) + i, i, Target + at); break;
                    }
                }
            }
        }

        private readonly void Softmax(T* x)
        {
            long step = Engine.Layout.RowAction;
            double largest = double.NegativeInfinity, sum = 0;
            for (int a = 0; a < Engine.LeaderActions; a++) largest = Math.Max(largest, double.CreateTruncating(x[a * step]));
            for (int a = 0; a < Engine.LeaderActions; a++) sum += Exp(double.CreateTruncating(x[a * step]) - largest);
            for (int a = 0; a < Engine.LeaderActions; a++)
                x[a * step] = T.CreateTruncating(Exp(double.CreateTruncating(x[a * step]) - largest) / sum);
        }

        private readonly void Pullback(T* f, T* cotangent, T* target)
        {
            long step = Engine.Layout.RowAction;
            double mean = 0;
            for (int a = 0; a < Engine.LeaderActions; a++)
                mean += double.CreateTruncating(f[a * step]) * double.CreateTruncating(cotangent[a * step]);
            for (int a = 0; a < Engine.LeaderActions; a++)
                target[a * step] = T.CreateTruncating(
                    double.CreateTruncating(f[a * step]) * (double.CreateTruncating(cotangent[a * step]) - mean));
        }

        private readonly void Means(long row, int instance, T* target)
        {
            StateValues<T> values = new(Engine, Policy, Values, Entropy);
            for (int a = 0; a < Engine.LeaderActions; a++)
                target[a * Engine.Layout.RowAction] = T.CreateTruncating(values.AfterLeader(row, a, instance));
        }

        private static double Exp(double x) => Elementary.Exp<Lane1<double>, double>(new Lane1<double>(x)).Value;
    }
}
