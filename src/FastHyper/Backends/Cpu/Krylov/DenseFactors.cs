using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>The coarsest level, eliminated: pivots of such matrices need no exchange, and are sums of what stays positive.</summary>
internal sealed unsafe class DenseFactors : IDisposable
{
    private readonly NativeArray<double> _factors;
    private readonly int _n;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public DenseFactors(Level level)
    {
        int n = _n = level.States;
        _factors = new NativeArray<double>((long)n * n);
        double* a = _factors.Pointer;
        for (int i = 0; i < n; i++)
            for (int k = level.Offsets[i]; k < level.Offsets[i + 1]; k++) a[(i * n) + level.Columns[k]] -= level.Values[k];
        double[] slack = new double[n];
        for (int i = 0; i < n; i++) slack[i] = level.Slack[i];
        for (int p = 0; p < n; p++)
        {
            double* pivot = a + (p * n);
            double sum = slack[p];
            for (int j = p + 1; j < n; j++) sum -= pivot[j];
            pivot[p] = sum > 0 ? sum : 1;
            for (int i = p + 1; i < n; i++)
            {
                double* row = a + (i * n);
                if (row[p] == 0) continue;
                double factor = row[p] /= pivot[p];
                slack[i] -= factor * slack[p];
                for (int j = p + 1; j < n; j++) if (j != i) row[j] -= factor * pivot[j];
            }
        }
    }

    /// <summary>A x = b, or with the transpose.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Solve(double* b, double* x, bool transposed)
    {
        int n = _n;
        double* a = _factors.Pointer;
        for (int i = 0; i < n; i++) x[i] = b[i];
        if (!transposed)
        {
            for (int i = 0; i < n; i++)
                for (int j = 0; j < i; j++) x[i] -= a[(i * n) + j] * x[j];
            for (int i = n - 1; i >= 0; i--)
            {
                for (int j = i + 1; j < n; j++) x[i] -= a[(i * n) + j] * x[j];
                x[i] /= a[(i * n) + i];
            }

            return;
        }

        for (int i = 0; i < n; i++)
        {
            x[i] /= a[(i * n) + i];
            for (int j = i + 1; j < n; j++) x[j] -= a[(i * n) + j] * x[i];
        }

        for (int i = n - 1; i >= 0; i--)
            for (int j = 0; j < i; j++) x[j] -= a[(i * n) + j] * x[i];
    }

    public void Dispose() => _factors.Dispose();
}
