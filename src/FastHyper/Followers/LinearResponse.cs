using System.Globalization;
using System.Numerics.Tensors;
using FastHyper.Backends;
using FastHyper.Problems;
using FastHyper.Problems.Features;

namespace FastHyper.Followers;

/// <summary>A follower that is linear in features, and how it is solved.</summary>
[Options]
public sealed partial record LinearResponseOptions
{
    /// <summary>Its features.</summary>
    public FeatureOptions Features { get; init; } = new();

    /// <summary>When the solve stops: at ‖F(w) − w‖∞ within the tolerance.</summary>
    [Inline]
    public SolveOptions Solve { get; init; } = new();
}

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
/// </remarks>
public sealed class LinearResponse : SolvedFollower
{
    // A step is taken where it leaves less of the residual by this part of its length.
    private const double LeastGain = 1e-4;
    private const double ShortestStep = 1.0 / 1024;

    // Of residuals that were this many times smaller before it is said that they grow.
    private const double Grown = 10;
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
    /// <exception cref="InvalidInputException">ΦᵀDΦ + ρI is singular, or the features are of another problem.</exception>
    public LinearResponse(Mdp mdp, FeatureRows features, SolveOptions? options = null)
        : base(mdp, options)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (mdp.Problem.LeaderActions > 0)
            throw new InvalidInputException(
                $"{mdp.Problem.Name}: a follower linear in features in a game; expected a problem in which the leader does not act");
        if (features.States != mdp.Engine.States || features.Actions != mdp.Engine.Actions)
            throw new InvalidInputException($"{mdp.Problem.Name}: features of {features.States} states and {features.Actions} actions; expected {mdp.Engine.States} and {mdp.Engine.Actions}");
        _equation = new FittedEquation(mdp, features);
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
                mdp?.Problem ?? throw new ArgumentNullException(nameof(mdp))), options.Solve)
    {
    }

    /// <summary>φ, D and ρ.</summary>
    public FeatureRows Features => _equation.Features;

    /// <summary>w of each instance, (instances, k).</summary>
    public ReadOnlySpan<double> Weights => _w;

    /// <summary>An estimate of the condition of the fit, ‖ΦᵀDΦ + ρI‖∞ ‖(ΦᵀDΦ + ρI)⁻¹‖∞.</summary>
    public double Condition => _equation.Condition;

    /// <summary>
    /// ‖TV − V‖∞ of each instance's V_w in the MDP itself, as <see cref="Certify"/> found it: what the features cannot hold. It says how
    /// good
    /// the approximation is, where <see cref="Certificate.Residual"/> says how well it was solved for.
    /// </summary>
    public ReadOnlySpan<ResidualBound> BellmanResiduals => _bellman;

    /// <summary>V alone: the next response begins with the fit of r + γ P V.</summary>
    public override IEnumerable<(string Name, DeviceArray Array)> State => [("values", V)];

    /// <summary>The parts of the equation, at the present answer.</summary>
    internal FittedEquation Equation => _equation;

    /// <inheritdoc/>
    private protected override void Iterate(IProgress<SolveProgress>? progress, CancellationToken stop)
    {
        Status.Begin();
        _progress.AsSpan().Fill(new Progress());
        _equation.Project(V, _projected);
        _projected.CopyTo(_w, 0);
        _equation.Fit(_w);
        while (true)
        {
            Mdp.Monitor.Check("the fitted follower's passes", Status.Sweeps.Max());
            _equation.Values(_w, V, Policy);
            _equation.Project(V, _projected);
            _projected.CopyTo(_image, 0);
            _equation.Fit(_image);
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
            : throw new InvalidInputException("adjoint: steps towards the adjoint of a follower linear in features, which is solved for; expected an estimator that does, such as exact");
    }

    /// <summary>
    /// What the equation's residual is, and how far w is from its solution to first order, |φ·A⁻¹(ΦᵀDΦ + ρI)(F(w) − w)| at the most, as
    /// bound of the values; writes <see cref="BellmanResiduals"/>, too.
    /// </summary>
    /// <param name="certificates">Written, one for each instance.</param>
    public override void Certify(Span<Certificate> certificates)
    {
        Mdp.Engine.CertifiedResidual(V, Mdp.Reward, Mdp.Problem.Discount, _bellman);
        _equation.Factorise(Policy);
        _equation.Project(V, _projected);
        _equation.Residual(_w, _projected, _direction);
        double[] rows = new double[_equation.Rows.Length];
        for (int i = 0; i < certificates.Length; i++)
            if (_equation.IsRegular[i]) _equation.System(i).Solve(Of(_direction, i));
        Mdp.Engine.FeatureValues(Features, _direction, weighted: false, _equation.Rows);
        for (int i = 0; i < certificates.Length; i++)
        {
            Mdp.Engine.Download(_equation.Rows, i, rows);
            double bound = _equation.IsRegular[i] ? Math.Abs(TensorPrimitives.MaxMagnitude<double>(rows)) : double.PositiveInfinity;
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

    /// <summary>
    /// Looks at what an instance has come to; whether it is to go on from there, rather than from where its last step began.
    /// </summary>
    private bool Judge(int i)
    {
        ref Progress progress = ref _progress[i];
        ReadOnlySpan<double> w = Of(_w, i), image = Of(_image, i);
        double change = LargestDifference(w, image), size = Math.Abs(TensorPrimitives.MaxMagnitude(w));
        Status.Sweeps[i]++;
        // A step too long may lead to what is not a number.
        progress.IsRefused = progress.IsStep && !(change <= (1 - (LeastGain * progress.Length)) * progress.Change);
        double rounding = StopRules.CorrectedFloorUnits * Mdp.Engine.Options.Precision.Epsilon() * _equation.Condition * size;
        if (progress.Ends)
        {
            Status.Active[i] = false;
            Status.Change[i] = change;
            return false;
        }

        if (progress.IsRefused)
        {
            // Where rounding hides what a whole step gains there is nothing to gain: back to where it began.
            progress.Ends = progress.Length == 1 && progress.Change <= rounding;
            progress.Length = progress.Ends ? 0 : 0.5 * progress.Length;
            if (Status.Sweeps[i] >= Options.MaximalSweeps) Status.Fail(i, Outcome.MaxSteps);
            return false;
        }

        (Status.Change[i], Status.Magnitude[i]) = (change, size);
        if (double.IsNaN(progress.First)) progress.First = change;
        if (change <= 0.5 * progress.Best) (progress.Best, progress.SinceBest) = (change, 0);
        else progress.SinceBest++;
        if (change < progress.Smallest) (progress.Smallest, progress.SinceSmallest) = (change, 0);
        else progress.SinceSmallest++;
        if (change <= Options.Tolerance || (progress.SinceSmallest >= StopRules.PassesAtRounding && change <= rounding)) Status.Active[i] = false;
        else if (HasDiverged(i)) Status.Fail(i, double.IsFinite(change) ? Outcome.Growing : Outcome.NotFinite);
        else if (progress.SinceBest > Patience) Status.Fail(i, Outcome.Stalled);
        else if (Status.Sweeps[i] >= Options.MaximalSweeps) Status.Fail(i, Outcome.MaxSteps);
        if (!Status.Active[i]) return false;
        progress.Change = change;
        w.CopyTo(Of(_base, i));
        image.CopyTo(Of(_baseImage, i));
        return true;
    }

    private double Patience => StopRules.PassesToHalve + Math.Min(StopRules.MaxPassesToHalve, StopRules.HorizonsToHalve / Math.Max(1e-12, 1 - Mdp.Problem.Discount));

    private bool HasDiverged(int i) => !(Status.Change[i] <= StopRules.Diverged * (1 + _progress[i].First));

    /// <summary>Moves the active instances: by a Newton step from where they are, by less of their last one, or by a sweep.</summary>
    /// <param name="steps">Whether any is to take a new step.</param>
    private void Advance(bool steps)
    {
        if (steps)
        {
            _equation.Factorise(Policy);
            _equation.Residual(_w, _projected, _residual);
        }

        for (int i = 0; i < _progress.Length; i++)
        {
            if (!Status.Active[i]) continue;
            ref Progress progress = ref _progress[i];
            if (!progress.IsRefused)
            {
                progress.IsStep = steps && _equation.IsRegular[i];
                progress.Length = 1;
                if (progress.IsStep)
                {
                    Status.Products[i]++;
                    Of(_residual, i).CopyTo(Of(_direction, i));
                    _equation.System(i).Solve(Of(_direction, i));
                }
            }

            progress.IsStep &= progress.Length >= ShortestStep || progress.Ends;
            if (progress.IsStep) TensorPrimitives.MultiplyAdd(Of(_direction, i), progress.Length, Of(_base, i), Of(_w, i));
            else Of(_baseImage, i).CopyTo(Of(_w, i));
        }
    }

    private string Failure(int i)
    {
        Progress progress = _progress[i];
        string reached = string.Create(CultureInfo.InvariantCulture, $"|F(w) - w| = {Status.Change[i]:E2} after {Status.Sweeps[i]} passes, {progress.Smallest:E2} at best; expected {Options.Tolerance:E2}");
        string why = !HasDiverged(i) && Status.Change[i] <= Grown * progress.Smallest
            ? "no fixed point was found: there need not be one, unless the features aggregate states"
            : "the fit diverges: weights that are not those of the policy's visits let it";
        return $"{Mdp.Problem.Name}: the fitted values of instance {i} did not converge: {reached}; {why}";
    }

    private Span<double> Of(double[] vectors, int i) => vectors.AsSpan(i * Features.Count, Features.Count);

    private static double LargestDifference(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double largest = 0;
        for (int j = 0; j < a.Length; j++) largest = Math.Max(largest, Math.Abs(a[j] - b[j]));
        return largest;
    }

    /// <summary>How far an instance has come.</summary>
    private record struct Progress()
    {
        /// <summary>
        /// ‖F(w) − w‖∞ of the first w, the last that was half of the one before, that of where the last step began, and the smallest.
        /// </summary>
        public double First = double.NaN;
        public double Best = double.PositiveInfinity;
        public double Change = double.PositiveInfinity;

        public double Smallest = double.PositiveInfinity;

        /// <summary>Passes since the best was halved, and since there was a smaller one.</summary>
        public int SinceBest;
        public int SinceSmallest;

        /// <summary>Whether w came by a step, its length, and whether it was in vain.</summary>
        public bool IsStep;
        public bool IsRefused;

        /// <summary>Whether the next pass is the last: w goes back to where a step began that gained nothing.</summary>
        public bool Ends;
        public double Length = 1;
    }
}
