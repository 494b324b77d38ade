namespace FastHyper.Backends.Cpu.Common;

/// <summary>Potential-based shaping.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    internal override void Shape(
        DeviceArray potential, DeviceArray v, DeviceArray reward, double discount, DeviceArray shaped, DeviceArray rounded)
    {
        double* u = Wide(potential);
        T* increment = StateArray(v), copy = StateArray(rounded);
        RunPieces(new FoldKernel { Potential = u, Increment = increment, Rounded = copy }, 1, Layout.StateCapacity);
        ((CpuArray<T>)v).Version++;
        ((CpuArray<T>)rounded).Version++;

        ShapeKernel kernel =
            new()
            {
                Engine = this,
                Potential = u,
                Reward = RowArray(reward),
                Shaped = RowArray(shaped),
                Discount = discount,
                Spaces = RowSpaces(),
            };
        Team.Run(ref kernel, (States + ShapeKernel.StatesInBlock - 1) / ShapeKernel.StatesInBlock);
    }

    /// <summary>U ← U + v, rounded, and v ← 0.</summary>
    private struct FoldKernel : IPieceKernel
    {
        public double* Potential;
        public T* Increment;
        public T* Rounded;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            for (long i = from; i < from + count; i++)
            {
                Potential[i] += double.CreateTruncating(Increment[i]);
                Rounded[i] = T.CreateTruncating(Potential[i]);
                Increment[i] = T.Zero;
            }
        }
    }

    /// <summary>r + γ P U − U of a block of states, in float64 from float64 probabilities where they are shared.</summary>
    private struct ShapeKernel : IBlockKernel
    {
        public const int StatesInBlock = 1024;
        public CpuEngine<T> Engine;
        public double* Potential;
        public T* Reward;
        public T* Shaped;
        public double Discount;
        public RowSpace[] Spaces;

        public readonly void Run(int block, int worker)
        {
            Transitions transitions = Engine.Transitions;
            CpuLayout layout = Engine.Layout;
            T* own = Engine.OwnProbabilities;
            int row = block * StatesInBlock * Engine.Actions;
            for (int s = block * StatesInBlock; s < Math.Min((block + 1) * StatesInBlock, Engine.States); s++)
            {
                for (int a = 0; a < Engine.Actions; a++, row++)
                {
                    transitions.Row(
                        s, a, Spaces[worker].Columns, Spaces[worker].Values, out ReadOnlySpan<int> columns,
                        out ReadOnlySpan<double> values);
                    long begin = own is null ? 0 : transitions.Matrix.Offsets[row];
                    for (int i = 0; i < Engine.Instances; i++)
                    {
                        double sum = 0;
                        for (int k = 0; k < columns.Length; k++)
                        {
                            double probability = own is null ? values[k] : double.CreateTruncating(own[((begin + k) * layout.Stride) + i]);
                            sum += probability * Potential[layout.State(columns[k]) + i];
                        }

                        long at = layout.Row(s, a) + i;
                        Shaped[at] = T.CreateTruncating(
                            double.CreateTruncating(Reward[at]) + (Discount * sum) - Potential[layout.State(s) + i]);
                    }
                }
            }
        }
    }
}
