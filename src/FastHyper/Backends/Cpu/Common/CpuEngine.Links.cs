using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>Links from parameters to incentives, and back: elementwise ones here.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    internal override void Link(LinkMap link, DeviceArray x, DeviceArray y)
    {
        CheckLink(link, x, y);
        RunLink(new LinkKernel { Map = link, X = Parameters(x), Y = Parameters(y), Length = x.Length, Outputs = y.Length });
    }

    internal override void LinkPullback(LinkMap link, DeviceArray x, DeviceArray dy, DeviceArray gradient)
    {
        CheckLink(link, x, dy);
        CheckParameters(gradient, x.Length);
        RunLink(new LinkKernel
        {
            Map = link,
            X = Parameters(x),
            Y = Parameters(dy),
            Gradient = Parameters(gradient),
            Length = x.Length,
            Outputs = dy.Length,
        });
    }

    private void RunLink(LinkKernel kernel)
    {
        if (kernel.Map.Kind == LinkKind.Softmax) RunSoftmax(kernel);
        else RunPieces(kernel, Leaders, kernel.Length);
    }

    private static void CheckLink(LinkMap link, DeviceArray x, DeviceArray y)
    {
        ArgumentNullException.ThrowIfNull(link);
        if (y.Length != link.OutputLength(x.Length))
            throw new ArgumentException(
                $"incentives of length {y.Length}; expected {link.OutputLength(x.Length)} for {x.Length} parameters");
    }

    /// <summary>A piece of one leader's link, forwards, or backwards (y then holds dy) where a gradient is given.</summary>
    private struct LinkKernel : IPieceKernel
    {
        public LinkMap Map;
        public double* X;
        public double* Y;
        public double* Gradient;
        public int Length;
        public int Outputs;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            double* x = X + ((long)vector * Length) + from;
            double* y = Y + ((long)vector * Outputs) + from;
            bool sigmoid = Map.Kind == LinkKind.Sigmoid;
            int i = 0;
            if (Gradient is null)
            {
                if (sigmoid)
                {
                    for (; i + Lane256<double>.Width <= count; i += Lane256<double>.Width)
                        Lane256<double>.Store(y + i, Sigmoid(Lane256<double>.Load(x + i)));
                }

                for (; i < count; i++) y[i] = sigmoid ? Sigmoid(new Lane1<double>(x[i])).Value : x[i];
                Magnitudes(y, count);
                return;
            }

            double* gradient = Gradient + ((long)vector * Length) + from;
            if (sigmoid && !Map.WithMagnitudes)
            {
                for (; i + Lane256<double>.Width <= count; i += Lane256<double>.Width)
                {
                    Lane256<double> slope = Slope(Lane256<double>.Load(y + i), Sigmoid(Lane256<double>.Load(x + i)));
                    Lane256<double>.Store(gradient + i, Lane256<double>.Load(gradient + i) + slope);
                }
            }

            for (; i < count; i++)
            {
                double value = sigmoid ? Sigmoid(new Lane1<double>(x[i])).Value : x[i];
                double cotangent = Cotangent(y, i, value);
                gradient[i] += sigmoid ? Slope(new Lane1<double>(cotangent), new Lane1<double>(value)).Value : cotangent;
            }
        }

        /// <summary>∂/∂y of y and, where they follow, of the magnitudes |y|.</summary>
        public readonly double Cotangent(double* dy, int i, double y) =>
            Map.WithMagnitudes ? dy[i] + (y > 0 ? dy[Length + i] : y < 0 ? -dy[Length + i] : 0) : dy[i];

        /// <summary>|y| after y, where asked for.</summary>
        public readonly void Magnitudes(double* y, int count)
        {
            if (!Map.WithMagnitudes) return;
            for (int i = 0; i < count; i++) y[Length + i] = Math.Abs(y[i]);
        }

        /// <summary>low + (high − low)/(1 + e^{−x}), from e^{−|x|}, which cannot overflow.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly TLane Sigmoid<TLane>(TLane x)
            where TLane : unmanaged, ILane<TLane, double>
        {
            TLane zero = TLane.Constant(0), one = TLane.Constant(1);
            TLane e = Elementary.Exp<TLane, double>(zero - TLane.Abs(x));
            TLane share = TLane.Select(TLane.Greater(zero, x), e, one) / (one + e);
            return TLane.Broadcast(Map.Low) + (TLane.Broadcast(Map.High - Map.Low) * share);
        }

        /// <summary>g (y − low)(high − y)/(high − low).</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly TLane Slope<TLane>(TLane g, TLane y)
            where TLane : unmanaged, ILane<TLane, double> =>
            g * (y - TLane.Broadcast(Map.Low)) * (TLane.Broadcast(Map.High) - y) / TLane.Broadcast(Map.High - Map.Low);
    }
}
