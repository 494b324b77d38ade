using System.Numerics.Tensors;
using FastHyper.Followers.LinearSystems;

namespace FastHyper.Followers.Solves;

/// <summary>A product with a matrix of each of some systems, all side by side.</summary>
internal delegate void SystemsProduct(ReadOnlySpan<double> x, Span<double> y);

/// <summary>What is near to the inverses of the matrices, applied in place.</summary>
internal delegate void SystemsPreconditioner(Span<double> vectors);

/// <summary>
/// Stabilised bi-conjugate gradients (van der Vorst, 1992), preconditioned from the right, of several systems of one order that are
/// multiplied at once; each keeps its own numbers, and stands still once it is done.
/// </summary>
internal sealed class StabilisedSteps(int order, int systems)
{
    private const int MaxSteps = 1000;

    // Steps without half the residual.
    private const int StepsToHalve = 100;
    private readonly double[] _shadow = new double[order * systems];
    private readonly double[] _residual = new double[order * systems];
    private readonly double[] _direction = new double[order * systems];
    private readonly double[] _moved = new double[order * systems];
    private readonly double[] _image = new double[order * systems];
    private readonly double[] _second = new double[order * systems];
    private readonly Progress[] _progress = new Progress[systems];

    /// <summary>Solves from zero.</summary>
    /// <param name="b">The right-hand sides.</param>
    /// <param name="x">Written.</param>
    /// <param name="product">A.</param>
    /// <param name="precondition">Near A⁻¹.</param>
    /// <param name="tolerance">Of ‖b − A x‖₂ relative to ‖b‖₂, by its recursion.</param>
    /// <returns>Products with A.</returns>
    public int Solve(
        ReadOnlySpan<double> b, Span<double> x, SystemsProduct product, SystemsPreconditioner precondition, double tolerance)
    {
        x.Clear();
        b.CopyTo(_residual);
        b.CopyTo(_shadow);
        Array.Clear(_direction);
        Array.Clear(_image);
        for (int i = 0; i < systems; i++)
        {
            double norm = DenseSystem.Norm(Of(_residual, i));
            _progress[i] =
                new Progress
                {
                    Active = norm > 0 && double.IsFinite(norm),
                    Target = tolerance * norm,
                    Best = norm,
                    Rho = 1,
                    Alpha = 1,
                    Omega = 1,
                };
        }

        int products = 0;
        for (int step = 0; step < MaxSteps && AnyActive; step++)
        {
            for (int i = 0; i < systems; i++) if (_progress[i].Active) UpdateDirection(i);
            _direction.CopyTo(_moved.AsSpan());
            precondition(_moved);
            product(_moved, _image);
            for (int i = 0; i < systems; i++) if (_progress[i].Active) First(i, Of(x, i));
            if (!AnyActive) return products + 1;
            _residual.CopyTo(_moved.AsSpan());
            precondition(_moved);
            product(_moved, _second);
            products += 2;
            for (int i = 0; i < systems; i++) if (_progress[i].Active) Second(i, Of(x, i));
        }

        return products;
    }

    private bool AnyActive => Array.Exists(_progress, progress => progress.Active);

    /// <summary>p = r + β (p − ω v).</summary>
    private void UpdateDirection(int i)
    {
        ref Progress at = ref _progress[i];
        Span<double> r = Of(_residual, i), p = Of(_direction, i);
        double rho = DenseSystem.Dot(Of(_shadow, i), r);
        if (Math.Abs(rho) <= 1e-30 * DenseSystem.Dot(r, r))
        {
            // The shadow sees no more of the residual: it begins anew.
            r.CopyTo(Of(_shadow, i));
            rho = DenseSystem.Dot(r, r);
            p.Clear();
            (at.Rho, at.Alpha, at.Omega) = (1, 1, 1);
            Of(_image, i).Clear();
        }

        double beta = rho / at.Rho * (at.Alpha / at.Omega);
        Span<double> v = Of(_image, i);
        for (int j = 0; j < order; j++) p[j] = r[j] + (beta * (p[j] - (at.Omega * v[j])));
        at.Rho = rho;
    }

    /// <summary>x += α M p, r −= α v.</summary>
    private void First(int i, Span<double> x)
    {
        ref Progress at = ref _progress[i];
        Span<double> r = Of(_residual, i), v = Of(_image, i);
        at.Alpha = at.Rho / DenseSystem.Dot(Of(_shadow, i), v);
        if (!double.IsFinite(at.Alpha))
        {
            at.Active = false;
            return;
        }

        TensorPrimitives.MultiplyAdd(Of(_moved, i), at.Alpha, x, x);
        TensorPrimitives.MultiplyAdd(v, -at.Alpha, r, r);
        if (DenseSystem.Norm(r) <= at.Target) at.Active = false;
    }

    /// <summary>x += ω M r, r −= ω t.</summary>
    private void Second(int i, Span<double> x)
    {
        ref Progress at = ref _progress[i];
        Span<double> r = Of(_residual, i), t = Of(_second, i);
        at.Omega = DenseSystem.Dot(t, r) / DenseSystem.Dot(t, t);
        if (!double.IsFinite(at.Omega) || at.Omega == 0)
        {
            at.Active = false;
            return;
        }

        TensorPrimitives.MultiplyAdd(Of(_moved, i), at.Omega, x, x);
        TensorPrimitives.MultiplyAdd(t, -at.Omega, r, r);
        double norm = DenseSystem.Norm(r);
        if (norm <= 0.5 * at.Best) (at.Best, at.SinceBest) = (norm, 0);
        else at.SinceBest++;
        at.Active = norm > at.Target && at.SinceBest < StepsToHalve && double.IsFinite(norm);
    }

    private Span<double> Of(Span<double> vectors, int i) => vectors.Slice(i * order, order);

    private struct Progress
    {
        public bool Active;
        public double Target;
        public double Best;
        public int SinceBest;
        public double Rho;
        public double Alpha;
        public double Omega;
    }
}
