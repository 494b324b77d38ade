using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>Products, cotangents and sums over states, actions and transitions.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    // Four or more arrays' pieces share the second-level cache.
    private const int StatesInPiece = 1024;

    internal override void Shift(DeviceArray v, ReadOnlySpan<double> amounts)
    {
        RequireLength(amounts.Length, Instances, "amounts", "instance");
        fixed (double* each = amounts) RunPieces(
            new ShiftKernel { Engine = this, V = StateArray(v), Amounts = each }, 1, States, StatesInPiece);
    }

    public override void ScaleByState(DeviceArray matrix, DeviceArray vector, DeviceArray target, bool accumulate)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        ArrayKind kind = matrix.Kind == ArrayKind.LeaderAction ? matrix.Kind : ArrayKind.StateAction;
        int actions = kind == ArrayKind.LeaderAction ? LeaderActions : Actions;
        ScaleKernel kernel =
            new()
            {
                Matrix = Own<T>(matrix, kind).Pointer,
                Vector = StateArray(vector),
                Target = Own<T>(target, kind).Pointer,
                Accumulate = accumulate,
            };
        // Lanes over instances: a run is the instances of one (s,a). Lanes over states: the states of one action.
        bool overStates = Layout.RowState == 1;
        kernel.Runs = overStates ? actions : (long)States * actions;
        kernel.RunsToAVector = overStates ? 0 : actions;
        kernel.Length = Layout.StateCapacity * actions / kernel.Runs;
        kernel.Piece = (int)Math.Min(kernel.Length, ScaleKernel.MaxPiece);
        long pieces = kernel.Runs * kernel.PiecesInARun;
        kernel.PiecesInABlock = Math.Max(1, ScaleKernel.MaxPiece / kernel.Piece);
        Team.Run(ref kernel, (int)((pieces + kernel.PiecesInABlock - 1) / kernel.PiecesInABlock));
    }

    public override void QCotangent(DeviceArray policy, DeviceArray policyCotangent, DeviceArray target) =>
        RunPieces(
            new QCotangentKernel
            {
                Engine = this,
                Policy = RowArray(policy),
                Cotangent = RowArray(policyCotangent),
                Target = RowArray(target),
            },
            1, States, StatesInPiece);

    public override void EntryCotangent(DeviceArray rows, DeviceArray v, double scale, DeviceArray target) =>
        RunPieces(
            new EntryCotangentKernel
            {
                Engine = this,
                Rows = RowArray(rows),
                V = StateArray(v),
                Scale = T.CreateTruncating(scale),
                Target = EntryArray(target),
            },
            1, States, StatesInPiece);

    public override void Dot(DeviceArray a, DeviceArray b, Span<double> result)
    {
        RequireLength(result.Length, Instances, "results", "instance");
        long each = SumsOf(States);
        DotKernel kernel = new() { Engine = this, X = StateArray(a), Y = StateArray(b), Sums = Sums(each * Instances) };
        RunPieces(kernel, 1, States);
        for (int i = 0; i < Instances; i++)
        {
            double sum = 0;
            for (long k = 0; k < each; k++) sum += kernel.Sums[(k * Instances) + i];
            result[i] = sum;
        }
    }

    /// <summary>v(s) += the instance's amount.</summary>
    private struct ShiftKernel : IPieceKernel
    {
        public CpuEngine<T> Engine;
        public T* V;
        public double* Amounts;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            int stride = Engine.Layout.Stride, instances = Engine.Instances;
            if (stride == 1)
            {
                Span<T> v = new(V + from, count);
                TensorPrimitives.Add(v, T.CreateTruncating(*Amounts), v);
                return;
            }

            for (long s = from; s < from + count; s++)
                for (int i = 0; i < instances; i++) V[(s * stride) + i] += T.CreateTruncating(Amounts[i]);
        }
    }

    /// <summary>Products of runs of a state–action array with runs of a state array, in pieces of up to 128 KiB.</summary>
    private struct ScaleKernel : IBlockKernel
    {
        public const int MaxPiece = 1 << 14;
        public T* Matrix;
        public T* Vector;
        public T* Target;
        public long Runs;
        public int RunsToAVector;
        public long Length;
        public int Piece;
        public int PiecesInABlock;
        public bool Accumulate;

        public readonly long PiecesInARun => (Length + Piece - 1) / Piece;

        public readonly void Run(int block, int worker)
        {
            long last = Math.Min((long)(block + 1) * PiecesInABlock, Runs * PiecesInARun);
            for (long piece = (long)block * PiecesInABlock; piece < last; piece++)
            {
                (long run, long part) = Math.DivRem(piece, PiecesInARun);
                long from = part * Piece;
                int length = (int)Math.Min(Piece, Length - from);
                ReadOnlySpan<T> x = new(Matrix + (run * Length) + from, length);
                ReadOnlySpan<T> y = new(Vector + (RunsToAVector == 0 ? 0 : run / RunsToAVector * Length) + from, length);
                Span<T> z = new(Target + (run * Length) + from, length);
                if (Accumulate) TensorPrimitives.MultiplyAdd(x, y, z, z);
                else TensorPrimitives.Multiply(x, y, z);
            }
        }
    }

    /// <summary>
    /// c = π (g − Σ_b π g)/τ, four states or instances at a time. Where a leader acts, the mean is over the follower's actions after
    /// each of the leader's, Σ_b π g / Σ_b π.
    /// </summary>
    private struct QCotangentKernel : IPieceKernel
    {
        public CpuEngine<T> Engine;
        public T* Policy;
        public T* Cotangent;
        public T* Target;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            CpuLayout layout = Engine.Layout;
            T* inverses = Engine.InverseTemperatures;
            if (layout.RowState == 1)
            {
                Row(from, count, Vector256.Create(double.CreateTruncating(inverses[0])), null);
                return;
            }

            for (long s = from; s < from + count; s++) Row(s * layout.RowState, Engine.Instances, default, inverses);
        }

        /// <summary>Numbers side by side, of one temperature or of one each.</summary>
        private readonly void Row(long first, int count, Vector256<double> inverse, T* inverses)
        {
            int i = 0;
            long after = Engine.FollowerActions * Engine.Layout.RowAction;
            for (; i + Vector256<double>.Count <= count; i += Vector256<double>.Count)
                for (int a = 0; a < Math.Max(1, Engine.LeaderActions); a++)
                    Four(first + (a * after) + i, inverses is null ? inverse : Load(inverses + i));
            for (; i < count; i++)
                for (int a = 0; a < Math.Max(1, Engine.LeaderActions); a++)
                    One(first + (a * after) + i, inverses is null ? inverse[0] : double.CreateTruncating(inverses[i]));
        }

        // Relative to the likeliest action's g: where π is near deterministic its own g − mean is a tiny sum, which a
        // difference of large numbers would lose.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Four(long at, Vector256<double> inverse)
        {
            T* pi = Policy + at, g = Cotangent + at, c = Target + at;
            long step = Engine.Layout.RowAction;
            int actions = Engine.FollowerActions;
            Vector256<double> likeliest = Load(pi), origin = Load(g), mean = Vector256<double>.Zero;
            for (int a = 1; a < actions; a++)
            {
                Vector256<double> p = Load(pi + (a * step)), more = Vector256.GreaterThan(p, likeliest);
                likeliest = Vector256.ConditionalSelect(more, p, likeliest);
                origin = Vector256.ConditionalSelect(more, Load(g + (a * step)), origin);
            }

            for (int a = 0; a < actions; a++) mean += Load(pi + (a * step)) * (Load(g + (a * step)) - origin);
            if (Engine.LeaderActions > 0)
            {
                Vector256<double> weight = Vector256<double>.Zero;
                for (int a = 0; a < actions; a++) weight += Load(pi + (a * step));
                mean = Vector256.ConditionalSelect(Vector256.GreaterThan(weight, Vector256<double>.Zero), mean / weight, mean);
            }

            for (int a = 0; a < actions; a++)
                Store(c + (a * step), Load(pi + (a * step)) * (Load(g + (a * step)) - origin - mean) * inverse);
        }

        private readonly void One(long at, double inverse)
        {
            T* pi = Policy + at, g = Cotangent + at, c = Target + at;
            long step = Engine.Layout.RowAction;
            int actions = Engine.FollowerActions;
            long likeliest = 0;
            for (int a = 1; a < actions; a++)
                if (pi[a * step] > pi[likeliest]) likeliest = a * step;
            double origin = double.CreateTruncating(g[likeliest]), mean = 0;
            for (int a = 0; a < actions; a++)
                mean += double.CreateTruncating(pi[a * step]) * (double.CreateTruncating(g[a * step]) - origin);
            if (Engine.LeaderActions > 0)
            {
                double weight = 0;
                for (int a = 0; a < actions; a++) weight += double.CreateTruncating(pi[a * step]);
                if (weight > 0) mean /= weight;
            }

            for (int a = 0; a < actions; a++)
                c[a * step] = T.CreateTruncating(
                    double.CreateTruncating(pi[a * step]) * (double.CreateTruncating(g[a * step]) - origin - mean) * inverse);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<double> Load(T* from)
        {
            if (typeof(T) == typeof(double)) return Vector256.Load((double*)from);
            Vector128<float> narrow = Vector128.Load((float*)from);
            return Vector256.Create(Vector128.WidenLower(narrow), Vector128.WidenUpper(narrow));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(T* to, Vector256<double> value)
        {
            if (typeof(T) == typeof(double)) value.Store((double*)to);
            else Vector128.Narrow(value.GetLower(), value.GetUpper()).Store((float*)to);
        }
    }

    private struct EntryCotangentKernel : IPieceKernel
    {
        public CpuEngine<T> Engine;
        public T* Rows;
        public T* V;
        public T* Target;
        public T Scale;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            SparseMatrix p = Engine.Transitions.Matrix;
            CpuLayout layout = Engine.Layout;
            long row = from * Engine.Actions;
            for (long s = from; s < from + count; s++)
            {
                for (int a = 0; a < Engine.Actions; a++, row++)
                {
                    T* r = Rows + layout.Row((int)s, a);
                    for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
                    {
                        T* v = V + layout.State(p.Columns[k]), t = Target + (k * layout.Stride);
                        for (int i = 0; i < Engine.Instances; i++) t[i] = Scale * r[i] * v[i];
                    }
                }
            }
        }
    }

    /// <summary>Sums of a fixed number of products, for each instance.</summary>
    private struct DotKernel : IPieceKernel
    {
        public CpuEngine<T> Engine;
        public T* X;
        public T* Y;
        public double* Sums;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            int instances = Engine.Instances, stride = Engine.Layout.Stride;
            double* sums = Sums + (from / NumbersInSum * instances);
            if (stride == 1)
            {
                Products(X + from, Y + from, count, sums);
                return;
            }

            for (long first = from; first < from + count; first += NumbersInSum, sums += instances)
            {
                new Span<double>(sums, instances).Clear();
                for (long s = first; s < Math.Min(from + count, first + NumbersInSum); s++)
                    for (int i = 0; i < instances; i++) sums[i] += Product(X + (s * stride), Y + (s * stride), i);
            }
        }
    }
}
