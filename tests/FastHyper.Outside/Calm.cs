using FastHyper.Hypergradients.Objectives;

namespace FastHyper.Outside;

/// <summary>What can be set of <see cref="Calm"/>.</summary>
[Options]
public sealed partial record CalmOptions
{
    /// <summary>What a unit of ½‖x‖² costs.</summary>
    [Range(Min = 0)]
    public double Weight { get; init => field = InRange.Of<CalmOptions>(value); } = 1;
}

/// <summary>An objective of a user: the entropy of the follower's policy, less a cost of large parameters.</summary>
public sealed class Calm(CalmOptions options) : CustomObjective("calm")
{
    /// <inheritdoc/>
    public override double Evaluate(
        ReadOnlySpan<double> x, int context, ReadOnlySpan<double> policy, Span<double> policyCotangent, Span<double> gradient)
    {
        double value = 0;
        for (int row = 0; row < policy.Length; row++)
        {
            value -= policy[row] * Math.Log(policy[row]);
            policyCotangent[row] = -Math.Log(policy[row]) - 1;
        }

        for (int p = 0; p < x.Length; p++)
        {
            value -= options.Weight * x[p] * x[p] / 2;
            gradient[p] = -options.Weight * x[p];
        }

        return value;
    }
}
