using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>What optimisers do to parameter vectors.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    public override void Norms(DeviceArray parameters, Span<double> norms)
    {
        double* p = Parameters(parameters);
        RequireLength(norms.Length, Leaders, "norms", "leader");
        long each = SumsOf(parameters.Length);
        double* sums = Sums(each * Leaders);
        RunPieces(new SquareKernel { Numbers = p, Length = parameters.Length, Sums = sums }, Leaders, parameters.Length);
        for (int leader = 0; leader < Leaders; leader++)
        {
            double sum = 0;
            for (long k = 0; k < each; k++) sum += sums[(leader * each) + k];
            norms[leader] = Math.Sqrt(sum);
        }
    }

    internal override void Accumulate(DeviceArray target, DeviceArray source, ReadOnlySpan<double> factors)
    {
        RequireLength(factors.Length, Leaders, "factors", "leader");
        double* to = Parameters(target), from = Parameters(source);
        CheckParameters(source, target.Length);
        fixed (double* factor = factors)
            RunPieces(
                new AccumulateKernel { Target = to, Source = from, Factors = factor, Length = target.Length }, Leaders, target.Length);
    }

    internal override void AdamStep(
        DeviceArray x, DeviceArray gradient, DeviceArray first, DeviceArray second,
        ReadOnlySpan<double> scales, ReadOnlySpan<double> rates, AdamSettings settings)
    {
        RequireLength(scales.Length, Leaders, "scales", "leader");
        RequireLength(rates.Length, Leaders, "rates", "leader");
        fixed (double* scale = scales)
        fixed (double* rate = rates)
        {
            AdamKernel kernel = new()
            {
                X = Parameters(x),
                Gradient = Parameters(gradient),
                First = Parameters(first),
                Second = Parameters(second),
                Scales = scale,
                Rates = rate,
                Length = x.Length,
                FirstGain = 1 - settings.FirstDecay,
                SecondGain = 1 - settings.SecondDecay,
                FirstCorrection = 1 / (1 - Math.Pow(settings.FirstDecay, settings.Step)),
                SecondCorrection = 1 / (1 - Math.Pow(settings.SecondDecay, settings.Step)),
                Floor = settings.Floor,
            };
            CheckParameters(gradient, x.Length);
            CheckParameters(first, x.Length);
            CheckParameters(second, x.Length);
            RunPieces(kernel, Leaders, x.Length);
        }
    }

    private static void CheckParameters(DeviceArray array, int length)
    {
        if (array.Length != length) throw new ArgumentException($"a vector of {array.Length} parameters; expected {length}");
    }

    private struct SquareKernel : IPieceKernel
    {
        public double* Numbers;
        public double* Sums;
        public long Length;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            double* p = Numbers + (vector * Length) + from;
            Products(p, p, count, Sums + (vector * SumsOf(Length)) + (from / NumbersInSum));
        }
    }

    private struct AccumulateKernel : IPieceKernel
    {
        public double* Target;
        public double* Source;
        public double* Factors;
        public long Length;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            long at = (vector * Length) + from;
            Span<double> to = new(Target + at, count);
            TensorPrimitives.MultiplyAdd(new ReadOnlySpan<double>(Source + at, count), Factors[vector], to, to);
        }
    }

    private struct AdamKernel : IPieceKernel
    {
        public double* X;
        public double* Gradient;
        public double* First;
        public double* Second;
        public double* Scales;
        public double* Rates;
        public long Length;
        public double FirstGain;
        public double SecondGain;
        public double FirstCorrection;
        public double SecondCorrection;
        public double Floor;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            long at = (vector * Length) + from;
            double* x = X + at, gradient = Gradient + at, first = First + at, second = Second + at;
            double scale = Scales[vector], rate = Rates[vector];
            int i = 0;
            for (; i + Vector256<double>.Count <= count; i += Vector256<double>.Count)
            {
                Vector256<double> g = Vector256.Load(gradient + i) * scale, m = Vector256.Load(first + i), v = Vector256.Load(second + i);
                m += FirstGain * (g - m);
                v += SecondGain * ((g * g) - v);
                m.Store(first + i);
                v.Store(second + i);
                Vector256<double> root = Vector256.Sqrt(v * SecondCorrection) + Vector256.Create(Floor);
                (Vector256.Load(x + i) + (rate * (m * FirstCorrection) / root)).Store(x + i);
            }

            for (; i < count; i++)
            {
                double g = gradient[i] * scale;
                first[i] += FirstGain * (g - first[i]);
                second[i] += SecondGain * ((g * g) - second[i]);
                x[i] += rate * (first[i] * FirstCorrection) / (Math.Sqrt(second[i] * SecondCorrection) + Floor);
            }
        }
    }
}
