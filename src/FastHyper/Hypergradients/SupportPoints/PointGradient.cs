using FastHyper.Backends;
using FastHyper.Hypergradients.Critics;
using FastHyper.Problems.Continuous;
using FastHyper.Problems.Features;
using FastHyper.Rollouts;
using FastHyper.Rollouts.SupportPoints;

namespace FastHyper.Hypergradients.SupportPoints;

/// <summary>
/// The hypergradient of a problem of continuous states without a grid from rollouts of its response, instances on the host's threads: of
/// the model it takes the response, and what x does to a step.
/// </summary>
internal sealed class PointGradient : Hypergradient
{
    private readonly PointSamples[] _samples;
    private readonly Action<int> _estimate;
    private readonly double[] _direct;
    private readonly double[] _response;

    private PointGradient(EstimationContext context, PointSamples[] samples)
        : base(context)
    {
        _samples = samples;
        _estimate = instance => _samples[instance].Estimate();
        (_direct, _response) = (new double[Direct.Length], new double[Direct.Length]);
    }

    /// <summary>Binds an estimator; null where the problem is of another kind.</summary>
    /// <param name="context">What it looks at.</param>
    /// <param name="options">How it goes.</param>
    /// <exception cref="InvalidInputException">Samples cannot tell what is asked for.</exception>
    public static PointGradient? TryBind(EstimationContext context, PointOptions options)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Follower is not PointFollower follower || context.Rollouts is not ContinuousSampler sampler) return null;
        UngriddedInstances instances = (UngriddedInstances)context.Instances;
        string name = instances.Problem.Name;
        if (options.Critic.Kind is not (CriticKind.Sarsa or CriticKind.LstdQ) || options.Critic.Features is not null)
            throw new InvalidInputException(
                $"{options.Name}: critic of another kind on {name} without a grid; expected {Names.Kebab(nameof(CriticKind.LstdQ))}, over "
                    + $"" +
                    $"a family of features");
        if (options.Traces?.Transitions == TransitionTerm.Score)
            throw new InvalidInputException(
                $"{options.Name}: scores of transitions on {name}, whose density is not known; expected transitions = pathwise");
        PointFeatures features = Of(options.Features) ?? instances.Problem.Features, critic = Of(options.Critic.FeatureFamily) ?? features;
        return new PointGradient(
            context, [.. Enumerable.Range(0, instances.Engine.Instances).Select(
                i => new PointSamples(instances, follower, sampler.Buffers[i], features, critic, options, i))]);

        PointFeatures? Of(FeatureFamilyOptions? family) =>
            family is null || family.Kind == FeatureKind.Problem ? null : new PointFeatures(instances.Problem.Continuous, family);
    }

    protected override void EstimateParts()
    {
        Engine engine = Context.Instances.Engine;
        engine.OnHost(_samples.Length, _estimate);
        int each = engine.Options.InstancesPerLeader;
        for (int leader = 0; leader < engine.Leaders; leader++)
        {
            _direct.AsSpan().Clear();
            _response.AsSpan().Clear();
            for (int i = leader * each; i < (leader + 1) * each; i++)
            {
                if (_samples[i].Obstacle is string obstacle) Context.Instances.Fail(i, Outcome.Singular, obstacle);
                double weight = Context.Instances.Weights[i];
                for (int p = 0; p < _direct.Length; p++)
                {
                    _direct[p] += weight * _samples[i].Direct[p];
                    _response[p] += weight * _samples[i].Response[p];
                }
            }

            engine.Upload(Direct, leader, _direct);
            engine.Upload(Response, leader, _response);
        }
    }
}
