using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// Solves (I − γ P_π) x = b, or with the transpose, for corrections: b and x in float32, the vectors between in float32
/// or, made when they are first wanted, in float64.
/// </summary>
internal sealed unsafe class CorrectionSolver<TNarrow, TWide> : IDisposable
    where TNarrow : unmanaged, ILane<TNarrow, float>
    where TWide : unmanaged, ILane<TWide, double>
{
    // Products that a set-up and a solve by levels of aggregates take as long as, and states from which they are worth it.
    private const int ProductsOfTrial = 1500;
    private const int SmallestForLevels = 4096;
    private const int MaxCycles = 200;
    private readonly ThreadTeam _team;
    private readonly NativeArray<float> _source;
    private readonly StabilisedBiConjugateGradients<TNarrow, float> _narrow;
    private StabilisedBiConjugateGradients<TWide, double>? _wide;
    private MultilevelSolver<TWide>? _levels;
    private NativeArray<float>? _kept;

    public CorrectionSolver(Transitions transitions, SlicedMatrix p, long rowAction, ThreadTeam team)
    {
        _team = team;
        Matrix = new ResponseMatrix(transitions, p, rowAction, team);
        _source = new NativeArray<float>(Matrix.Capacity);
        _narrow = new StabilisedBiConjugateGradients<TNarrow, float>(Matrix, team);
    }

    /// <summary>P_π, to be written before a solve.</summary>
    public ResponseMatrix Matrix { get; }

    /// <summary>b, to be written before each solve, which writes over it.</summary>
    public float* Source => _source.Pointer;

    /// <summary>As many numbers again, free between solves.</summary>
    public float* Scratch => _narrow.Solution;

    /// <summary>Products with P_π in a pass over it.</summary>
    public int ProductsInPass => _narrow.ProductsInPass;

    public long Bytes => Matrix.Bytes + (_source.Length * sizeof(float)) + _narrow.Bytes + (_wide?.Bytes ?? 0) + (_levels?.Bytes ?? 0)
        + ((_kept?.Length ?? 0) * sizeof(float));

    /// <summary>
    /// Whether products alone have failed to solve soon, so that levels of aggregates are set up at once, until
    /// <see cref="Restart"/>.
    /// </summary>
    public bool IsSlow { get; private set; }

    /// <summary>Whether levels of aggregates may be set up.</summary>
    public bool UsesLevels { get; set; } = true;

    /// <summary>What was done through levels of aggregates.</summary>
    public MultilevelWork Multilevel => _levels?.Work ?? default;

    /// <summary>Forgets what other problems were like: a solve goes the same way after a resumption.</summary>
    public void Restart() => IsSlow = false;

    /// <summary>Tells that P_π is being written anew.</summary>
    public void ForgetMatrix()
    {
        Matrix.ForgetTranspose();
        _levels?.Forget();
    }

    /// <summary>Solves for b less a shift, until the largest residual is at most <paramref name="target"/>.</summary>
    /// <param name="shift">Taken off b in every state.</param>
    /// <param name="target">The residual wanted.</param>
    /// <param name="relaxations">Steps x ← b + (I − A) x to begin with.</param>
    /// <param name="maxProducts">Products with the matrix, at most about.</param>
    /// <param name="wide">Whether in float64; scattered products are in float32 regardless.</param>
    /// <param name="monitor">Told of the products.</param>
    /// <param name="solution">x, until the next solve.</param>
    /// <returns>Products taken, and the largest residual reached.</returns>
    public (int Products, double Residual) Solve(
        float shift, double target, int relaxations, int maxProducts, bool wide, WorkMonitor monitor, out float* solution)
    {
        if (UsesLevels && Matrix.Response is not null && Matrix.States >= SmallestForLevels)
        {
            (int Products, double Residual) found = default;
            if (!IsSlow)
            {
                _kept ??= new NativeArray<float>(Matrix.Capacity);
                new ReadOnlySpan<float>(Source, (int)Matrix.Capacity).CopyTo(new Span<float>(_kept.Pointer, (int)Matrix.Capacity));
                found = SolvePlainly(shift, target, relaxations, Math.Min(maxProducts, ProductsOfTrial), wide, monitor, out solution);
                if (found.Residual <= target) return found;
                IsSlow = true;
                new ReadOnlySpan<float>(_kept.Pointer, (int)Matrix.Capacity).CopyTo(new Span<float>(Source, (int)Matrix.Capacity));
            }

            _levels ??= new MultilevelSolver<TWide>(Matrix, Source, _team);
            _kept ??= new NativeArray<float>(Matrix.Capacity);
            (int cycles, double residual) = _levels.Solve(shift, target, MaxCycles, monitor, _kept.Pointer);
            found.Products += MultilevelSolver<TWide>.ProductsInCycle * cycles;
            if (residual <= target)
            {
                solution = _kept.Pointer;
                return (found.Products, residual);
            }

            (int more, residual) = SolvePlainly(shift, target, relaxations, maxProducts, wide, monitor, out solution);
            return (found.Products + more, residual);
        }

        return SolvePlainly(shift, target, relaxations, maxProducts, wide, monitor, out solution);
    }

    private (int Products, double Residual) SolvePlainly(
        float shift, double target, int relaxations, int maxProducts, bool wide, WorkMonitor monitor, out float* solution)
    {
        if (!wide || Matrix.Scatters)
        {
            (int Products, double Residual) narrow = _narrow.Solve(Source, shift, target, relaxations, maxProducts, monitor);
            solution = _narrow.Solution;
            return narrow;
        }

        _wide ??= new StabilisedBiConjugateGradients<TWide, double>(Matrix, _team);
        (int Products, double Residual) reached = _wide.Solve(Source, shift, target, relaxations, maxProducts, monitor);
        solution = Source;
        RoundKernel<TWide, double> kernel = new() { From = _wide.Solution, To = Source, Length = Matrix.Capacity };
        _team.Run(ref kernel, kernel.Blocks);
        return reached;
    }

    public void Dispose()
    {
        Matrix.Dispose();
        _source.Dispose();
        _narrow.Dispose();
        _wide?.Dispose();
        _levels?.Dispose();
        _kept?.Dispose();
    }
}
