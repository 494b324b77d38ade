using FastHyper.Backends;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Hypergradients.Critics;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.LinearQuadratic;

/// <summary>
/// The hypergradient of a problem with closed forms from rollouts of its response, leaders on the host's threads: of the model it takes the
/// response, and what x does to a step.
/// </summary>
internal sealed class QuadraticGradient : Hypergradient
{
    private readonly QuadraticSamples[] _samples;
    private readonly Action<int> _estimate;

    private QuadraticGradient(EstimationContext context, QuadraticSamples[] samples)
        : base(context)
    {
        _samples = samples;
        _estimate = leader => _samples[leader].Estimate();
    }

    /// <summary>Binds an estimator; null where the problem is of another kind.</summary>
    /// <param name="context">What it looks at.</param>
    /// <param name="options">How it goes.</param>
    public static QuadraticGradient? TryBind(EstimationContext context, QuadraticOptions options)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Follower is not ClosedFormFollower follower || context.Rollouts is not ContinuousSampler sampler) return null;
        ClosedFormInstances instances = (ClosedFormInstances)context.Instances;
        string name = instances.Problem.Name;
        if (options.Critic is not (CriticKind.Sarsa or CriticKind.LstdQ))
            throw new InvalidInputException(
                $"{options.Name}: critic of another kind on {name}; expected {Names.Kebab(nameof(CriticKind.LstdQ))}: values there are " +
                    $"quadratic, and fitted as such");
        if (instances.Problem is LinearQuadraticGameProblem)
        {
            if (options.Response == QuadraticResponse.Traces)
                throw new InvalidInputException($"{options.Name}: on {name} the leader has no critic; expected fitted, naive or exact");
            if (options.ExpectedStarts)
                throw new InvalidInputException(
                    $"{options.Name}: starts expected on {name}; expected sampled ones: no critic holds " +
                    $"values of a goal");
        }

        return new QuadraticGradient(context, [.. Enumerable.Range(0, instances.Engine.Leaders).Select(Create)]);

        // One context: an instance is a leader.
        QuadraticSamples Create(int leader) => follower.Form(leader) switch
        {
            LinearQuadraticGradient form => new QuadraticRegulatorSamples(instances, follower, form, sampler.Buffers[leader], options,
                leader),
            LinearQuadraticGameGradient form => new QuadraticGameSamples(instances, follower, form, sampler.Buffers[leader], options,
                leader),
            _ => throw new ArgumentException($"{instances.Problem.Name}: no rollouts", nameof(context)),
        };
    }

    protected override void EstimateParts()
    {
        Engine engine = Context.Instances.Engine;
        engine.OnHost(_samples.Length, _estimate);
        for (int leader = 0; leader < _samples.Length; leader++)
        {
            if (_samples[leader].Obstacle is string obstacle) Context.Instances.Fail(leader, Outcome.Singular, obstacle);
            engine.Upload(Direct, leader, _samples[leader].Direct);
            engine.Upload(Response, leader, _samples[leader].Response);
        }
    }
}
