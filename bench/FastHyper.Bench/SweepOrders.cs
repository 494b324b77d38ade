using FastHyper.Backends;

namespace FastHyper.Bench;

/// <summary>
/// What sweeps in place, up and down the states one by one, are worth on the grid: the number of them to a change of 1e-8,
/// beside that of plain ones. No parallel form of Gauss-Seidel sweeps does better than this one.
/// </summary>
internal static class SweepOrders
{
    private const double Tolerance = 1e-8;
    private const double Temperature = 0.1;

    public static void Print(bool quick)
    {
        Workload grid = Workload.Grid(quick ? 60 : 300);
        Console.WriteLine($"{grid.Name}, temperature {Temperature}, discount {Workload.Discount}: {Count(grid, inPlace: false)} plain sweeps to a change of {Tolerance:E0}, {Count(grid, inPlace: true)} in place, up and down in turn");
    }

    private static int Count(Workload workload, bool inPlace)
    {
        double[] from = new double[workload.Transitions.States], to = inPlace ? from : new double[from.Length];
        double[] q = new double[workload.Transitions.Actions];
        int sweeps = 0;
        double change;
        do
        {
            change = 0;
            for (int i = 0; i < from.Length; i++)
            {
                int s = inPlace && sweeps % 2 == 1 ? from.Length - 1 - i : i;
                double value = Backup(workload, from, s, q);
                change = Math.Max(change, Math.Abs(value - from[s]));
                to[s] = value;
            }

            (from, to) = (to, from);
            sweeps++;
        }
        while (change > Tolerance);
        return sweeps;
    }

    private static double Backup(Workload workload, double[] v, int s, double[] q)
    {
        SparseMatrix p = workload.Transitions.Matrix;
        double[] reward = workload.Reward;
        for (int a = 0, row = s * q.Length; a < q.Length; a++, row++)
        {
            double sum = 0;
            for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++) sum += p.Values[k] * v[p.Columns[k]];
            q[a] = reward[row] + (Workload.Discount * sum);
        }

        double maximum = q.Max(), total = 0;
        foreach (double value in q) total += Math.Exp((value - maximum) / Temperature);
        return maximum + (Temperature * Math.Log(total));
    }
}
