using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// BiCGStab (van der Vorst, 1992), preconditioned on the right, with vectors of <typeparamref name="T"/> and sums in float64. With ρ' = ⟨l,
/// r'⟩ = ⟨l, s⟩ − ω⟨l, t⟩ known before r' = s − ω t is, the vectors are updated in one pass: an iteration reads the matrix twice and passes
/// over the vectors four times, 64 bytes a state beside the matrix in float32, twice that in float64.
/// </summary>
internal sealed unsafe class StabilisedBiConjugateGradients<TLane, T> : IDisposable
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const double Breakdown = 1e-30;

    // A pass over a long vector is some pages at a time; threads have a few blocks each of a short one.
    private const int LongestBlock = 4096;
    private const int ShortestBlock = 512;
    private const int BlocksForThread = 4;
    private readonly ThreadTeam _team;
    private readonly ResponseSystem<TLane, T> _system;
    private readonly NativeArray<T> _vectors;
    private readonly NativeArray<double> _largest;
    private readonly long _length;
    private readonly long _states;
    private readonly int _lengthInBlock;

    public StabilisedBiConjugateGradients(ResponseMatrix matrix, ThreadTeam team)
    {
        _team = team;
        _system = new ResponseSystem<TLane, T>(matrix, team);
        _length = matrix.Capacity;
        _vectors = new NativeArray<T>(_length * 5);
        Solution = Unknown;
        _states = matrix.States;
        _lengthInBlock = (int)Math.Clamp(
            _length / (BlocksForThread * team.Size) / ShortestBlock * ShortestBlock, ShortestBlock, LongestBlock);
        _largest = new NativeArray<double>((_length + _lengthInBlock - 1) / _lengthInBlock);
    }

    /// <summary>The solution of the last solve; free between solves.</summary>
    public T* Solution { get; private set; }

    /// <summary>Products with P_π in an application of the system.</summary>
    public int ProductsInPass => _system.Products;

    public long Bytes => (_vectors.Length * sizeof(T)) + _system.Bytes;

    private T* Unknown => _vectors.Pointer;

    private T* Residual => _vectors.Pointer + _length;

    private T* Direction => _vectors.Pointer + (2 * _length);

    private T* Image => _vectors.Pointer + (3 * _length);

    private T* Step => _vectors.Pointer + (4 * _length);

    /// <summary>Solves A x = b − shift from x = 0 until the largest |b − shift − A x| is at most <paramref name="target"/>.</summary>
    /// <param name="b">b; afterwards the shadow residual, which is b − shift or, where there are relaxations, another.</param>
    /// <param name="shift">Taken off b in every state.</param>
    /// <param name="target">The residual wanted.</param>
    /// <param name="relaxations">Steps x ← b + (I − A) x to begin with, or as many more as make whole preconditioned ones.</param>
    /// <param name="maxProducts">Products with P_π, at most about.</param>
    /// <param name="monitor">Told of the products.</param>
    /// <returns>Matrix products taken, and the largest residual reached.</returns>
    public (int Products, double Residual) Solve(
        float* b, float shift, double target, int relaxations, int maxProducts, WorkMonitor monitor)
    {
        double reached = Pass(b, VectorUpdate.Begin, shift, 0, 0, 0);
        int products = 0, sinceBest = 0, productsInPass = ProductsInPass;
        for (; products < relaxations && reached > target; products += productsInPass)
        {
            _system.Apply(Residual, Image, b);
            reached = Pass(b, VectorUpdate.Relax, 0, 0, 0, 0);
        }

        if (products > 0) Pass(b, VectorUpdate.Direction, 0, 0, 0, 0);
        double best = reached, rho = double.NaN;
        while (reached > target && products < maxProducts)
        {
            monitor.Check("linear solve's products", products);
            BlockSums image = _system.Apply(Direction, Image, b);
            if (double.IsNaN(rho)) rho = image.LeftIn;
            double alpha = rho / image.LeftOut;
            products += productsInPass;
            if (!double.IsFinite(alpha) || Math.Abs(rho) < Breakdown * Breakdown) break;
            Pass(b, VectorUpdate.Half, 0, alpha, 0, 0);
            BlockSums step = _system.Apply(Residual, Step, b);
            products += productsInPass;
            double omega = step.OutOut > 0 ? step.InOut / step.OutOut : 0;
            double next = step.LeftIn - (omega * step.LeftOut);
            double beta = next / rho * (alpha / omega);
            if (!double.IsFinite(beta) || omega == 0)
            {
                reached = Pass(b, VectorUpdate.Whole, 0, alpha, 0, 0);
                break;
            }

            rho = next;
            reached = Pass(b, VectorUpdate.Whole, 0, alpha, omega, beta);
            if (!double.IsFinite(reached)) break;
            if (reached < 0.9 * best)
            {
                best = reached;
                sinceBest = 0;
            }
            else if (++sinceBest == StopRules.KrylovPatience)
            {
                break;
            }
        }

        Solution = Unknown;
        if (productsInPass == 1 || products == 0) return (products, reached);
        Solution = Image;
        _system.Precondition(Unknown, Solution);
        return (products + productsInPass - 1, reached);
    }

    public void Dispose()
    {
        _system.Dispose();
        _vectors.Dispose();
        _largest.Dispose();
    }

    private double Pass(float* b, VectorUpdate update, float shift, double alpha, double omega, double beta)
    {
        VectorKernel<TLane, T> kernel = new()
        {
            Update = update,
            Length = _length,
            LengthInBlock = _lengthInBlock,
            States = _states,
            Shift = shift,
            Alpha = alpha,
            Omega = omega,
            Beta = beta,
            B = b,
            X = Unknown,
            R = Residual,
            P = Direction,
            Image = Image,
            Step = Step,
            Largest = _largest.Pointer,
        };
        int blocks = kernel.Blocks;
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
