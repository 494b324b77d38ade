using FastHyper.Backends;
using FastHyper.Followers.Solves;
using FastHyper.Problems;

namespace FastHyper.Followers.LinearSystems;

/// <summary>
/// Linear solves with the follower's transitions P_π: policy evaluation and its adjoint, from what the target holds. Nothing that a
/// solver says of itself ends a solve. It ends by proof: a residual by a float64 pass of its own, in the norm in which γ P_π contracts,
/// that is within the tolerance, or that no step halves any more and rounding explains. A solver that does not get there is
/// replaced by sweeps, which contract; what they do not prove either is an error that says what was reached.
/// </summary>
public sealed class LinearSolves : ILinearProofs, IDisposable
{
    private const int FirstSweeps = 64;
    private const int MostSweepsAtOnce = 4096;
    private const int ProductsAtOnce = 256;
    private readonly Mdp _mdp;
    private readonly SolveOptions _options;
    private readonly LinearCertificate[] _certificates;
    private readonly LinearResidual[] _found;
    private readonly Progress[] _progress;
    private readonly EvaluationEquation _evaluation;
    private readonly AdjointEquation _adjoint;
    private RefinedEvaluationEquation? _refinedEvaluation;
    private RefinedAdjointEquation? _refinedAdjoint;

    /// <summary>Creates the solves.</summary>
    /// <param name="mdp">Whose transitions.</param>
    /// <param name="options">When a solve stops; the tolerance is relative to the size of solution and source.</param>
    public LinearSolves(Mdp mdp, SolveOptions options)
    {
        ArgumentNullException.ThrowIfNull(mdp);
        ArgumentNullException.ThrowIfNull(options);
        _mdp = mdp;
        _options = options;
        int instances = mdp.Engine.Instances;
        Status = new SweepStatus(instances);
        _certificates = new LinearCertificate[instances];
        _found = new LinearResidual[instances];
        _progress = new Progress[instances];
        _evaluation = new EvaluationEquation(mdp.Engine);
        _adjoint = new AdjointEquation(mdp.Engine);
    }

    /// <summary>What an instance is solved by, in the order in which these are tried.</summary>
    private enum Stage
    {
        Solver,
        Restarted,
        Factors,
        Sweeps,
        Ended,
    }

    /// <summary>How the last solve went.</summary>
    internal SweepStatus Status { get; }

    /// <summary>The proof of the last solve, for each instance.</summary>
    public ReadOnlySpan<LinearCertificate> Certificates => _certificates;

    /// <summary>V = Σ_a π (r + γ P V): the value of a policy.</summary>
    /// <exception cref="InvalidOperationException">An instance did not converge, or is not finite.</exception>
    public void Evaluate(DeviceArray v, DeviceArray policy, DeviceArray reward, double discount)
    {
        (_evaluation.Values, _evaluation.Reward) = (v, reward);
        Solve(_evaluation, policy, discount);
    }

    /// <summary>y = b + γ P_πᵀ y: where b = μ, the discounted visits of each state.</summary>
    /// <exception cref="InvalidOperationException">An instance did not converge, or is not finite.</exception>
    public void Adjoint(DeviceArray y, DeviceArray policy, DeviceArray source, double discount)
    {
        if (_mdp.Engine.Options.Precision == Precision.F64)
        {
            (_adjoint.Solution, _adjoint.Source) = (y, source);
            Solve(_adjoint, policy, discount);
            return;
        }

        _refinedAdjoint ??= new RefinedAdjointEquation(_mdp.Engine);
        _refinedAdjoint.Source = source;
        _refinedAdjoint.Begin(y);
        Solve(_refinedAdjoint, policy, discount);
    }

    /// <summary>Measures what y is as a solution of y = b + γ P_πᵀ y, and writes <see cref="Certificates"/>; solves nothing.</summary>
    public void CertifyAdjoint(DeviceArray y, DeviceArray policy, DeviceArray source, double discount)
    {
        (_adjoint.Solution, _adjoint.Source, _adjoint.Policy, _adjoint.Discount) = (y, source, policy, discount);
        Status.Begin();
        _adjoint.Measure(_found);
        for (int i = 0; i < _found.Length; i++)
            _certificates[i] = Certificate(
                _adjoint, i, _found[i].Relative <= Tolerance(_adjoint) ? Outcome.Converged : Outcome.Unproven);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _refinedEvaluation?.Dispose();
        _refinedAdjoint?.Dispose();
    }

    /// <summary>The value of a policy as a float64 potential of an engine of float32.</summary>
    internal void Evaluate(Refinement values, DeviceArray rounded, DeviceArray policy, DeviceArray reward, double discount)
    {
        _refinedEvaluation ??= new RefinedEvaluationEquation(_mdp.Engine);
        (_refinedEvaluation.Values, _refinedEvaluation.Rounded, _refinedEvaluation.Reward) = (values, rounded, reward);
        Solve(_refinedEvaluation, policy, discount);
    }

    /// <summary>The value of a policy, as far as it can be proven; instances that cannot are <see cref="SweepStatus.Failed"/>.</summary>
    internal void TryEvaluate(DeviceArray v, DeviceArray policy, DeviceArray reward, double discount)
    {
        (_evaluation.Values, _evaluation.Reward) = (v, reward);
        Run(_evaluation, policy, discount);
    }

    private void Solve(LinearEquation equation, DeviceArray policy, double discount)
    {
        Run(equation, policy, discount);
        for (int i = 0; i < _progress.Length; i++)
            if (Status.Failed[i])
                _mdp.Fail(i, _certificates[i].Outcome, SolveFailure.Linear(_mdp, equation.Name, _certificates[i], Status, i));
    }

    private void Run(LinearEquation equation, DeviceArray policy, double discount)
    {
        (equation.Policy, equation.Discount) = (policy, discount);
        Status.Begin();
        _progress.AsSpan().Fill(new Progress(_options.Method == SolveMethod.Sweeps ? Stage.Sweeps : Stage.Solver));
        if (IsRefined(equation)) equation.Measure(_found);
        do
        {
            if (Select(Stage.Solver)) equation.Solve(SolverLimits(equation, Stage.Solver), Status);
            if (Select(Stage.Restarted)) equation.Solve(SolverLimits(equation, Stage.Restarted), Status);
            if (Select(Stage.Factors)) equation.Solve(new SweepLimits(StopRules.MaxRefinements, 0, 0, ByFactors: true), Status);
            if (Select(Stage.Sweeps)) equation.Sweep(SweepLimits(), Status);
            equation.Measure(_found);
            _mdp.Monitor.Check(equation.Name, Status.Sweeps[0]);
            bool restarts = false;
            for (int i = 0; i < _progress.Length; i++)
            {
                Judge(equation, i);
                restarts |= _progress[i].Stage == Stage.Restarted && _progress[i].Looks == 1;
            }

            // Refinements solve for what the last measure left.
            if (restarts && IsRefined(equation)) equation.Measure(_found);
        }
        while (Status.AnyActive);
        equation.End();
    }

    private static bool IsRefined(LinearEquation equation) => equation is RefinedAdjointEquation or RefinedEvaluationEquation;

    /// <summary>Sets the instances active that are at a stage; false where none is.</summary>
    private bool Select(Stage stage)
    {
        for (int i = 0; i < _progress.Length; i++) Status.Active[i] = _progress[i].Stage == stage;
        return Status.AnyActive;
    }

    // A proof that fails asks for all that a solver can do.
    private SweepLimits SolverLimits(LinearEquation equation, Stage stage)
    {
        bool again = false;
        foreach (Progress progress in _progress) again |= progress.Stage == stage && progress.Looks > (stage == Stage.Restarted ? 1 : 0);
        int count = _mdp.Engine.SolvesDirectly ? StopRules.MaxRefinements : ProductsAtOnce;
        return new SweepLimits(Math.Min(count, _options.MaxSweeps), 0, again ? 0 : Tolerance(equation));
    }

    private SweepLimits SweepLimits()
    {
        int count = MostSweepsAtOnce;
        foreach (Progress progress in _progress)
            if (progress.Stage == Stage.Sweeps)
                count = Math.Min(count, Math.Min(progress.SweepsAtOnce, _options.MaxSweeps - progress.Sweeps));
        for (int i = 0; i < _progress.Length; i++)
            if (_progress[i].Stage == Stage.Sweeps) _progress[i].Sweeps += count;
        return new SweepLimits(count, 0, 0);
    }

    /// <summary>
    /// What a residual is held to: the tolerance, and where horizons are long less, as the error of the solution is the residual's times
    /// the horizon; but nothing below rounding.
    /// </summary>
    private double Tolerance(LinearEquation equation)
    {
        double wanted = _options.Tolerance * Math.Min(1, StopRules.MaxUnscaledHorizon * Math.Max(0, 1 - (equation.Discount * RowSum)));
        double least = IsRefined(equation) ? StopRules.RefinedTolerance : StopRules.LimitUnits * equation.Epsilon;
        return Math.Max(wanted, least);
    }

    /// <summary>Whether an answer loses so many digits to its horizon that none may be given away.</summary>
    private bool IsLong(LinearEquation equation) => StopRules.MaxUnscaledHorizon * (1 - (equation.Discount * RowSum)) < 1;

    /// <summary>Looks at what an instance has come to: proven, to go on, to go on otherwise, or without an answer.</summary>
    private void Judge(LinearEquation equation, int i)
    {
        ref Progress progress = ref _progress[i];
        if (progress.Stage == Stage.Ended)
        {
            Status.Active[i] = false;
            return;
        }

        if (RowsSumToOne) _found[i] = _found[i].Balanced(equation.Discount);
        double tolerance = Tolerance(equation), residual = _found[i].Relative;
        double rounding = Math.Max(tolerance, equation.Epsilon * (StopRules.FloorUnits + Math.Sqrt(TermsOfASum)));
        bool proven = residual <= tolerance || _found[i].Residual <= Smallest;
        bool halved = residual <= 0.5 * progress.Last;
        bool atRounding = !proven && !halved && residual <= rounding
            && !(progress.Stage is Stage.Solver or Stage.Restarted && IsLong(equation) && HasFactors);
        bool failed = !double.IsFinite(residual) || (!proven && !atRounding && IsOver(ref progress, equation, i, residual, halved));
        progress.Last = residual;
        progress.Looks++;
        Status.Active[i] = !proven && !atRounding && !failed;
        if (Status.Active[i]) return;
        progress.Stage = Stage.Ended;
        Outcome outcome = proven ? Outcome.Converged
            : atRounding ? Outcome.AtRounding
            : !double.IsFinite(residual) ? Outcome.NotFinite
            : progress.Sweeps >= _options.MaxSweeps ? Outcome.MaxSteps
            : Outcome.Stalled;
        _certificates[i] = Certificate(equation, i, outcome);
        if (failed) Status.Fail(i, outcome);
    }

    private LinearCertificate Certificate(LinearEquation equation, int i, Outcome outcome)
    {
        LinearResidual found = _found[i];
        double contraction = equation.Discount * RowSum;
        double bound = found.Residual == 0 ? 0 : contraction < 1 ? found.Residual / (1 - contraction) / found.Solution
            : double.PositiveInfinity;
        return new LinearCertificate(outcome, found.Relative, Tolerance(equation), bound, Status.Sweeps[i], Status.Products[i]);
    }

    /// <summary>
    /// Whether an instance that has no proof yet has none to come; a solver that gains nothing begins again from zero where that is nearer,
    /// and is replaced by factors, where there are any, and by sweeps.
    /// </summary>
    private bool IsOver(ref Progress progress, LinearEquation equation, int i, double residual, bool halved)
    {
        if (progress.Stage != Stage.Sweeps)
        {
            if (halved && progress.Looks < StopRules.MaxLooks) return false;
            // From zero the residual is the source: what a warm start left of more, of a source that has all but vanished, never becomes
            // small beside itself.
            bool restarts = progress.Stage == Stage.Solver && _found[i].Residual > _found[i].Source;
            if (restarts) equation.Restart(i);
            progress = new Progress(restarts ? Stage.Restarted : progress.Stage != Stage.Factors
                && HasFactors ? Stage.Factors : Stage.Sweeps);
            return false;
        }

        if (residual < 0.9 * progress.Best) (progress.Best, progress.BestSweeps) = (residual, progress.Sweeps);
        progress.SweepsAtOnce = Math.Min(2 * progress.SweepsAtOnce, MostSweepsAtOnce);
        double contraction = equation.Discount * RowSum;
        double patience =
            Math.Min(StopRules.MaxPatience, MostSweepsAtOnce + (StopRules.HorizonsOfPatience / Math.Max(1 - contraction, 1e-12)));
        return progress.Sweeps >= _options.MaxSweeps || progress.Sweeps - progress.BestSweeps > patience;
    }

    // What solves directly has done all that factors can.
    private bool HasFactors => !_mdp.Engine.SolvesDirectly && _mdp.Engine.HasFactors;

    private bool RowsSumToOne => !_mdp.Engine.Options.OwnTransitions && _mdp.Engine.Transitions.RowsSumToOne;

    // Probabilities that x sets may sum to one in every row.
    private double RowSum => _mdp.Engine.Options.OwnTransitions ? 1 : _mdp.Engine.Transitions.MaxRowSum;

    /// <summary>Terms of the longest sum of a residual, at the most: all entries may lead to one state.</summary>
    private double TermsOfASum => _mdp.Engine.Transitions.StoredEntries;

    /// <summary>Residuals below the smallest normal numbers of each state have no digits left.</summary>
    private double Smallest =>
        _mdp.Engine.States * (_mdp.Engine.Options.Precision == Precision.F64 ? 2.2250738585072014e-308 : 1.17549435e-38);

    /// <summary>How far an instance has come.</summary>
    private record struct Progress(Stage Stage)
    {
        public double Last = double.PositiveInfinity;
        public double Best = double.PositiveInfinity;
        public int Looks;
        public int Sweeps;
        public int BestSweeps;
        public int SweepsAtOnce = FirstSweeps;
    }
}
