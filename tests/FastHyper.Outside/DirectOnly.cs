using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Rollouts;

namespace FastHyper.Outside;

/// <summary>An estimator of a user: the gradient of the return as if the follower stood still, with the model.</summary>
[Options]
public sealed partial record DirectOnly : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "direct-only";

    /// <inheritdoc/>
    public SamplingOptions? Sampling => null;

    /// <summary>Relative tolerance of the linear solves.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double LinearTolerance { get; init => field = InRange.Of<DirectOnly>(value); } = 1e-14;

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context) => new Part(context, new DiscountedReturnObjective(LinearTolerance).Bind(context));

    private sealed class Part(EstimationContext context, Objective objective) : Hypergradient(context)
    {
        private readonly double[] _values = new double[context.Mdp.Engine.Leaders];

        public override IEnumerable<(string Name, Backends.DeviceArray Array)> State => objective.State;

        protected override void EstimateParts()
        {
            objective.Evaluate(_values);
            Context.Mdp.Pullback(objective.Direct, Direct);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing) objective.Dispose();
        }
    }
}
