using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;
using Precision = FastHyper.Backends.Precision;

namespace FastHyper.Native;

/// <summary>
/// Instances of a problem on a backend, <c>fh_solver</c>: what is set of them stays on the device, and each solve, gradient and pullback
/// starts from the last.
/// </summary>
internal sealed unsafe partial class Solver : IDisposable
{
    private readonly SolvedFollower _follower;
    private readonly Engine _engine;
    private readonly Certificate[] _certificates;
    private readonly double _linearTolerance;
    private readonly bool _coldPullbacks;
    private double[] _scratch = [];
    private bool _configured;
    private bool _solved;

    public Solver(Device device, FiniteProblem problem, in SolverOptions options)
    {
        if (options.Size != sizeof(SolverOptions)) throw Models.WrongSize("fh_solver_options", options.Size, sizeof(SolverOptions));
        if (options.Instances < 1) throw new InvalidInputException($"instances: {options.Instances}; expected at least 1");
        SolveOptions solve = new() { Tolerance = options.Tolerance, MaxSweeps = options.MaxSweeps, Method = MethodOf(options.Method) };
        _linearTolerance = new AdjointOptions { LinearTolerance = options.LinearTolerance }.LinearTolerance;
        _coldPullbacks = options.ColdPullbacks != 0;
        Device = device;
        Mdp = new Mdp(
            options.OwnTransitions == 0 ? problem : new OwnTransitions(problem) { ValueFeatures = problem.ValueFeatures }, device.Backend,
            options.Instances, precision: PrecisionOf(options.Precision));
        _engine = Mdp.Engine;
        _follower = SolvedFollower.Create(Mdp, solve.ForPolicy(problem.Temperature));
        _certificates = new Certificate[_engine.Instances];
        Mdp.Initialise(new ulong[options.Instances]);
        device.Retain();
    }

    public Device Device { get; }

    public Mdp Mdp { get; }

    /// <summary>The precision of a number of the header's.</summary>
    public static Precision PrecisionOf(int number) =>
        number is 0 or 1 ? (Precision)number : throw new InvalidInputException($"precision: {number}; expected 0 (float64) or 1 (float32)");

    /// <summary>The method of a number of the header's.</summary>
    public static SolveMethod MethodOf(int number) => Enum.IsDefined((SolveMethod)number)
        ? (SolveMethod)number
        : throw new InvalidInputException($"method: {number}; expected 0 to 5, {SolveMethodNames.All}");

    /// <summary>Solves all instances, and writes their certificates.</summary>
    /// <exception cref="InvalidOperationException">An instance has no answer with a proof; the others have theirs.</exception>
    public void Solve(Span<SolveCertificate> certificates)
    {
        Respond();
        for (int i = 0; i < certificates.Length; i++)
        {
            Certificate found = _certificates[i];
            certificates[i] = new SolveCertificate
            {
                Residual = found.Residual,
                Bound = found.Bound,
                Iterations = found.Iterations,
                Products = found.Products,
                Method = (int)found.Method,
                Converged = found.Converged ? 1 : 0,
            };
        }

        Prove();
    }

    /// <summary>Forgets all that solves start from, so that the next ones are as the first.</summary>
    public void Reset()
    {
        _solved = false;
        foreach ((_, DeviceArray array) in _follower.State) _engine.Fill(array, 0);
        foreach ((_, DeviceArray array) in _gradient?.State ?? []) _engine.Fill(array, 0);
        foreach ((_, DeviceArray array) in _derivative?.State ?? []) _engine.Fill(array, 0);
    }

    public void Dispose()
    {
        DisposeDerivatives();
        _follower.Dispose();
        Mdp.Dispose();
        Device.Dispose();
    }

    /// <summary>Lets the follower answer, unless it has since anything was set.</summary>
    private void Respond()
    {
        if (_solved) return;
        Configure();
        try
        {
            _follower.Solve();
            _follower.Certify(_certificates);
        }
        catch
        {
            // What was being written has no meaning.
            Reset();
            throw;
        }

        (_last, _solved) = (Outcome.Solve, true);
        _game = null;
    }

    /// <summary>Has an answer of the follower's to differentiate.</summary>
    private void RequireAnswer()
    {
        Respond();
        Prove();
    }

    private void Prove()
    {
        _follower.ThrowIfUnsolved();
        _follower.ThrowIfUnproven(_certificates);
    }

    private void Configure()
    {
        if (_configured) return;
        Mdp.Configure();
        _configured = true;
    }
}
