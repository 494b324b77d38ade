using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.States;

/// <summary>
/// BiCGStab (van der Vorst, 1992) in float32 with sums in float64. With ρ' = ⟨l, r'⟩ = ⟨l, s⟩ − ω⟨l, t⟩ known before
/// r' = s − ω t is, the vectors are updated in one pass: an iteration reads the matrix twice and passes over the vectors
/// four times, 64 bytes a state beside the matrix.
/// </summary>
internal sealed unsafe class StabilisedBiConjugateGradients<TLane> : IDisposable
    where TLane : unmanaged, ILane<TLane, float>
{
    // Iterations without a smaller residual after which the method is stuck at what float32 can tell.
    private const int Patience = 40;
    private const double Breakdown = 1e-30;
    private readonly ThreadTeam _team;
    private readonly ResponseSystem<TLane> _system;
    private readonly NativeArray<float> _vectors;
    private readonly NativeArray<double> _largest;
    private readonly long _length;

    public StabilisedBiConjugateGradients(ResponseSystem<TLane> system, ThreadTeam team)
    {
        _team = team;
        _system = system;
        _length = system.Capacity;
        _vectors = new NativeArray<float>(_length * 6);
        _largest = new NativeArray<double>(VectorKernel<TLane>.Blocks(_length));
    }

    /// <summary>The right-hand side b, to be written; a solve only reads it.</summary>
    public float* Source => _vectors.Pointer;

    /// <summary>The solution x.</summary>
    public float* Solution => _vectors.Pointer + _length;

    public long Bytes => _vectors.Length * sizeof(float);

    private float* Residual => _vectors.Pointer + (2 * _length);

    private float* Direction => _vectors.Pointer + (3 * _length);

    private float* Image => _vectors.Pointer + (4 * _length);

    private float* Step => _vectors.Pointer + (5 * _length);

    /// <summary>Solves from x = 0 until the largest |b − A x| is at most <paramref name="target"/>.</summary>
    /// <returns>Matrix products taken, and the largest residual reached.</returns>
    public (int Products, double Residual) Solve(double target, int maximalProducts)
    {
        double reached = Pass(VectorUpdate.Begin, 0, 0, 0);
        double best = reached, rho = double.NaN;
        int products = 0, sinceBest = 0;
        while (reached > target && products < maximalProducts)
        {
            BlockSums image = _system.Apply(Direction, Image, Source);
            if (double.IsNaN(rho)) rho = image.LeftIn;
            double alpha = rho / image.LeftOut;
            products++;
            if (!double.IsFinite(alpha) || Math.Abs(rho) < Breakdown * Breakdown) break;
            Pass(VectorUpdate.Half, alpha, 0, 0);
            BlockSums step = _system.Apply(Residual, Step, Source);
            products++;
            double omega = step.OutOut > 0 ? step.InOut / step.OutOut : 0;
            double next = step.LeftIn - (omega * step.LeftOut);
            double beta = next / rho * (alpha / omega);
            if (!double.IsFinite(beta) || omega == 0)
            {
                reached = Pass(VectorUpdate.Whole, alpha, 0, 0);
                break;
            }

            rho = next;
            reached = Pass(VectorUpdate.Whole, alpha, omega, beta);
            if (!double.IsFinite(reached)) break;
            if (reached < 0.9 * best)
            {
                best = reached;
                sinceBest = 0;
            }
            else if (++sinceBest == Patience)
            {
                break;
            }
        }

        return (products, reached);
    }

    public void Dispose()
    {
        _vectors.Dispose();
        _largest.Dispose();
    }

    private double Pass(VectorUpdate update, double alpha, double omega, double beta)
    {
        VectorKernel<TLane> kernel = new()
        {
            Update = update,
            Length = _length,
            Alpha = (float)alpha,
            Omega = (float)omega,
            Beta = (float)beta,
            B = Source,
            X = Solution,
            R = Residual,
            P = Direction,
            V = Image,
            T = Step,
            Largest = _largest.Pointer,
        };
        int blocks = VectorKernel<TLane>.Blocks(_length);
        _team.Run(ref kernel, blocks);
        double largest = 0;
        for (int block = 0; block < blocks; block++)
        {
            double found = _largest.Pointer[block];
            if (!(found <= largest)) largest = found;
            if (double.IsNaN(found)) return double.NaN;
        }

        return largest;
    }
}
