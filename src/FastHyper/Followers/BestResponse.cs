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
    private readonly Mdp _mdp;
    private readonly SolveOptions _options;
    private readonly SweepStatus _status;
    private readonly double[] _residuals;

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
        V = mdp.Engine.Allocate(ArrayKind.State);
        Policy = mdp.Engine.Allocate(ArrayKind.StateAction);
    }

    /// <summary>Soft values V, (S) for each instance.</summary>
    public DeviceArray V { get; }

    /// <summary>Policy π, (S, A) for each instance.</summary>
    public DeviceArray Policy { get; }

    /// <summary>How the last solve went.</summary>
    public SweepStatus Status => _status;

    /// <summary>Solves the configured MDP from the last V, and writes V and the policy.</summary>
    public void Solve()
    {
        Engine engine = _mdp.Engine;
        _status.Begin();
        // Below a few units in the last place of V, a sweep only moves rounding about.
        SweepLimits limits = new(SweepsBetweenChecks, _options.Tolerance, 4 * Epsilon(engine));
        for (int done = 0; done < _options.MaximalSweeps && _status.AnyActive; done += limits.Count)
        {
            limits = limits with { Count = Math.Min(SweepsBetweenChecks, _options.MaximalSweeps - done) };
            engine.SoftSweeps(V, _mdp.Reward, _mdp.Problem.Discount, limits, _status);
        }

        engine.Policy(V, _mdp.Reward, _mdp.Problem.Discount, Policy);
    }

    /// <summary>Writes Q = r + γ P V.</summary>
    /// <param name="q">(S, A) for each instance.</param>
    public void ActionValues(DeviceArray q) => _mdp.Engine.ActionValues(V, _mdp.Reward, _mdp.Problem.Discount, q);

    /// <summary>The certificate of each instance, by one more pass over the states.</summary>
    /// <param name="certificates">Written, one for each instance.</param>
    public void Certify(Span<Certificate> certificates)
    {
        _mdp.Engine.SoftResidual(V, _mdp.Reward, _mdp.Problem.Discount, _residuals);
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
    }

    /// <summary>Distance from 1 to the next number of the engine's precision.</summary>
    internal static double Epsilon(Engine engine) => engine.Options.Precision == Precision.F64 ? 2.2204460492503131e-16 : 1.1920929e-07;
}
