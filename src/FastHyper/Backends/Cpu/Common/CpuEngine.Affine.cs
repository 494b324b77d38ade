using System.Runtime.CompilerServices;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>Affine maps from incentives to rewards, and back.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    private const int RowsInBlock = 1 << 14;

    // By matrix: both rewards of a problem may share one.
    private readonly Dictionary<(SparseMatrix Matrix, int Actions), Transposed> _transposes = [];

    internal override DeviceAffineMap Prepare(IReadOnlyList<AffineMap> contexts, ArrayKind kind)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        int actions = kind == ArrayKind.LeaderAction ? RequireLeader() : Actions;
        int rows = States * actions;
        AffineMap[] maps = [.. contexts];
        Transposed?[] transposes = new Transposed?[maps.Length];
        for (int c = 0; c < maps.Length; c++)
        {
            if (maps[c].Function is null && maps[c].Constant.Length != rows && maps[c].Constant.Length != States)
                throw new InvalidInputException(
                    $"affine map of context {c}: a constant of {maps[c].Constant.Length} numbers; expected {rows} (states x actions) or "
                        + $"{States} (states)");
            if (!double.IsFinite(maps[c].Scale))
                throw new InvalidInputException($"affine map of context {c}: a scale of {maps[c].Scale}; expected a finite number");
            if (maps[c].Matrix is not SparseMatrix matrix) continue;
            if (matrix.RowCount != rows && matrix.RowCount != States)
                throw new InvalidInputException(
                    $"affine map of context {c}: {matrix.RowCount} rows; expected {rows} (states x actions) or {States} (states)");
            if (!_transposes.TryGetValue((matrix, actions), out Transposed? transposed))
                _transposes.Add(
                    (matrix, actions), transposed = new Transposed(matrix, Layout, actions, matrix.RowCount == rows ? actions : 1));
            transposes[c] = transposed;
        }

        return new CpuAffineMap(kind, actions, maps, transposes);
    }

    internal override void Affine(DeviceAffineMap map, ReadOnlySpan<int> contexts, DeviceArray y, DeviceArray target)
    {
        CheckMap(map, contexts, y);
        fixed (int* context = contexts)
        {
            AffineKernel kernel =
                new()
                {
                    Engine = this,
                    Map = (CpuAffineMap)map,
                    Contexts = context,
                    Y = Parameters(y),
                    Inputs = y.Length,
                    Target = MapArray(map, target),
                };
            Team.Run(ref kernel, Instances * kernel.BlocksPerInstance);
        }

        ((CpuArray<T>)target).Version++;
    }

    internal override void AffinePullback(
        DeviceAffineMap map, ReadOnlySpan<int> contexts, ReadOnlySpan<double> weights, DeviceArray cotangent, DeviceArray dy)
    {
        CheckMap(map, contexts, dy);
        RequireLength(weights.Length, Instances, "weights", "instance");
        fixed (int* context = contexts)
        fixed (double* weight = weights)
        {
            AffinePullbackKernel kernel = new()
            {
                Engine = this,
                Map = (CpuAffineMap)map,
                Contexts = context,
                Weights = weight,
                Cotangent = MapArray(map, cotangent),
                Gradient = Parameters(dy),
                Inputs = dy.Length,
            };
            Team.Run(ref kernel, Leaders * kernel.BlocksPerLeader);
        }
    }

    private T* MapArray(DeviceAffineMap map, DeviceArray array) => Own<T>(array, ((CpuAffineMap)map).Kind).Pointer;

    private void CheckMap(DeviceAffineMap map, ReadOnlySpan<int> contexts, DeviceArray y)
    {
        RequireLength(contexts.Length, Instances, "contexts", "instance");
        if (map is not CpuAffineMap own || y.Length < own.InputLength)
            throw new ArgumentException($"incentives of length {y.Length}; expected at least {map.InputLength}, as the affine map needs");
        foreach (int context in contexts)
            if ((uint)context >= (uint)own.Maps.Length)
                throw new ArgumentException($"context {context}; expected 0 to {own.Maps.Length - 1}");
    }

    /// <summary>Mᵀ: for each input, where in a cotangent the rows that it reaches stand, or the first rows of the states.</summary>
    private sealed class Transposed
    {
        public Transposed(SparseMatrix matrix, CpuLayout layout, int actions, int rowsOfState)
        {
            (Offsets, int[] rows, int[] entries) = matrix.TransposeStructure();
            Positions = Array.ConvertAll(rows, row => layout.Row(row / rowsOfState, row % rowsOfState, actions));
            Values = Array.ConvertAll(entries, entry => matrix.Values[entry]);
            Inputs = matrix.ColumnCount;
            PerState = rowsOfState == 1;
        }

        public long[] Offsets { get; }

        public long[] Positions { get; }

        public double[] Values { get; }

        public int Inputs { get; }

        /// <summary>Whether a row of M stands for all actions of its state.</summary>
        public bool PerState { get; }
    }

    /// <summary>The maps and, for pulling back, their transposes.</summary>
    private sealed class CpuAffineMap(ArrayKind kind, int actions, AffineMap[] maps, Transposed?[] transposes) : DeviceAffineMap
    {
        public ArrayKind Kind { get; } = kind;

        public int Actions { get; } = actions;

        public AffineMap[] Maps { get; } = maps;

        public Transposed?[] Transposes { get; } = transposes;

        public override int InputLength { get; } = transposes.Max(transposed => transposed?.Inputs) ?? 0;
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
            int actions = Map.Actions;
            CpuLayout layout = Engine.Layout;
            int first = block % BlocksPerInstance * RowsInBlock;
            int end = Math.Min(first + RowsInBlock, Engine.States);
            double[] constant = map.Constant;
            Func<int, int, double>? function = map.Function;
            bool constantOfState = function is null && constant.Length == Engine.States, matrixOfState = map.Matrix is null
                || map.Matrix.RowCount == Engine.States;
            bool once = constantOfState && matrixOfState;
            for (int s = first, row = first * actions; s < end; s++)
            {
                T* target = Target + layout.Row(s, 0, actions) + instance;
                T value = default;
                for (int a = 0; a < actions; a++, row++, target += layout.RowAction)
                {
                    if (a == 0 || !once)
                    {
                        double sum = function is not null ? function(s, a) : constant[constantOfState ? s : row];
                        if (map.Matrix is not null) sum = Add(sum, map.Matrix, matrixOfState ? s : row, map.Scale, y);
                        value = T.CreateTruncating(sum);
                    }

                    // Memory of zeros stays untouched, and takes none, where zeros are written to it.
                    if (!IsNothing(&value) || !IsNothing(target)) *target = value;
                }
            }
        }

        private static bool IsNothing(T* number) => sizeof(T) == sizeof(long) ? *(long*)number == 0 : *(int*)number == 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static double Add(double sum, SparseMatrix m, int row, double scale, double* y)
        {
            double[] values = m.Values;
            int[] columns = m.Columns;
            long end = m.Offsets[row + 1];
            for (long k = m.Offsets[row]; k < end; k++) sum += scale * values[k] * y[columns[k]];
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
            long step = Engine.Layout.RowAction;
            for (int instance = leader * per; instance < (leader + 1) * per; instance++)
            {
                int context = Contexts[instance];
                if (Weights[instance] == 0 || Map.Transposes[context] is not Transposed m) continue;
                T* cotangent = Cotangent + instance;
                double scale = Map.Maps[context].Scale;
                int rows = m.PerState ? Map.Actions : 1;
                for (int column = first; column < Math.Min(Math.Min(first + RowsInBlock, Inputs), m.Inputs); column++)
                {
                    double sum = 0;
                    for (long k = m.Offsets[column]; k < m.Offsets[column + 1]; k++)
                    {
                        T* at = cotangent + m.Positions[k];
                        double total = double.CreateTruncating(*at);
                        for (int a = 1; a < rows; a++) total += double.CreateTruncating(at[a * step]);
                        sum += scale * m.Values[k] * total;
                    }

                    Gradient[((long)leader * Inputs) + column] += Weights[instance] * sum;
                }
            }
        }
    }
}
