namespace FastHyper.Followers.LinearSystems;

/// <summary>Whoever solves linear systems, and proves what it came to.</summary>
public interface ILinearProofs
{
    /// <summary>The proof of the last solve, for each instance.</summary>
    ReadOnlySpan<LinearCertificate> Certificates { get; }
}
