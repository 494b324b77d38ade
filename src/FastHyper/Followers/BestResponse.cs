using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;
using FastHyper.Followers.Solves;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>
/// The follower's entropy-regularised best response, by one of the <see cref="SolveMethod"/>s, which starts from its last
/// answer: V(s) = τ log Σ_a exp(Q(s,a)/τ), Q = r + γ P V, π = exp((Q − V)/τ).
/// </summary>
public sealed class BestResponse : SolvedFollower
{
    // Coarser answers lie within what float32 holds by itself.
    private const double CoarsestRefined = 1e-5;

    private readonly FollowerSolve _solve;
    private readonly FollowerMethod _method;
    private readonly ResidualBound[] _bounds;
    private readonly Refinement? _refinement;
    private readonly double[] _norms;
    private EpisodeLength? _length;
    private bool _normsAreThere;

    /// <summary>Creates a follower that has not answered yet.</summary>
    /// <param name="mdp">What it responds to.</param>
    /// <param name="options">How it solves, and when the solve stops.</param>
    public BestResponse(Mdp mdp, SolveOptions? options = null)
        : base(mdp, options)
    {
        _solve = new FollowerSolve(mdp, Options);
        Status = _solve.Status;
        _method = FollowerMethod.Create(Options.Method, _solve);
        _bounds = new ResidualBound[mdp.Engine.Instances];
        _norms = new double[mdp.Engine.Instances];
        if (mdp.Engine.Options.Precision == Precision.F32 && Options.Tolerance < CoarsestRefined)
            _refinement = new Refinement(mdp.Engine, mdp.Reward, mdp.Problem.Discount);
    }

    /// <summary>What the last solve of each instance went by: where the options leave it open, what was chosen.</summary>
    public ReadOnlySpan<SolveMethod> Methods => _solve.Methods;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, DeviceArray Array)> State =>
        _refinement is null ? [("values", V)] : [("values", _refinement.Potential)];

    /// <inheritdoc/>
    private protected override void Iterate(IProgress<SolveProgress>? progress, CancellationToken stop)
    {
        _normsAreThere = false;
        _solve.Begin(progress, stop);
        if (_refinement is null)
        {
            _solve.Retarget(V, Mdp.Reward);
            _method.Run(_solve);
            Mdp.Engine.Policy(V, Mdp.Reward, Mdp.Problem.Discount, Policy);
        }
        else
        {
            _refinement.Solve(_solve, _method, V);
            Mdp.Engine.Policy(_refinement.Increment, _refinement.Shaped, Mdp.Problem.Discount, Policy);
        }
    }

    /// <inheritdoc/>
    public override void ThrowIfUnsolved()
    {
        for (int i = 0; i < Status.Failed.Length; i++)
            if (Status.Failed[i]) Mdp.Fail(i, Status.Reasons[i], SolveFailure.Follower(Mdp, Options, Status, i));
        int unsolved = Array.IndexOf(Status.Active, true);
        if (unsolved >= 0) throw new InvalidOperationException(SolveFailure.Follower(Mdp, Options, Status, unsolved));
    }

    /// <summary>Writes Q = r + γ P V.</summary>
    /// <param name="q">(S, A) for each instance.</param>
    public void ActionValues(DeviceArray q) => Mdp.Engine.ActionValues(V, Mdp.Reward, Mdp.Problem.Discount, q);

    /// <inheritdoc/>
    public override DeviceArray? RelativeActionValues(DeviceArray q)
    {
        if (_refinement is null) ActionValues(q);
        else Mdp.Engine.ActionValues(_refinement.Increment, _refinement.Shaped, Mdp.Problem.Discount, q);
        return _refinement?.Potential;
    }

    /// <inheritdoc/>
    public override void LeaderActionValues(DeviceArray target)
    {
        if (_refinement is null) base.LeaderActionValues(target);
        else Mdp.Engine.LeaderActionValues(_refinement.Increment, _refinement.Shaped, Mdp.Problem.Discount, target);
    }

    /// <inheritdoc/>
    public override void Certify(Span<Certificate> certificates)
    {
        Mdp.Engine.CertifiedResidual(_refinement?.Potential ?? V, Mdp.Reward, Mdp.Problem.Discount, _bounds);
        for (int i = 0; i < certificates.Length; i++)
        {
            ResidualBound found = _bounds[i];
            bool contracts = Storage.Contraction(found) < 1;
            double bound = contracts ? Storage.Bound(found, i) : double.IsFinite(found.Residual) ? Storage.Left(found, i) * Norm(i)
                : double.PositiveInfinity;
            bool means = contracts || bound <= StopRules.MaxBoundOfValues * (found.Value + Status.Spread[i]);
            bool proven = means && found.Residual <= Options.Tolerance + found.Rounding + _solve.CertifiedRounding(i);
            certificates[i] = new Certificate(
                Proven(i, found.Residual, proven), Status.Sweeps[i], found.Residual, bound, Methods[i], Status.Products[i]);
        }
    }

    /// <summary>‖(I − γ P_π)⁻¹‖∞ of an instance, found for all of them when it is first asked for after a solve.</summary>
    private double Norm(int instance)
    {
        if (!_normsAreThere)
        {
            _length ??= new EpisodeLength(Mdp, Options.Method);
            _length.Write(Policy, Mdp.Problem.Discount, _norms);
            _normsAreThere = true;
        }

        return _norms[instance];
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        _method.Dispose();
        _solve.Dispose();
        _refinement?.Dispose();
        _length?.Dispose();
    }
}
