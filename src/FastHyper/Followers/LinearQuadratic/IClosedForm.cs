using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>The response, the leader's return and its gradient of one instance, as functions of x.</summary>
internal interface IClosedForm
{
    /// <summary>τ.</summary>
    double Temperature { set; }

    /// <summary>The proof of the last response.</summary>
    RiccatiCertificate Certificate { get; }

    /// <summary>The leader's return without discount; not a number over an infinite horizon.</summary>
    double UndiscountedReturn { get; }

    /// <summary>Entropy of the last response in each state, in nats.</summary>
    double Entropy { get; }

    /// <summary>The closed form of a problem.</summary>
    /// <param name="problem">The problem.</param>
    static IClosedForm Of(ClosedFormProblem problem) => problem switch
    {
        LinearQuadraticProblem single => new LinearQuadraticGradient(single),
        LinearQuadraticGameProblem game => new LinearQuadraticGameGradient(game),
        _ => throw new ArgumentException($"{problem.Name}: no closed form", nameof(problem)),
    };

    /// <summary>Writes the dynamics under the last response, for rollouts.</summary>
    /// <param name="system">Written.</param>
    void Describe(LinearQuadraticSystem system);

    /// <summary>J(x), and the response to it.</summary>
    /// <param name="x">(P).</param>
    /// <returns>NaN where there is none; <see cref="Certificate"/> says why.</returns>
    double Evaluate(ReadOnlySpan<double> x);

    /// <summary>Both parts of ∇J at the x that was evaluated last.</summary>
    /// <param name="x">(P), as evaluated.</param>
    /// <param name="direct">∂J/∂x at a fixed policy, (P), written.</param>
    /// <param name="response">The part through the response, (P), written.</param>
    void Differentiate(ReadOnlySpan<double> x, Span<double> direct, Span<double> response);
}
