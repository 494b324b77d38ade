namespace FastHyper.Backends;

/// <summary>What is averaged over the visits of rollouts before weights are traced forward.</summary>
public enum VisitAveraging
{
    /// <summary>Nothing: every visit keeps its weight u_k.</summary>
    None,

    /// <summary>u_k becomes ū(s_k,a_k), its mean over the visits of (s_k,a_k); equal to averaging what follows over them.</summary>
    Pairs,

    /// <summary>
    /// u_k becomes ū(s_k,a_k) − ū(s_k), ū(s) its mean over the visits of s; equal to averaging what follows over the visits
    /// of (s,a), less its mean over those of s.
    /// </summary>
    PairsCentredByState,

    /// <summary>
    /// As <see cref="PairsCentredByState"/>, and the baseline within u_k is an average over visits, too: the mean of q(s_k,a_k)
    /// over the visits of s_k stands in for Σ_b π q.
    /// </summary>
    AllCentredByState,
}
