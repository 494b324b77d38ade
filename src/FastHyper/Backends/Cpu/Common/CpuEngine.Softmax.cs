using System.Numerics.Tensors;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>
/// The softmax link, y = scale · e^x / Σ e^x: a maximum, a sum and (backwards) a mean over each leader's vector. Each phase
/// writes a number a piece; the next combines them in the order of the pieces.
/// </summary>
internal abstract unsafe partial class CpuEngine<T>
{
    private NativeArray<double>? _linkScratch;

    private enum SoftmaxPhase
    {
        Maximum,
        Exponentials,
        Values,
        Gradient,
    }

    private void RunSoftmax(LinkKernel link)
    {
        int pieces = (link.Length + NumbersInPiece - 1) / NumbersInPiece;
        bool backwards = link.Gradient is not null;
        SoftmaxKernel kernel = new()
        {
            Link = link,
            Values = backwards ? LinkScratch((long)link.Length * Leaders) : link.Y,
            ValuesLength = backwards ? link.Length : link.Outputs,
            Pieces = pieces,
            Maxima = Sums(3L * pieces * Leaders),
        };
        kernel.Totals = kernel.Maxima + ((long)pieces * Leaders);
        kernel.Means = kernel.Totals + ((long)pieces * Leaders);
        for (kernel.Phase = SoftmaxPhase.Maximum; kernel.Phase <= (backwards ? SoftmaxPhase.Gradient : SoftmaxPhase.Values); kernel.Phase++)
            RunPieces(kernel, Leaders, link.Length);
    }

    /// <summary>y of every leader while its link is pulled back.</summary>
    private double* LinkScratch(long length)
    {
        if (_linkScratch is null || _linkScratch.Length < length)
        {
            _linkScratch?.Dispose();
            _linkScratch = new NativeArray<double>(length);
        }

        return _linkScratch.Pointer;
    }

    private struct SoftmaxKernel : IPieceKernel
    {
        public LinkKernel Link;
        public SoftmaxPhase Phase;
        public double* Values;
        public int ValuesLength;
        public int Pieces;
        public double* Maxima;
        public double* Totals;
        public double* Means;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            double* values = Values + ((long)vector * ValuesLength) + from;
            double* x = Link.X + ((long)vector * Link.Length) + from;
            double* dy = Link.Y + ((long)vector * Link.Outputs) + from;
            long first = (long)vector * Pieces, piece = first + (from / NumbersInPiece);
            double high = Link.Map.High;
            switch (Phase)
            {
                case SoftmaxPhase.Maximum:
                    Maxima[piece] = TensorPrimitives.Max(new ReadOnlySpan<double>(x, count));
                    break;
                case SoftmaxPhase.Exponentials:
                    Exponentials(x, values, count, TensorPrimitives.Max(new ReadOnlySpan<double>(Maxima + first, Pieces)));
                    Totals[piece] = Total(values, count);
                    break;
                case SoftmaxPhase.Values:
                    double scale = high / Total(Totals + first, Pieces), mean = 0;
                    for (int i = 0; i < count; i++) values[i] *= scale;
                    if (Link.Gradient is null) Link.Magnitudes(values, count);
                    else for (int i = 0; i < count; i++) mean += values[i] * Link.Cotangent(dy, i, values[i]);
                    Means[piece] = mean;
                    break;
                default:
                    double* gradient = Link.Gradient + ((long)vector * Link.Length) + from;
                    double average = Total(Means + first, Pieces) / high;
                    for (int i = 0; i < count; i++) gradient[i] += values[i] * (Link.Cotangent(dy, i, values[i]) - average);
                    break;
            }
        }

        private static double Total(double* numbers, int count)
        {
            double sum = 0;
            for (int i = 0; i < count; i++) sum += numbers[i];
            return sum;
        }

        /// <summary>y = exp(x − maximum), four at a time; any width gives the same bits.</summary>
        private static void Exponentials(double* x, double* y, int count, double maximum)
        {
            int i = 0;
            Lane256<double> shift = Lane256<double>.Broadcast(maximum);
            for (; i + Lane256<double>.Width <= count; i += Lane256<double>.Width)
                Lane256<double>.Store(y + i, Elementary.Exp<Lane256<double>, double>(Lane256<double>.Load(x + i) - shift));
            for (; i < count; i++) y[i] = Elementary.Exp<Lane1<double>, double>(new Lane1<double>(x[i] - maximum)).Value;
        }
    }
}
