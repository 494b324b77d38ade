using FastHyper.Backends;
using FastHyper.Hypergradients.Estimators;

namespace FastHyper.Hypergradients.Critics;

/// <summary>
/// LSTD-Q: Q_L(s,a) = φ(s,a)·θ with (ΦᵀD(Φ − γ_L P̂ Ψ) + ρI) θ = ΦᵀD l over an iteration's samples (Lagoudakis and Parr, 2003). Nothing is
/// kept from one iteration to the next. O(samples + S·A·k² + k³).
/// </summary>
internal sealed class LinearCritic : Critic
{
    private readonly SampledFit _fit;
    private readonly RolloutBuffer _samples;
    private readonly DeviceArray _steps;
    private readonly DeviceArray _rewards;
    private readonly double[] _weights;

    public LinearCritic(EstimationContext context, FeatureRows features, double ridge)
        : base(context)
    {
        _samples = context.Sampler!.Buffer;
        _fit = new SampledFit(context.Mdp, _samples, features, ridge);
        _steps = context.Mdp.Engine.AllocateSteps(_samples.Shape);
        _rewards = context.Mdp.Engine.Allocate(ArrayKind.StateAction);
        _weights = new double[context.Mdp.Engine.Instances * features.Count];
    }

    public override void Learn()
    {
        Engine engine = Context.Mdp.Engine;
        _fit.Write(Context.Response.Policy, Context.Mdp.Problem.LeaderDiscount);
        engine.Fill(_rewards, 0);
        engine.Scale(_samples, null, _steps, _fit.Share);
        engine.Gather(_samples, Context.Mdp.LeaderReward, StepPlace.Pair, StepOperation.Multiply, _steps);
        engine.Scatter(_samples, _steps, StepPlace.Pair, _rewards);
        engine.FeatureSums(_fit.Features, _rewards, weighted: false, _weights);
        _fit.Solve(_weights, transposed: false, "the critic");
        engine.FeatureValues(_fit.Features, _weights, weighted: false, Q);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        _fit.Dispose();
        _steps.Dispose();
        _rewards.Dispose();
    }
}
