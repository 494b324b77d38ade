using System.Numerics.Tensors;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu;

internal abstract unsafe partial class CpuEngine<T>
{
    private const int RowsInBlock = 1 << 14;

    public override DeviceAffineMap Prepare(IReadOnlyList<AffineMap> contexts)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        return new CpuAffineMap(contexts, States * Actions);
    }

    public override void Link(LinkMap link, DeviceArray x, DeviceArray y)
    {
        ArgumentNullException.ThrowIfNull(link);
        LinkKernel kernel = new() { Map = link, X = Parameters(x), Y = Parameters(y), Length = x.Length, Outputs = y.Length };
        Team.Run(ref kernel, Leaders);
    }

    public override void LinkPullback(LinkMap link, DeviceArray x, DeviceArray dy, DeviceArray gradient)
    {
        ArgumentNullException.ThrowIfNull(link);
        LinkKernel kernel = new() { Map = link, X = Parameters(x), Y = Parameters(dy), Gradient = Parameters(gradient), Length = x.Length, Outputs = dy.Length };
        Team.Run(ref kernel, Leaders);
    }

    public override void Affine(DeviceAffineMap map, ReadOnlySpan<int> contexts, DeviceArray y, DeviceArray target)
    {
        fixed (int* context = contexts)
        {
            AffineKernel kernel = new() { Engine = this, Map = (CpuAffineMap)map, Contexts = context, Y = Parameters(y), Inputs = y.Length, Target = Pointer(target) };
            Team.Run(ref kernel, Instances * kernel.BlocksPerInstance);
        }

        ((CpuArray<T>)target).Version++;
    }

    public override void AffinePullback(DeviceAffineMap map, ReadOnlySpan<int> contexts, ReadOnlySpan<double> weights, DeviceArray cotangent, DeviceArray dy)
    {
        fixed (int* context = contexts)
        fixed (double* weight = weights)
        {
            AffinePullbackKernel kernel = new()
            {
                Engine = this,
                Map = (CpuAffineMap)map,
                Contexts = context,
                Weights = weight,
                Cotangent = Pointer(cotangent),
                Gradient = Parameters(dy),
                Inputs = dy.Length,
            };
            Team.Run(ref kernel, Leaders * kernel.BlocksPerLeader);
        }
    }

    public override void Norms(DeviceArray parameters, Span<double> norms)
    {
        double* p = Parameters(parameters);
        for (int leader = 0; leader < Leaders; leader++)
        {
            double sum = 0;
            for (int i = 0; i < parameters.Length; i++)
            {
                double value = p[((long)leader * parameters.Length) + i];
                sum += value * value;
            }

            norms[leader] = Math.Sqrt(sum);
        }
    }

    public override void Accumulate(DeviceArray target, DeviceArray source, ReadOnlySpan<double> factors)
    {
        for (int leader = 0; leader < Leaders; leader++)
        {
            Span<double> to = Vector(target, leader);
            TensorPrimitives.MultiplyAdd(Vector(source, leader), factors[leader], to, to);
        }
    }

    public override void AdamStep(
        DeviceArray x, DeviceArray gradient, DeviceArray first, DeviceArray second,
        ReadOnlySpan<double> scales, ReadOnlySpan<double> rates, AdamSettings settings)
    {
        double firstCorrection = 1 / (1 - Math.Pow(settings.FirstDecay, settings.Step));
        double secondCorrection = 1 / (1 - Math.Pow(settings.SecondDecay, settings.Step));
        for (int leader = 0; leader < Leaders; leader++)
        {
            Span<double> xs = Vector(x, leader), gs = Vector(gradient, leader), ms = Vector(first, leader), vs = Vector(second, leader);
            for (int i = 0; i < xs.Length; i++)
            {
                double g = gs[i] * scales[leader];
                ms[i] += (1 - settings.FirstDecay) * (g - ms[i]);
                vs[i] += (1 - settings.SecondDecay) * ((g * g) - vs[i]);
                xs[i] += rates[leader] * (ms[i] * firstCorrection) / (Math.Sqrt(vs[i] * secondCorrection) + settings.Floor);
            }
        }
    }

    private static Span<double> Vector(DeviceArray array, int leader) =>
        new(Parameters(array) + ((long)leader * array.Length), array.Length);

    /// <summary>The maps and, for pulling back, their transposes.</summary>
    private sealed class CpuAffineMap : DeviceAffineMap
    {
        public CpuAffineMap(IReadOnlyList<AffineMap> contexts, int rows)
        {
            Maps = [.. contexts];
            Transposes = new (long[], int[], int[])?[Maps.Length];
            for (int c = 0; c < Maps.Length; c++)
            {
                if (Maps[c].Constant.Length != rows)
                    throw new InvalidInputException($"affine map of context {c}: a constant of {Maps[c].Constant.Length} numbers; expected {rows} (states x actions)");
                SparseMatrix? matrix = Maps[c].Matrix;
                if (matrix is null) continue;
                if (matrix.RowCount != rows)
                    throw new InvalidInputException($"affine map of context {c}: {matrix.RowCount} rows; expected {rows} (states x actions)");
                int same = Array.FindIndex(Maps, 0, c, m => ReferenceEquals(m.Matrix, matrix));
                Transposes[c] = same >= 0 ? Transposes[same] : matrix.TransposeStructure();
                InputLength = Math.Max(InputLength, matrix.ColumnCount);
            }
        }

        public AffineMap[] Maps { get; }

        public (long[] Offsets, int[] Rows, int[] Entries)?[] Transposes { get; }

        public override int InputLength { get; }
    }

    private struct AffineKernel : IBlockKernel
    {
        public CpuEngine<T> Engine;
        public CpuAffineMap Map;
        public int* Contexts;
        public double* Y;
        public int Inputs;
        public T* Target;

        public readonly int BlocksPerInstance => (Engine.States + RowsInBlock - 1) / RowsInBlock;

        public readonly void Run(int block, int worker)
        {
            int instance = block / BlocksPerInstance;
            AffineMap map = Map.Maps[Contexts[instance]];
            double* y = Y + ((long)(instance / Engine.Options.InstancesPerLeader) * Inputs);
            int first = block % BlocksPerInstance * RowsInBlock;
            int row = first * Engine.Actions;
            for (int s = first; s < Math.Min(first + RowsInBlock, Engine.States); s++)
            {
                for (int a = 0; a < Engine.Actions; a++, row++)
                {
                    double sum = map.Constant[row];
                    if (map.Matrix is SparseMatrix m)
                        for (long k = m.Offsets[row]; k < m.Offsets[row + 1]; k++) sum += m.Values[k] * y[m.Columns[k]];
                    Target[Engine.Layout.Row(s, a) + instance] = T.CreateTruncating(sum);
                }
            }
        }
    }

    private struct AffinePullbackKernel : IBlockKernel
    {
        public CpuEngine<T> Engine;
        public CpuAffineMap Map;
        public int* Contexts;
        public double* Weights;
        public T* Cotangent;
        public double* Gradient;
        public int Inputs;

        public readonly int BlocksPerLeader => (Inputs + RowsInBlock - 1) / RowsInBlock;

        public readonly void Run(int block, int worker)
        {
            int leader = block / BlocksPerLeader;
            int first = block % BlocksPerLeader * RowsInBlock;
            int per = Engine.Options.InstancesPerLeader;
            for (int instance = leader * per; instance < (leader + 1) * per; instance++)
            {
                int context = Contexts[instance];
                if (Weights[instance] == 0 || Map.Transposes[context] is not var (offsets, rows, entries)) continue;
                double[] values = Map.Maps[context].Matrix!.Values;
                for (int column = first; column < Math.Min(Math.Min(first + RowsInBlock, Inputs), offsets.Length - 1); column++)
                {
                    double sum = 0;
                    for (long k = offsets[column]; k < offsets[column + 1]; k++)
                    {
                        (int s, int a) = Math.DivRem(rows[k], Engine.Actions);
                        sum += values[entries[k]] * double.CreateTruncating(Cotangent[Engine.Layout.Row(s, a) + instance]);
                    }

                    Gradient[((long)leader * Inputs) + column] += Weights[instance] * sum;
                }
            }
        }
    }

    /// <summary>One leader's link, forwards, or backwards where a gradient is given.</summary>
    private struct LinkKernel : IBlockKernel
    {
        public LinkMap Map;
        public double* X;
        public double* Y;
        public double* Gradient;
        public int Length;
        public int Outputs;

        public readonly void Run(int block, int worker)
        {
            double* x = X + ((long)block * Length);
            double* y = Y + ((long)block * Outputs);
            if (Gradient is null) Forward(x, y);
            else Backward(x, y, Gradient + ((long)block * Length));
        }

        private readonly void Forward(double* x, double* y)
        {
            (double maximum, double scale) = SoftmaxScale(x);
            for (int i = 0; i < Length; i++)
            {
                y[i] = Value(x[i], maximum, scale);
                if (Map.WithMagnitudes) y[Length + i] = Math.Abs(y[i]);
            }
        }

        private readonly void Backward(double* x, double* dy, double* gradient)
        {
            (double maximum, double scale) = SoftmaxScale(x);
            double mean = 0;
            if (Map.Kind == LinkKind.Softmax)
            {
                for (int i = 0; i < Length; i++)
                {
                    double y = Value(x[i], maximum, scale);
                    mean += y * Cotangent(dy, i, y);
                }

                mean /= Map.High;
            }

            for (int i = 0; i < Length; i++)
            {
                double y = Value(x[i], maximum, scale);
                double g = Cotangent(dy, i, y);
                gradient[i] += Map.Kind switch
                {
                    LinkKind.Identity => g,
                    LinkKind.Softmax => y * (g - mean),
                    _ => g * (y - Map.Low) * (Map.High - y) / (Map.High - Map.Low),
                };
            }
        }

        /// <summary>∂/∂y of y and, where they follow, of the magnitudes |y|.</summary>
        private readonly double Cotangent(double* dy, int i, double y) =>
            Map.WithMagnitudes ? dy[i] + (y > 0 ? dy[Length + i] : y < 0 ? -dy[Length + i] : 0) : dy[i];

        private readonly double Value(double x, double maximum, double scale) => Map.Kind switch
        {
            LinkKind.Identity => x,
            LinkKind.Softmax => scale * Exp(x - maximum),
            // 1/(1 + e^{−x}) from e^{−|x|}, which cannot overflow.
            _ => Map.Low + ((Map.High - Map.Low) * (x >= 0 ? 1 / (1 + Exp(-x)) : Exp(x) / (1 + Exp(x)))),
        };

        private readonly (double Maximum, double Scale) SoftmaxScale(double* x)
        {
            if (Map.Kind != LinkKind.Softmax || Length == 0) return (0, 0);
            double maximum = TensorPrimitives.Max(new ReadOnlySpan<double>(x, Length));
            double sum = 0;
            for (int i = 0; i < Length; i++) sum += Exp(x[i] - maximum);
            return (maximum, Map.High / sum);
        }

        private static double Exp(double x) => Elementary.Exp<Lane1<double>, double>(new Lane1<double>(x)).Value;
    }
}
