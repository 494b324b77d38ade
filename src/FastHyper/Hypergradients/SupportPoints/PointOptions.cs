using FastHyper.Hypergradients.Critics;
using FastHyper.Problems.Features;

namespace FastHyper.Hypergradients.SupportPoints;

/// <summary>Which part through the response.</summary>
internal enum PointTerm
{
    /// <summary>None of it.</summary>
    None,

    /// <summary>The adjoint of the fit over the samples.</summary>
    Fitted,

    /// <summary>Advantages along the samples.</summary>
    Traces,

    /// <summary>Advantages as a regression on features, along the samples: with one feature for each pair, means over visits.</summary>
    RegressedTraces,
}

/// <summary>How the gradient of a problem of continuous states without a grid is estimated from rollouts.</summary>
/// <param name="Name">The estimator's name.</param>
/// <param name="Term">Which part through the response.</param>
/// <param name="Critic">The leader's critic: that of tables, by default, is one by LSTD-Q here.</param>
/// <param name="Features">φ; the follower's own by default.</param>
/// <param name="Ridge">ρ of the fits.</param>
/// <param name="Traces">How traces go.</param>
internal sealed record PointOptions(
    string Name, PointTerm Term, CriticOptions Critic, FeatureFamilyOptions? Features = null, double Ridge = 1e-6,
    ContinuousTraces? Traces = null);
