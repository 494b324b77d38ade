using System.Globalization;
using System.Numerics.Tensors;
using FastHyper.Backends;
using FastHyper.Followers.Solves;
using FastHyper.Problems;

namespace FastHyper.Followers.LinearFeatures;

/// <summary>
/// The best response of a follower whose action values are linear in features, Q(s,a) = φ(s,a)·w: the fixed point of soft fitted value
/// iteration,
/// <code>w = F(w) = (ΦᵀDΦ + ρI)⁻¹ ΦᵀD (r + γ P V_w),   V_w(s) = τ log Σ_b exp(φ(s,b)·w/τ)</code>
/// and the Boltzmann policy of Q. Found by Newton's method, which is soft LSPI, w ← w + A⁻¹ (ΦᵀDΦ + ρI)(F(w) − w),
/// A = ΦᵀD(Φ − γ P Ψ) + ρI, Ψ(s) = Σ_b π(b|s) φ(s,b), with shorter steps where whole ones gain nothing, and sweeps w ← F(w) where no
/// step does. O(S·A·k² + k³) a step, O(transitions + S·A·k + k²) a sweep.
/// </summary>
/// <remarks>
/// Where states are aggregated (one feature of one in each row) sweeps contract and there is one fixed point. Else there may be
/// none, or several, and sweeps may diverge where D is not the policy's own distribution; a response that is not found says so.
/// Over samples, D(s,a) is their weight in (s,a), and P(s'|s,a) the share of those that go on to s'; all else is the same.
/// </remarks>
public sealed partial class LinearResponse : SolvedFollower
{
    private readonly FittedEquation _equation;
    private readonly double[] _w;
    private readonly double[] _base;
    private readonly double[] _baseImage;
    private readonly double[] _residual;
    private readonly double[] _direction;
    private readonly double[] _projected;
    private readonly double[] _image;
    private readonly Progress[] _progress;
    private readonly ResidualBound[] _bellman;
    private readonly bool _sweepsOnly;

    /// <summary>Creates a follower that has not answered yet.</summary>
    /// <param name="mdp">What it responds to.</param>
    /// <param name="features">φ, D and ρ.</param>
    /// <param name="options">
    /// When the solve stops: at ‖F(w) − w‖∞ within the tolerance. <see cref="SolveMethod.Sweeps"/> takes sweeps alone.
    /// </param>
    /// <param name="samples">What the fit is over; null (the default) for the model.</param>
    /// <exception cref="InvalidInputException">ΦᵀDΦ + ρI is singular, or the features are of another problem.</exception>
    public LinearResponse(Mdp mdp, FeatureRows features, SolveOptions? options = null, SupportOptions? samples = null)
        : this(mdp, features, options, samples, null)
    {
    }

    /// <summary>The same.</summary>
    /// <param name="mdp">What it responds to.</param>
    /// <param name="features">φ, D and ρ.</param>
    /// <param name="options">When the solve stops.</param>
    /// <param name="samples">What the fit is over; null for the model.</param>
    /// <param name="stored">Whether the equation's k × k matrices are stored; null for what is faster.</param>
    internal LinearResponse(Mdp mdp, FeatureRows features, SolveOptions? options, SupportOptions? samples, bool? stored)
        : base(mdp, options)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (mdp.Problem.LeaderActions > 0)
            throw new InvalidInputException(
                $"{mdp.Problem.Name}: a follower linear in features in a game; expected a problem in which the leader does not act");
        if (features.States != mdp.Engine.States || features.Actions != mdp.Engine.Actions)
            throw new InvalidInputException(
                $"{mdp.Problem.Name}: features of {features.States} states and {features.Actions} actions; expected {mdp.Engine.States} "
                    + $"and {mdp.Engine.Actions}");
        _equation = new FittedEquation(mdp, features, samples, stored);
        int numbers = mdp.Engine.Instances * features.Count;
        (_w, _base, _baseImage) = (new double[numbers], new double[numbers], new double[numbers]);
        (_residual, _direction) = (new double[numbers], new double[numbers]);
        (_projected, _image) = (new double[numbers], new double[numbers]);
        _progress = new Progress[mdp.Engine.Instances];
        _bellman = new ResidualBound[mdp.Engine.Instances];
        _sweepsOnly = Options.Method == SolveMethod.Sweeps;
    }

    /// <summary>Creates a follower that has not answered yet.</summary>
    /// <param name="mdp">What it responds to.</param>
    /// <param name="options">Its features, and when the solve stops.</param>
    /// <exception cref="InvalidInputException">ΦᵀDΦ + ρI is singular, or there are no such features.</exception>
    public LinearResponse(Mdp mdp, LinearResponseOptions options)
        : this(
            mdp,
            (options ?? throw new ArgumentNullException(nameof(options))).Features.Of(
                mdp?.Problem ?? throw new ArgumentNullException(nameof(mdp))),
            options.Solve, options.Support == SupportKind.Samples ? options.Samples : null)
    {
        if (options.Support == SupportKind.Points)
            throw new InvalidInputException(
                $"follower: support = points on {mdp.Problem.Name}, a finite MDP; expected model or samples, or a problem of continuous "
                    + "states");
    }

    /// <summary>φ, D and ρ.</summary>
    public FeatureRows Features => _equation.Features;

    /// <summary>w of each instance, (instances, k).</summary>
    public ReadOnlySpan<double> Weights => _w;

    /// <summary>An estimate of the condition of the first instance's fit, ‖ΦᵀDΦ + ρI‖∞ ‖(ΦᵀDΦ + ρI)⁻¹‖∞.</summary>
    public double Condition => _equation.Systems.Condition(0);

    /// <summary>
    /// ‖TV − V‖∞ of each instance's V_w in the MDP itself, as <see cref="Certify"/> found it: what the features cannot hold. It says how
    /// good the approximation is, where <see cref="Certificate.Residual"/> says how well it was solved for.
    /// </summary>
    public ReadOnlySpan<ResidualBound> BellmanResiduals => _bellman;

    /// <summary>V alone: the next response begins with the fit of r + γ P V.</summary>
    public override IEnumerable<(string Name, DeviceArray Array)> State => [("values", V)];

    /// <summary>The parts of the equation, at the present answer.</summary>
    internal FittedEquation Equation => _equation;

    /// <summary>Draws the samples, where the fit is over such, and solves.</summary>
    /// <param name="seeds">Seed of each leader.</param>
    /// <param name="iteration">Leader iteration; with the seed it names the draws.</param>
    public override void Respond(ReadOnlySpan<ulong> seeds, uint iteration)
    {
        _equation.Draw(seeds, iteration, V, anew: true);
        base.Respond(seeds, iteration);
    }

    /// <summary>Solves from the last V over the last samples; over those of seed 0 where there have been none.</summary>
    private protected override void Iterate(IProgress<SolveProgress>? progress, CancellationToken stop)
    {
        _equation.Draw(stackalloc ulong[Mdp.Engine.Leaders], 0, V, anew: false);
        Status.Begin();
        for (int i = 0; i < _progress.Length; i++)
            if (_equation.Systems.Obstacle(i) is not null) Status.Fail(i, Outcome.Singular);
        _progress.AsSpan().Fill(new Progress());
        _equation.Project(V, _projected);
        _projected.CopyTo(_w, 0);
        _equation.Systems.Fit(_w);
        while (true)
        {
            Mdp.Monitor.Check("the fitted follower's passes", Status.Sweeps.Max());
            _equation.Values(_w, V, Policy);
            _equation.Project(V, _projected);
            _projected.CopyTo(_image, 0);
            _equation.Systems.Fit(_image);
            bool steps = false;
            for (int i = 0; i < _progress.Length; i++)
                if (Status.Active[i]) steps |= Judge(i);
            if (!Status.AnyActive) return;
            progress?.Report(Status.Progress());
            if (stop.IsCancellationRequested) return;
            Advance(steps && !_sweepsOnly);
        }
    }

    /// <summary>Writes Q = Φw.</summary>
    /// <param name="q">(S, A) for each instance.</param>
    public override DeviceArray? RelativeActionValues(DeviceArray q)
    {
        Mdp.Engine.FeatureValues(Features, _w, weighted: false, q);
        return null;
    }

    /// <inheritdoc/>
    public override void ThrowIfUnsolved()
    {
        for (int i = 0; i < _progress.Length; i++)
            if (Status.Failed[i]) Mdp.Fail(i, Status.Reasons[i], Failure(i));
        int unsolved = Array.IndexOf(Status.Active, true);
        if (unsolved >= 0) throw new InvalidOperationException(Failure(unsolved));
    }

    /// <inheritdoc/>
    public override ResponseDerivative Differentiate(AdjointOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Steps is null
            ? new LinearDerivative(Mdp, this, options)
            : throw new InvalidInputException(
                "adjoint: steps towards the adjoint of a follower linear in features, which is solved for; expected an estimator that "
                    + "does, such as exact");
    }

    /// <summary>
    /// What the equation's residual is, and how far w is from its solution to first order, |φ·A⁻¹(ΦᵀDΦ + ρI)(F(w) − w)| at the most, as
    /// bound of the values; writes <see cref="BellmanResiduals"/>, too.
    /// </summary>
    /// <param name="certificates">Written, one for each instance.</param>
    public override void Certify(Span<Certificate> certificates)
    {
        Mdp.Engine.CertifiedResidual(V, Mdp.Reward, Mdp.Problem.Discount, _bellman);
        _equation.Systems.Prepare(Policy);
        _equation.Project(V, _projected);
        _equation.Systems.Residual(_w, _projected, _direction);
        _equation.Systems.Solve(_direction);
        double[] rows = new double[_equation.Rows.Length];
        Mdp.Engine.FeatureValues(Features, _direction, weighted: false, _equation.Rows);
        for (int i = 0; i < certificates.Length; i++)
        {
            Mdp.Engine.Download(_equation.Rows, i, rows);
            double bound = _equation.Systems.IsRegular[i] ? Math.Abs(TensorPrimitives.MaxMagnitude<double>(rows)) : double.PositiveInfinity;
            certificates[i] = new Certificate(
                Proven(i, Status.Change[i], !Status.Active[i]), Status.Sweeps[i], Status.Change[i], bound,
                _sweepsOnly ? SolveMethod.Sweeps : SolveMethod.PolicyIteration, Status.Products[i]);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) _equation.Dispose();
    }

    private string Failure(int i)
    {
        if (_equation.Systems.Obstacle(i) is string obstacle) return obstacle;
        Progress progress = _progress[i];
        string reached =
            string.Create(
                CultureInfo.InvariantCulture,
                    $"|F(w) - w| = {Status.Change[i]:E2} after {Status.Sweeps[i]} passes, {progress.Smallest:E2} at best; expected "
                    + $"{Options.Tolerance:E2}");
        string why = !HasDiverged(i) && Status.Change[i] <= Grown * progress.Smallest
            ? "no fixed point was found: there need not be one, unless the features aggregate states"
            : "the fit diverges: weights that are not those of the policy's visits let it";
        return $"{Mdp.Problem.Name}: the fitted values of instance {i} did not converge: {reached}; {why}";
    }

    private Span<double> Of(double[] vectors, int i) => vectors.AsSpan(i * Features.Count, Features.Count);
}
