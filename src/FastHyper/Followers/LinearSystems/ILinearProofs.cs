namespace FastHyper.Followers.LinearSystems;

/// <summary>What solves linear systems and proves each solution.</summary>
public interface ILinearProofs
{
    /// <summary>The proof of the last solve, for each instance.</summary>
    ReadOnlySpan<LinearCertificate> Certificates { get; }
}
