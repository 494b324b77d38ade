using FastHyper.Problems.Continuous;
using FastHyper.Rollouts;
using FastHyper.Rollouts.SupportPoints;

namespace FastHyper.Hypergradients.SupportPoints;

/// <summary>Features of rollouts' states and next states, and the response there.</summary>
/// <param name="features">f.</param>
/// <param name="count">Samples N.</param>
internal sealed class PointTables(PointFeatures features, int count)
{
    private readonly double[] _values = new double[count];

    /// <summary>f.</summary>
    public PointFeatures Features => features;

    /// <summary>f(s).</summary>
    public PointRows Rows { get; } = new(features, count);

    /// <summary>f(s').</summary>
    public PointRows Next { get; } = new(features, count);

    /// <summary>π at s, (N, A).</summary>
    public double[] Policy { get; } = new double[count * features.Actions];

    /// <summary>π at s', (N, A).</summary>
    public double[] NextPolicy { get; } = new double[count * features.Actions];

    /// <summary>Zeros, (N).</summary>
    public int[] NoActions { get; } = new int[count];

    /// <summary>Whether the features are those of the samples.</summary>
    public bool IsWritten { get; set; }

    /// <summary>Writes the features, unless they are there.</summary>
    public void Write(ContinuousBuffer buffer)
    {
        if (IsWritten) return;
        Rows.Write(buffer.States);
        Next.Write(buffer.Next);
        IsWritten = true;
    }

    /// <summary>Writes the policies of a response.</summary>
    public void Respond(ReadOnlySpan<double> weights, double temperature)
    {
        Rows.Respond(weights, temperature, Policy, _values);
        Next.Respond(weights, temperature, NextPolicy, _values);
    }
}
