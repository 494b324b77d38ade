using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// BiCGStab with a cycle through aggregates as its preconditioner, on the right, in float64. A cycle takes two products on the finest level
/// and about a third of that on the others.
/// </summary>
internal sealed unsafe class MultilevelSolver<TWide> : IDisposable
    where TWide : unmanaged, ILane<TWide, double>
{
    /// <summary>Products that an application of preconditioner and matrix takes as long as.</summary>
    public const int ProductsInCycle = 4;
    private const int Patience = 30;
    private const int Vectors = 7;
    private readonly ResponseMatrix _matrix;
    private readonly float* _source;
    private readonly ThreadTeam _team;
    private readonly NativeArray<double> _vectors;
    private readonly NativeArray<double> _sums;
    private readonly NativeArray<BlockSums> _productSums;
    private Hierarchy? _hierarchy;
    private Cycle<TWide>? _cycle;
    private double _discount;

    /// <summary>Allocates vectors.</summary>
    /// <param name="matrix">P_π, which has a structure of its own.</param>
    /// <param name="source">b, in whole slices.</param>
    /// <param name="team">Who solves.</param>
    public MultilevelSolver(ResponseMatrix matrix, float* source, ThreadTeam team)
    {
        _matrix = matrix;
        _source = source;
        _team = team;
        _vectors = new NativeArray<double>(Vectors * matrix.Capacity);
        _sums = new NativeArray<double>(2L * UpdateKernel.BlocksOf(matrix.States));
        _productSums = new NativeArray<BlockSums>((matrix.Capacity / SlicedEll.SlicedMatrix.Height / Wavefront.SlicesInBlock) + 1);
    }

    /// <summary>What was done so far, with the levels of the last set-up.</summary>
    public MultilevelWork Work { get; private set; }

    public long Bytes => _vectors.Length * sizeof(double);

    private double* X => Vector(0);

    private double* Residual => Vector(1);

    private double* Shadow => Vector(2);

    private double* Direction => Vector(3);

    private double* Image => Vector(4);

    private double* Step => Vector(5);

    private double* Preconditioned => Vector(6);

    /// <summary>Forgets the levels: P_π is another.</summary>
    public void Forget()
    {
        _hierarchy?.Dispose();
        _hierarchy = null;
    }

    /// <summary>Solves A x = b − shift from x = 0.</summary>
    /// <param name="shift">Taken off b in every state.</param>
    /// <param name="target">The largest residual wanted.</param>
    /// <param name="maxCycles">Cycles at the most.</param>
    /// <param name="monitor">Told of them.</param>
    /// <param name="solution">x, written.</param>
    /// <returns>Cycles taken, and the largest residual reached.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public (int Cycles, double Residual) Solve(float shift, double target, int maxCycles, WorkMonitor monitor, float* solution)
    {
        Prepare();
        int states = _matrix.States, cycles = 0, sinceBest = 0;
        double* x = X, residual = Residual, shadow = Shadow, direction = Direction;
        double reached = 0, rho = 0;
        for (int s = 0; s < states; s++)
        {
            double b = _source[s] - shift;
            x[s] = 0;
            residual[s] = shadow[s] = direction[s] = b;
            rho += b * b;
            reached = Math.Max(reached, Math.Abs(b));
        }

        double best = reached;
        while (reached > target && cycles < maxCycles)
        {
            monitor.Check("linear solve's cycles", cycles);
            _cycle!.Apply(direction, Preconditioned);
            _cycle.Multiply(Preconditioned, Image);
            double alpha = rho / Sums(UpdatePass.Image).First;
            if (!double.IsFinite(alpha)) break;
            Update(UpdatePass.Half, alpha, 0);
            _cycle.Apply(residual, Preconditioned);
            _cycle.Multiply(Preconditioned, Step);
            cycles += 2;
            (double inner, double square) = Sums(UpdatePass.Step);
            double omega = square > 0 ? inner / square : 0;
            (reached, double next) = Update(UpdatePass.Whole, omega, 0);
            double beta = next / rho * (alpha / omega);
            rho = next;
            if (!double.IsFinite(reached) || !double.IsFinite(beta) || omega == 0) break;
            Update(UpdatePass.Direction, omega, beta);
            if (reached < 0.9 * best) (best, sinceBest) = (reached, 0);
            else if (++sinceBest == Patience) break;
        }

        for (int s = 0; s < states; s++) solution[s] = (float)x[s];
        Work = Work with { Cycles = Work.Cycles + cycles };
        return (cycles, reached);
    }

    public void Dispose()
    {
        _hierarchy?.Dispose();
        _vectors.Dispose();
        _sums.Dispose();
        _productSums.Dispose();
    }

    private double* Vector(int k) => _vectors.Pointer + (k * _matrix.Capacity);

    private void Prepare()
    {
        if (_discount != _matrix.Discount) Forget();
        if (_hierarchy is not null) return;
        long begin = Stopwatch.GetTimestamp();
        _hierarchy = Hierarchy.Create(_matrix.Response!, _matrix.Discount, _team);
        _cycle = new Cycle<TWide>(_hierarchy, _matrix, _source, _productSums.Pointer, _team);
        _discount = _matrix.Discount;
        Work = new MultilevelWork(
            _hierarchy.Levels.Count, Work.SetUps + 1, Work.Cycles, Work.SetUpSeconds + Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    private (double First, double Second) Sums(UpdatePass pass)
    {
        Run(pass, 0, 0);
        double first = 0, second = 0;
        for (int block = 0; block < UpdateKernel.BlocksOf(_matrix.States); block++)
        {
            first += _sums.Pointer[2 * block];
            second += _sums.Pointer[(2 * block) + 1];
        }

        return (first, second);
    }

    /// <summary>Updates vectors by α or ω, and β.</summary>
    /// <returns>The largest residual, and its sum with the shadow residual.</returns>
    private (double Largest, double Inner) Update(UpdatePass pass, double factor, double beta)
    {
        Run(pass, factor, beta);
        double largest = 0, inner = 0;
        for (int block = 0; block < UpdateKernel.BlocksOf(_matrix.States); block++)
        {
            double found = _sums.Pointer[2 * block];
            if (!(found <= largest)) largest = found;
            inner += _sums.Pointer[(2 * block) + 1];
        }

        return (largest, inner);
    }

    private void Run(UpdatePass pass, double factor, double beta)
    {
        UpdateKernel kernel = new()
        {
            Pass = pass,
            Length = _matrix.States,
            Alpha = factor,
            Omega = factor,
            Beta = beta,
            X = X,
            R = Residual,
            Shadow = Shadow,
            P = Direction,
            V = Image,
            T = Step,
            Hat = Preconditioned,
            Sums = _sums.Pointer,
        };
        _team.Run(ref kernel, UpdateKernel.BlocksOf(_matrix.States));
    }
}
