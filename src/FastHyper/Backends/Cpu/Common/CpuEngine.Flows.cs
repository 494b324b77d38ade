namespace FastHyper.Backends.Cpu.Common;

/// <summary>Sums over weighted transitions.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    internal override void WeightedBackup(
        DeviceArray weights, DeviceArray rows, DeviceArray? flows, DeviceArray? v, double discount, DeviceArray target)
    {
        RequireBackup(weights, rows, flows, v, target);
        WeightedBackupKernel kernel = new()
        {
            Engine = this,
            Weights = RowArray(weights),
            Rows = RowArray(rows),
            Flows = flows is null ? null : EntryArray(flows),
            V = v is null ? null : StateArray(v),
            Discount = discount,
            Target = RowArray(target),
        };
        RunPieces(kernel, 1, States, StatesInPiece);
    }

    private struct WeightedBackupKernel : IPieceKernel
    {
        public CpuEngine<T> Engine;
        public T* Weights;
        public T* Rows;
        public T* Flows;
        public T* V;
        public T* Target;
        public double Discount;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            CpuLayout layout = Engine.Layout;
            SparseMatrix? p = Flows is null ? null : Engine.Transitions.Matrix;
            long row = from * Engine.Actions;
            int instances = Engine.Instances;
            for (long s = from; s < from + count; s++)
            {
                for (int a = 0; a < Engine.Actions; a++, row++)
                {
                    long at = layout.Row((int)s, a), begin = p is null ? 0 : p.Offsets[row], end = p is null ? 0 : p.Offsets[row + 1];
                    for (int i = 0; i < instances; i++)
                    {
                        double weight = double.CreateTruncating(Weights[at + i]), sum = 0;
                        for (long k = begin; weight != 0 && k < end; k++)
                            sum += double.CreateTruncating(Flows[(k * layout.Stride) + i]) * Value(p!.Columns[k], i);
                        Target[at + i] = T.CreateTruncating((weight * double.CreateTruncating(Rows[at + i])) + (Discount * sum));
                    }
                }
            }
        }

        private readonly double Value(int state, int instance) => double.CreateTruncating(V[Engine.Layout.State(state) + instance]);
    }
}
