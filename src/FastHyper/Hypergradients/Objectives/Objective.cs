using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Objectives;

/// <summary>What a leader maximises, F(x) = f(x, π_x): ready to be bound to a device.</summary>
public interface IObjective
{
    /// <summary>Name, as in reports.</summary>
    string Name { get; }

    /// <summary>Allocates what the objective keeps.</summary>
    /// <param name="context">What it looks at.</param>
    Objective Bind(EstimationContext context);
}

/// <summary>
/// An objective at work. It supplies its value and its derivatives at a fixed policy; how the policy follows x is not
/// its concern.
/// </summary>
public abstract class Objective : IDisposable
{
    /// <summary>∂f/∂π, (S, A) for each instance, up to a function of s: that changes nothing in a response.</summary>
    public abstract DeviceArray PolicyCotangent { get; }

    /// <summary>∂f in what x configures, at a fixed policy.</summary>
    public abstract Cotangents Direct { get; }

    /// <summary>Arrays that the next evaluation starts from, by name.</summary>
    public virtual IEnumerable<(string Name, DeviceArray Array)> State => [];

    /// <summary>The linear solves that an evaluation takes, by name; each keeps the proof of its last.</summary>
    public virtual IEnumerable<(string Name, ILinearProofs Solves)> Solves => [];

    /// <summary>Evaluates f at the present x and policy, and writes <see cref="PolicyCotangent"/> and <see cref="Direct"/>.</summary>
    /// <param name="values">f of each leader, contexts averaged, (leaders).</param>
    public abstract void Evaluate(Span<double> values);

    /// <summary>Adds the part of ∂f/∂x that does not run through the MDP, such as a penalty on x; none by default.</summary>
    /// <param name="gradient">(P) for each leader, accumulated.</param>
    public virtual void AddParameterGradient(DeviceArray gradient) { }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the objective's memory.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
