using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients;

/// <summary>A way to estimate the hypergradient dF/dx: a name with options, ready to be bound to a device.</summary>
public interface IHypergradientEstimator
{
    /// <summary>Name, as on the command line.</summary>
    string Name { get; }

    /// <summary>Samples that it needs in each iteration; null where it uses the model.</summary>
    SamplingOptions? Sampling { get; }

    /// <summary>Whether it draws all samples itself, so that nobody else needs to roll the response out; not by default.</summary>
    bool SamplesItself => false;

    /// <summary>Environment steps that an estimate is made of, in each context; 0 where it uses the model.</summary>
    long EnvironmentSteps => Sampling?.Steps ?? 0;

    /// <summary>What the gradient is of; the discounted return where null.</summary>
    IObjective? Objective => null;

    /// <summary>Whether it knows the gradient through the policy of a leader who acts, in a Markov game.</summary>
    bool PlaysGames => false;

    /// <summary>Allocates what the estimator keeps.</summary>
    /// <param name="context">What it looks at.</param>
    Hypergradient Bind(EstimationContext context);
}

/// <summary>
/// An estimator at work: dF/dx = <see cref="Direct"/> + <see cref="Response"/>, the objective's own dependence on x and
/// the part through the follower's response.
/// </summary>
public abstract class Hypergradient : IDisposable
{
    /// <summary>Allocates both parts.</summary>
    /// <param name="context">What the estimator looks at.</param>
    protected Hypergradient(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Context = context;
        Direct = context.Instances.Engine.Allocate(ArrayKind.Parameter, context.Instances.Problem.ParameterCount);
        Response = context.Instances.Engine.Allocate(ArrayKind.Parameter, context.Instances.Problem.ParameterCount);
    }

    /// <summary>∂F/∂x at a fixed policy, (P) for each leader.</summary>
    public DeviceArray Direct { get; }

    /// <summary>The part of dF/dx through the follower's response, (P) for each leader.</summary>
    public DeviceArray Response { get; }

    /// <summary>Arrays that outlast an iteration and so belong into a checkpoint, by name.</summary>
    public virtual IEnumerable<(string Name, DeviceArray Array)> State => [];

    /// <summary>The linear solves behind the last estimate, by name; each keeps its proof.</summary>
    public virtual IEnumerable<(string Name, ILinearProofs Solves)> Solves => [];

    /// <summary>What the estimator looks at.</summary>
    protected EstimationContext Context { get; }

    /// <summary>Measures what the last estimate approached without solving, so that <see cref="Solves"/> tell of it, too.</summary>
    public virtual void Certify() { }

    /// <summary>Writes <see cref="Direct"/> and <see cref="Response"/> for the present x and response.</summary>
    public void Estimate()
    {
        Context.Instances.Engine.Fill(Direct, 0);
        Context.Instances.Engine.Fill(Response, 0);
        EstimateParts();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Accumulates both parts, which are zero.</summary>
    protected abstract void EstimateParts();

    /// <summary>Frees the estimator's memory.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        Direct.Dispose();
        Response.Dispose();
    }
}
