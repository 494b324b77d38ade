using System.Globalization;
using FastHyper.Backends;

namespace FastHyper.Hypergradients.Critics;

/// <summary>A table that learns from samples.</summary>
internal sealed class TabularCritic : Critic
{
    private readonly CriticOptions _options;
    private readonly ValuesOf _of;
    private readonly double _discount;
    private readonly double[] _steps;
    private readonly SampledSolve[] _solves;
    private readonly LambdaReturns? _returns;

    public TabularCritic(EstimationContext context, CriticOptions options, ValuesOf of = ValuesOf.Leader)
        : base(context)
    {
        if (of == ValuesOf.Follower && options.Kind is not (CriticKind.Sarsa or CriticKind.ExpectedSarsa or CriticKind.Lstd))
            throw new InvalidInputException("follower critic: a kind for the leader alone; expected sarsa, expected-sarsa or lstd");
        Engine engine = context.Mdp.Engine;
        _of = of;
        _discount = of == ValuesOf.Leader ? context.Mdp.Problem.LeaderDiscount : context.Mdp.Problem.Discount;
        _options = options;
        _steps = new double[engine.Leaders];
        _steps.AsSpan().Fill(options.Step);
        _solves = new SampledSolve[engine.Instances];
        if (options.Kind is CriticKind.AverageReturns or CriticKind.TdLambda)
            _returns = new LambdaReturns(context, context.Sampler!.Buffer.Shape, _discount);
    }

    public override bool LearnsFromPast => _options.Kind == CriticKind.ExpectedSarsa;

    public override void Learn() => Learn(Context.Sampler!.Buffer);

    public override void LearnFromPast(RolloutBuffer samples) => Learn(samples);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _returns?.Dispose();
        base.Dispose(disposing);
    }

    private void Learn(RolloutBuffer samples)
    {
        for (int pass = 0; pass < _options.Passes; pass++)
        {
            Context.Mdp.Monitor.Check("the critic's passes", pass, _options.Passes);
            switch (_options.Kind)
            {
                case CriticKind.AverageReturns: AverageReturns(samples); break;
                case CriticKind.TdLambda when _options.TraceDecay > 0: LearnReturns(samples, _options.TraceDecay); break;
                case CriticKind.Lstd: Solve(samples); break;
                case CriticKind.ExpectedSarsa: LearnSteps(samples, Bootstrap.Expected); break;
                case CriticKind.Stackelberg: LearnSteps(samples, Bootstrap.Greedy); break;
                default: LearnSteps(samples, Bootstrap.Sampled); break;
            }
        }
    }

    private void LearnSteps(RolloutBuffer samples, Bootstrap bootstrap) =>
        Context.Mdp.Engine.LearnActionValues(samples, Context.Response.Policy, Q, new(_discount, bootstrap, _of), _steps);

    /// <summary>Q ← the mean of the returns that followed each visited pair.</summary>
    private void AverageReturns(RolloutBuffer samples)
    {
        Engine engine = Context.Mdp.Engine;
        DeviceArray returns = _returns!.Write(samples, Q, 1);
        engine.AverageVisits(samples, returns, VisitMean.Pair, returns);
        engine.Scatter(samples, returns, StepPlace.Pair, Q, mode: ScatterMode.Write);
    }

    /// <summary>Q towards the λ-returns of the table as it was, in the order of the samples.</summary>
    private void LearnReturns(RolloutBuffer samples, double decay) => Context.Mdp.Engine.Scatter(
        samples, _returns!.Write(samples, Q, decay), StepPlace.Pair, Q, mode: ScatterMode.Approach, steps: _steps);

    private void Solve(RolloutBuffer samples)
    {
        TemporalDifference target = new(_discount, Bootstrap.Expected, _of);
        Context.Mdp.Engine.SolveActionValues(
            samples, Context.Response.Policy, Q, target, _options.Tolerance, _options.MaxSweeps, _solves);
        for (int i = 0; i < _solves.Length; i++)
            if (!_solves[i].IsProven) Context.Mdp.Fail(i, Reason(_solves[i]), Failure(_solves[i], i));
    }

    private static Outcome Reason(in SampledSolve left) => double.IsFinite(left.Relative) ? Outcome.MaxSteps : Outcome.NotFinite;

    private string Failure(in SampledSolve left, int instance) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Context.Mdp.Problem.Name}: the {(_of == ValuesOf.Leader ? "leader" : "follower")}'s values of instance {instance}, fitted to " +
        $"its samples, have no proof: residual {left.Relative:E2} of their size after {left.Sweeps} sweeps, and by that an error of " +
        $"{left.Bound(_discount):E2} at the most; expected a residual of {_options.Tolerance:E2}");
}
