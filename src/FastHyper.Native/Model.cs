using FastHyper.Problems;

namespace FastHyper.Native;

/// <summary>A problem, <c>fh_problem</c>.</summary>
/// <param name="Problem">The problem.</param>
/// <param name="StartingAt">The same with another x that leaders start from; null where x cannot be given.</param>
internal sealed record Model(FiniteProblem Problem, Func<double[], FiniteProblem>? StartingAt)
{
    /// <summary>The problem at an x, or as it is where that is absent.</summary>
    /// <exception cref="InvalidInputException">It has another number of parameters, or takes no x.</exception>
    public FiniteProblem At(in StridedArray x)
    {
        if (x.IsAbsent) return Problem;
        x.Require("x");
        if (x.Count != Problem.ParameterCount)
            throw new InvalidInputException($"x: shape {x.Shown()}; expected {Problem.ParameterCount} parameters, as {Problem.Name} has");
        return StartingAt?.Invoke(x.ToDoubles())
            ?? throw new InvalidInputException($"x: {Problem.Name} sets its own; expected none, or a problem of arrays or of a file");
    }
}
