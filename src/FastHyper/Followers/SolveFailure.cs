using System.Globalization;
using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>What is said of solves that have no answer.</summary>
internal static class SolveFailure
{
    private const string Short = ", which float32 cannot tell from episodes that are too long for it";

    /// <summary>Of an instance that the follower has no response to.</summary>
    public static string Follower(Mdp mdp, SolveOptions options, SweepStatus status, int i) =>
        Finite(status, i) && status.Failed[i]
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{mdp.Problem.Name}: the follower's values of instance {i} still grow by {status.Change[i]:E2} a sweep after "
                + $"{status.Sweeps[i]}, and no slower: at discount 1 they have no bound where going on is worth more than "
                + $"ending{(mdp.Engine.Options.Precision == Precision.F32 ? Short : "")}")
        : Of(mdp, "the follower's response", i, status, string.Create(CultureInfo.InvariantCulture, $"{options.Tolerance:E2}"));

    /// <summary>Of an instance whose answer has no proof.</summary>
    public static string Follower(Mdp mdp, in Certificate found, int i) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{mdp.Problem.Name}: the follower's response of instance {i} has no proof: residual {found.Residual:E2}, and by that |V "
                + $"- V*| <= {found.Bound:E2}; the episodes of its policy are too long for {mdp.Engine.Options.Precision} at discount "
                + $"{mdp.Problem.Discount}");

    /// <summary>Of an instance whose linear system was not solved.</summary>
    public static string Linear(Mdp mdp, string what, in LinearCertificate reached, SweepStatus status, int i) =>
        double.IsFinite(reached.Residual)
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{mdp.Problem.Name}: {what} of instance {i} did not converge: residual {reached.Residual:E2} of its size after "
                + $"{status.Sweeps[i]} sweeps and {status.Products[i]} products; expected {reached.Tolerance:E2}")
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{mdp.Problem.Name}: {what} of instance {i} is not finite after {status.Sweeps[i]} sweeps; the rewards are beyond what "
                + $"{mdp.Engine.Options.Precision} can add up");

    /// <summary>Of an instance whose adjoint of a fit has no proof.</summary>
    public static string Fitted(Mdp mdp, in LinearCertificate reached, int i) => double.IsFinite(reached.Residual)
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{mdp.Problem.Name}: the adjoint of the fit of instance {i} has a residual of {reached.Residual:E2} of its size; "
                + $"expected {reached.Tolerance:E2}")
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{mdp.Problem.Name}: the adjoint of the fit of instance {i} has no solution: the matrix of its features is singular");

    /// <summary>Whether an instance has finite values, as far as its last sweep told.</summary>
    public static bool Finite(SweepStatus status, int i) => double.IsFinite(status.Change[i]) && double.IsFinite(status.Magnitude[i]);

    private static string Of(Mdp mdp, string what, int i, SweepStatus status, string expected) => Finite(status, i)
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{mdp.Problem.Name}: {what} of instance {i} did not converge: residual {status.Change[i]:E2} after {status.Sweeps[i]} "
                + $"sweeps and {status.Products[i]} products; expected {expected}")
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{mdp.Problem.Name}: {what} of instance {i} is not finite: residual {status.Change[i]} after {status.Sweeps[i]} sweeps; "
                + $"the rewards are beyond what {mdp.Engine.Options.Precision} can add up");
}
