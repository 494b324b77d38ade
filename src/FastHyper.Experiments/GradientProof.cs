using System.Globalization;
using FastHyper.Followers;
using FastHyper.Followers.LinearSystems;
using FastHyper.Leaders;

namespace FastHyper.Experiments;

/// <summary>The proof of one linear solve behind a gradient.</summary>
/// <param name="Name">What was solved for.</param>
/// <param name="Certificate">The worst of the leader's instances.</param>
public readonly record struct NamedCertificate(string Name, LinearCertificate Certificate);

/// <summary>
/// The proofs of all solves behind a leader's gradient, and what its error is estimated at. Of several instances the worst counts.
/// </summary>
/// <param name="Follower">The follower's solve.</param>
/// <param name="Linear">The linear solves: values, visits and adjoint.</param>
/// <param name="ErrorEstimate">
/// An estimate of the gradient's relative error: the bounds of the linear solves, which are relative residuals times
/// ‖(I − γ P_π)⁻¹‖, and what the follower's residual δ and rounding of V do to the policy of a state, (δ + ε ‖V‖∞)/τ. Large where digits
/// are lost; seldom reached.
/// </param>
public sealed record GradientProof(Certificate Follower, IReadOnlyList<NamedCertificate> Linear, double ErrorEstimate)
{
    /// <summary>An estimate above which digits are lost that users may count on.</summary>
    public const double Telling = 1e-9;

    /// <summary>The largest relative residual of the linear solves; 0 where there are none.</summary>
    public double LargestResidual => Linear.Select(named => named.Certificate.Residual).DefaultIfEmpty(0).Max();

    /// <summary>What is proven, in one line.</summary>
    public override string ToString()
    {
        string linear = string.Concat(Linear.Select(named => string.Create(
            CultureInfo.InvariantCulture,
            $", {named.Name} {named.Certificate.Residual:E1}{(named.Certificate.Outcome == Outcome.AtRounding ? " (rounding)" : "")}")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"proven: follower to residual {Follower.Residual:E1} (|V - V*| <= {Follower.Bound:E1}){linear}"
                + $"{(ErrorEstimate > Telling ? $"; the gradient may be off by {ErrorEstimate:E1} of its norm" : "")}");
    }

    /// <summary>Writes the numbers as properties of a JSON object; what is infinite as null.</summary>
    public void Write(System.Text.Json.Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        WriteNumber("follower_residual", Follower.Residual);
        WriteNumber("follower_bound", Follower.Bound);
        WriteNumber("linear_residual", LargestResidual);
        WriteNumber("error_estimate", ErrorEstimate);

        void WriteNumber(string name, double value)
        {
            if (double.IsFinite(value)) writer.WriteNumber(name, value);
            else writer.WriteNull(name);
        }
    }

    /// <summary>The proof of the last estimate of one leader; what was approached without solving is to be certified before.</summary>
    /// <param name="leader">The leader loop.</param>
    /// <param name="index">Which of its leaders.</param>
    /// <param name="followers">Certificates of all instances' followers.</param>
    internal static GradientProof Of(Leader leader, int index, ReadOnlySpan<Certificate> followers)
    {
        int each = leader.Instances.Engine.Options.InstancesPerLeader, first = index * each, worst = first;
        double policy = 0;
        for (int i = first; i < first + each; i++)
        {
            if (followers[i].Bound > followers[worst].Bound) worst = i;
            policy = Math.Max(policy, leader.Follower.PolicyError(i, followers[i]));
        }

        NamedCertificate[] linear = [.. leader.Hypergradient.Solves.Select(
            solve => new NamedCertificate(solve.Name, Worst(solve.Solves.Certificates.Slice(first, each))))];
        return new GradientProof(followers[worst], linear, policy + linear.Sum(named => named.Certificate.Bound));
    }

    private static LinearCertificate Worst(ReadOnlySpan<LinearCertificate> each)
    {
        LinearCertificate worst = each[0];
        foreach (LinearCertificate certificate in each)
            if (certificate.Residual > worst.Residual) worst = certificate;
        return worst;
    }
}
