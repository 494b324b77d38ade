using System.Globalization;
using FastHyper.Backends;

namespace FastHyper.Hypergradients;

/// <summary>A table that learns from samples.</summary>
internal sealed class TabularCritic : Critic
{
    private readonly CriticOptions _options;
    private readonly ValuesOf _of;
    private readonly double _discount;
    private readonly double[] _steps;
    private readonly SampledSolve[] _solves;
    private readonly DeviceArray? _returns;
    private readonly DeviceArray? _values;

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
        if (options.Kind is not (CriticKind.AverageReturns or CriticKind.TdLambda)) return;
        _returns = engine.AllocateSteps(context.Sampler!.Buffer.Shape);
        _values = engine.AllocateSteps(context.Sampler.Buffer.Shape);
    }

    public override bool LearnsFromPast => _options.Kind == CriticKind.ExpectedSarsa;

    public override void Learn() => Learn(Context.Sampler!.Buffer);

    public override void LearnFromPast(RolloutBuffer samples) => Learn(samples);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _returns?.Dispose();
            _values?.Dispose();
        }

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
        WriteReturns(samples, 1);
        engine.AverageVisits(samples, _returns!, VisitMean.Pair, _returns!);
        engine.Scatter(samples, _returns!, StepPlace.Pair, Q, mode: ScatterMode.Write);
    }

    /// <summary>Q towards the λ-returns of the table as it was, in the order of the samples.</summary>
    private void LearnReturns(RolloutBuffer samples, double decay)
    {
        WriteReturns(samples, decay);
        Context.Mdp.Engine.Scatter(samples, _returns!, StepPlace.Pair, Q, mode: ScatterMode.Approach, steps: _steps);
    }

    /// <summary>
    /// G_k = l_k + γ ((1−λ) V(s_{k+1}) + λ G_{k+1}), V = Σ_b π Q; l_k + γ V(s_{k+1}) where an episode is cut, and l_k where it ends.
    /// </summary>
    private void WriteReturns(RolloutBuffer samples, double decay)
    {
        Engine engine = Context.Mdp.Engine;
        StepPlace looked = decay == 1 ? StepPlace.Cut : StepPlace.Next;
        engine.GatherValues(samples, Context.Response.Policy, Q, looked, StepOperation.Write, _values!);
        Recursion recursion = new(_discount) { Decay = decay, Backwards = true };
        engine.Scan(samples, samples.LeaderReward, recursion, _returns!, values: _values);
    }

    private void Solve(RolloutBuffer samples)
    {
        TemporalDifference target = new(_discount, Bootstrap.Expected, _of);
        Context.Mdp.Engine.SolveActionValues(
            samples, Context.Response.Policy, Q, target, _options.Tolerance, _options.MaximalSweeps, _solves);
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
