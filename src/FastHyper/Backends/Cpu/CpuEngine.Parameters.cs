using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu;

internal abstract unsafe partial class CpuEngine<T>
{
    private const int RowsInBlock = 1 << 14;
    private NativeArray<double>? _linkScratch;

    public override DeviceAffineMap Prepare(IReadOnlyList<AffineMap> contexts)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        return new CpuAffineMap(contexts, Layout, States, Actions);
    }

    public override void Link(LinkMap link, DeviceArray x, DeviceArray y)
    {
        CheckLink(link, x, y);
        LinkKernel kernel = new() { Map = link, X = Parameters(x), Y = Parameters(y), Length = x.Length, Outputs = y.Length };
        Team.Run(ref kernel, Leaders);
    }

    public override void LinkPullback(LinkMap link, DeviceArray x, DeviceArray dy, DeviceArray gradient)
    {
        CheckLink(link, x, dy);
        LinkKernel kernel = new() { Map = link, X = Parameters(x), Y = Parameters(dy), Gradient = Parameters(gradient), Scratch = LinkScratch(x.Length), Length = x.Length, Outputs = dy.Length };
        Team.Run(ref kernel, Leaders);
    }

    public override void Affine(DeviceAffineMap map, ReadOnlySpan<int> contexts, DeviceArray y, DeviceArray target)
    {
        CheckMap(map, contexts, y);
        fixed (int* context = contexts)
        {
            AffineKernel kernel = new() { Engine = this, Map = (CpuAffineMap)map, Contexts = context, Y = Parameters(y), Inputs = y.Length, Target = RowArray(target) };
            Team.Run(ref kernel, Instances * kernel.BlocksPerInstance);
        }

        ((CpuArray<T>)target).Version++;
    }

    public override void AffinePullback(DeviceAffineMap map, ReadOnlySpan<int> contexts, ReadOnlySpan<double> weights, DeviceArray cotangent, DeviceArray dy)
    {
        CheckMap(map, contexts, dy);
        CheckLength(weights.Length, Instances, "weights", "instance");
        fixed (int* context = contexts)
        fixed (double* weight = weights)
        {
            AffinePullbackKernel kernel = new()
            {
                Engine = this,
                Map = (CpuAffineMap)map,
                Contexts = context,
                Weights = weight,
                Cotangent = RowArray(cotangent),
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

    /// <summary>y of one leader for each thread, while its link is pulled back.</summary>
    private double* LinkScratch(int length)
    {
        if (_linkScratch is null || _linkScratch.Length < (long)length * Team.Size)
        {
            _linkScratch?.Dispose();
            _linkScratch = new NativeArray<double>((long)length * Team.Size);
        }

        return _linkScratch.Pointer;
    }

    private void CheckMap(DeviceAffineMap map, ReadOnlySpan<int> contexts, DeviceArray y)
    {
        CheckLength(contexts.Length, Instances, "contexts", "instance");
        if (map is not CpuAffineMap own || y.Length < own.InputLength)
            throw new ArgumentException($"incentives of length {y.Length}; expected at least {map.InputLength}, as the affine map needs");
        foreach (int context in contexts)
            if ((uint)context >= (uint)own.Maps.Length) throw new ArgumentException($"context {context}; expected 0 to {own.Maps.Length - 1}");
    }

    private static void CheckLink(LinkMap link, DeviceArray x, DeviceArray y)
    {
        ArgumentNullException.ThrowIfNull(link);
        if (y.Length != link.OutputLength(x.Length))
            throw new ArgumentException($"incentives of length {y.Length}; expected {link.OutputLength(x.Length)} for {x.Length} parameters");
    }

    private Span<double> Vector(DeviceArray array, int leader) =>
        new(Parameters(array) + ((long)leader * array.Length), array.Length);

    /// <summary>The maps and, for pulling back, their transposes: for each input, where in a cotangent the rows that it reaches stand.</summary>
    private sealed class CpuAffineMap : DeviceAffineMap
    {
        public CpuAffineMap(IReadOnlyList<AffineMap> contexts, CpuLayout layout, int states, int actions)
        {
            int rows = states * actions;
            Maps = [.. contexts];
            Transposes = new (long[], long[], double[])?[Maps.Length];
            for (int c = 0; c < Maps.Length; c++)
            {
                if (Maps[c].Constant.Length != rows)
                    throw new InvalidInputException($"affine map of context {c}: a constant of {Maps[c].Constant.Length} numbers; expected {rows} (states x actions)");
                SparseMatrix? matrix = Maps[c].Matrix;
                if (matrix is null) continue;
                if (matrix.RowCount != rows)
                    throw new InvalidInputException($"affine map of context {c}: {matrix.RowCount} rows; expected {rows} (states x actions)");
                int same = Array.FindIndex(Maps, 0, c, m => ReferenceEquals(m.Matrix, matrix));
                Transposes[c] = same >= 0 ? Transposes[same] : Transpose(matrix, layout, actions);
                InputLength = Math.Max(InputLength, matrix.ColumnCount);
            }
        }

        public AffineMap[] Maps { get; }

        public (long[] Offsets, long[] Rows, double[] Values)?[] Transposes { get; }

        public override int InputLength { get; }

        private static (long[] Offsets, long[] Rows, double[] Values) Transpose(SparseMatrix matrix, CpuLayout layout, int actions)
        {
            (long[] offsets, int[] rows, int[] entries) = matrix.TransposeStructure();
            return (offsets, Array.ConvertAll(rows, row => layout.Row(row / actions, row % actions)), Array.ConvertAll(entries, entry => matrix.Values[entry]));
        }
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
            int actions = Engine.Actions;
            CpuLayout layout = Engine.Layout;
            int first = block % BlocksPerInstance * RowsInBlock;
            int end = Math.Min(first + RowsInBlock, Engine.States);
            double[] constant = map.Constant;
            for (int s = first, row = first * actions; s < end; s++)
            {
                T* target = Target + layout.Row(s, 0) + instance;
                for (int a = 0; a < actions; a++, row++, target += layout.RowAction)
                {
                    double sum = constant[row];
                    if (map.Matrix is not null) sum = Add(sum, map.Matrix, row, y);
                    *target = T.CreateTruncating(sum);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static double Add(double sum, SparseMatrix m, int row, double* y)
        {
            double[] values = m.Values;
            int[] columns = m.Columns;
            long end = m.Offsets[row + 1];
            for (long k = m.Offsets[row]; k < end; k++) sum += values[k] * y[columns[k]];
            return sum;
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
                if (Weights[instance] == 0 || Map.Transposes[context] is not var (offsets, rows, values)) continue;
                T* cotangent = Cotangent + instance;
                for (int column = first; column < Math.Min(Math.Min(first + RowsInBlock, Inputs), offsets.Length - 1); column++)
                {
                    double sum = 0;
                    for (long k = offsets[column]; k < offsets[column + 1]; k++)
                        sum += values[k] * double.CreateTruncating(cotangent[rows[k]]);

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
        public double* Scratch;
        public int Length;
        public int Outputs;

        public readonly void Run(int block, int worker)
        {
            double* x = X + ((long)block * Length);
            double* y = Y + ((long)block * Outputs);
            if (Gradient is null) Forward(x, y);
            else Backward(x, y, Gradient + ((long)block * Length), Scratch + ((long)worker * Length));
        }

        private readonly void Forward(double* x, double* y)
        {
            Values(x, y);
            if (!Map.WithMagnitudes) return;
            for (int i = 0; i < Length; i++) y[Length + i] = Math.Abs(y[i]);
        }

        private readonly void Backward(double* x, double* dy, double* gradient, double* y)
        {
            Values(x, y);
            double mean = 0;
            if (Map.Kind == LinkKind.Softmax)
            {
                for (int i = 0; i < Length; i++) mean += y[i] * Cotangent(dy, i, y[i]);
                mean /= Map.High;
            }

            for (int i = 0; i < Length; i++)
            {
                double g = Cotangent(dy, i, y[i]);
                gradient[i] += Map.Kind switch
                {
                    LinkKind.Identity => g,
                    LinkKind.Softmax => y[i] * (g - mean),
                    _ => g * (y[i] - Map.Low) * (Map.High - y[i]) / (Map.High - Map.Low),
                };
            }
        }

        /// <summary>∂/∂y of y and, where they follow, of the magnitudes |y|.</summary>
        private readonly double Cotangent(double* dy, int i, double y) =>
            Map.WithMagnitudes ? dy[i] + (y > 0 ? dy[Length + i] : y < 0 ? -dy[Length + i] : 0) : dy[i];

        private readonly void Values(double* x, double* y)
        {
            switch (Map.Kind)
            {
                case LinkKind.Identity:
                    new ReadOnlySpan<double>(x, Length).CopyTo(new Span<double>(y, Length));
                    break;
                case LinkKind.Softmax:
                    if (Length == 0) break;
                    Exponentials(x, y, TensorPrimitives.Max(new ReadOnlySpan<double>(x, Length)));
                    double sum = 0;
                    for (int i = 0; i < Length; i++) sum += y[i];
                    double scale = Map.High / sum;
                    for (int i = 0; i < Length; i++) y[i] *= scale;
                    break;
                default:
                    // 1/(1 + e^{−x}) from e^{−|x|}, which cannot overflow.
                    for (int i = 0; i < Length; i++)
                        y[i] = Map.Low + ((Map.High - Map.Low) * (x[i] >= 0 ? 1 / (1 + Exp(-x[i])) : Exp(x[i]) / (1 + Exp(x[i]))));
                    break;
            }
        }

        /// <summary>y = exp(x − maximum), four at a time; any width gives the same bits.</summary>
        private readonly void Exponentials(double* x, double* y, double maximum)
        {
            int i = 0;
            Lane256<double> shift = Lane256<double>.Broadcast(maximum);
            for (; i + Lane256<double>.Width <= Length; i += Lane256<double>.Width)
                Lane256<double>.Store(y + i, Elementary.Exp<Lane256<double>, double>(Lane256<double>.Load(x + i) - shift));
            for (; i < Length; i++) y[i] = Exp(x[i] - maximum);
        }

        private static double Exp(double x) => Elementary.Exp<Lane1<double>, double>(new Lane1<double>(x)).Value;
    }
}
