using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>
/// The follower's entropy-regularised best response, by soft value iteration that starts from its last answer:
/// V(s) = τ log Σ_a exp(Q(s,a)/τ), Q = r + γ P V, π = exp((Q − V)/τ).
/// </summary>
public sealed class BestResponse : IDisposable
{
    private const int SweepsBetweenChecks = 64;

    // Coarser answers lie within what float32 holds by itself.
    private const double CoarsestRefined = 1e-5;
    private readonly Mdp _mdp;
    private readonly SolveOptions _options;
    private readonly SweepStatus _status;
    private readonly double[] _residuals;
    private readonly RoundingFloor _floor;
    private readonly Refinement? _refinement;

    /// <summary>Creates a follower that has not answered yet.</summary>
    /// <param name="mdp">What it responds to.</param>
    /// <param name="options">When its solve stops.</param>
    public BestResponse(Mdp mdp, SolveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(mdp);
        _mdp = mdp;
        _options = options ?? new SolveOptions();
        _status = new SweepStatus(mdp.Engine.Instances);
        _residuals = new double[mdp.Engine.Instances];
        _floor = new RoundingFloor(mdp.Engine);
        V = mdp.Engine.Allocate(ArrayKind.State);
        Policy = mdp.Engine.Allocate(ArrayKind.StateAction);
        if (mdp.Engine.Options.Precision == Precision.F32 && _options.Tolerance < CoarsestRefined) _refinement = new Refinement(mdp.Engine, mdp.Reward, mdp.Problem.Discount);
    }

    /// <summary>Soft values V, (S) for each instance.</summary>
    public DeviceArray V { get; }

    /// <summary>Policy π, (S, A) for each instance.</summary>
    public DeviceArray Policy { get; }

    // What the last sweeps were about: V and r, or the zero that is left and the shaped rewards.
    private DeviceArray Base => _refinement?.Increment ?? V;

    private DeviceArray Reward => _refinement?.Shaped ?? _mdp.Reward;

    /// <summary>How the last solve went.</summary>
    public SweepStatus Status => _status;

    /// <summary>Arrays that the next solve starts from, by name.</summary>
    public IEnumerable<(string Name, DeviceArray Array)> State => _refinement is null ? [("values", V)] : [("values", _refinement.Potential)];

    /// <summary>Solves the configured MDP from the last V, and writes V and the policy.</summary>
    /// <param name="keepOn">
    /// Asked every 64 sweeps; false stops the solve where it is, and leaves its status active.
    /// </param>
    public void Solve(Func<SweepStatus, bool>? keepOn = null)
    {
        _status.Begin();
        for (int i = 0; i < _status.Spread.Length; i++) _status.Spread[i] = _mdp.Temperatures[i] * (1 + Math.Log(_mdp.Engine.Actions));
        if (_refinement is null)
        {
            Sweep(V, _mdp.Reward, keepOn);
        }
        else
        {
            // The second round starts from zero at the float32 answer, and so loses nothing to the size of V.
            _refinement.Fold(V);
            Sweep(_refinement.Increment, _refinement.Shaped, keepOn);
            _refinement.Fold(V);
            _status.Resume();
            Sweep(_refinement.Increment, _refinement.Shaped, keepOn);
            _refinement.Fold(V);
        }

        _mdp.Engine.Policy(Base, Reward, _mdp.Problem.Discount, Policy);
    }

    /// <summary>Writes Q = r + γ P V.</summary>
    /// <param name="q">(S, A) for each instance.</param>
    public void ActionValues(DeviceArray q) => _mdp.Engine.ActionValues(V, _mdp.Reward, _mdp.Problem.Discount, q);

    /// <summary>The certificate of each instance, by one more pass over the states.</summary>
    /// <param name="certificates">Written, one for each instance.</param>
    public void Certify(Span<Certificate> certificates)
    {
        _mdp.Engine.SoftResidual(Base, Reward, _mdp.Problem.Discount, _residuals);
        double contraction = _mdp.Problem.Discount * Math.Min(1, _mdp.Problem.HasOwnTransitions ? 1 : _mdp.Engine.Transitions.MaximalRowSum);
        for (int i = 0; i < certificates.Length; i++)
        {
            certificates[i] = new Certificate(
                _status.Sweeps[i],
                _residuals[i],
                contraction < 1 ? _residuals[i] / (1 - contraction) : double.PositiveInfinity,
                !_status.Active[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        V.Dispose();
        Policy.Dispose();
        _refinement?.Dispose();
    }

    private void Sweep(DeviceArray v, DeviceArray reward, Func<SweepStatus, bool>? keepOn)
    {
        Engine engine = _mdp.Engine;
        SweepLimits limits = new(SweepsBetweenChecks, _options.Tolerance, 2 * _floor.Epsilon);
        _floor.Begin();
        for (int done = 0; done < _options.MaximalSweeps && _status.AnyActive; done += limits.Count)
        {
            limits = limits with { Count = Math.Min(SweepsBetweenChecks, _options.MaximalSweeps - done) };
            engine.SoftSweeps(v, reward, _mdp.Problem.Discount, limits, _status);
            _floor.Freeze(_status);
            if (keepOn is not null && !keepOn(_status)) return;
        }
    }
}
