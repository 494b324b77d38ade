using System.Globalization;

namespace FastHyper.Problems.Continuous;

/// <summary>Starts and steps of a problem of one's own, with a look at what they wrote.</summary>
internal static class CheckedSteps
{
    /// <summary>Writes starts.</summary>
    /// <exception cref="InvalidInputException">One is not in the box.</exception>
    public static void Start(ContinuousProblem problem, SampleSpans uniforms, SampleSpans states)
    {
        ContinuousShape shape = problem.Shape;
        for (int d = 0; d < shape.Dimensions; d++) states[d].Fill(double.NaN);
        problem.Start(uniforms, states);
        for (int d = 0; d < shape.Dimensions; d++)
            foreach (double at in states[d])
                if (!(at >= shape.Low[d] && at <= shape.High[d]))
                    throw new InvalidInputException(
                        $"{problem.Name}: Start wrote {at} in dimension {d}; expected a state in the box, [{shape.Low[d]}, " +
                            $"{shape.High[d]}]");
    }

    /// <summary>Does a step of many samples.</summary>
    /// <exception cref="InvalidInputException">What it wrote is not finite, or was left unwritten.</exception>
    public static void Step(ContinuousProblem problem, ReadOnlySpan<double> settings, StepSpans steps)
    {
        steps.Ends.Clear();
        // What is left unwritten is found below.
        steps.Reward.Fill(double.NaN);
        steps.LeaderReward.Fill(double.NaN);
        for (int d = 0; d < problem.Shape.Dimensions; d++) steps.Next[d].Fill(double.NaN);
        problem.Step(settings, steps);
        Require(problem, steps, "follower reward", steps.Reward);
        Require(problem, steps, "leader reward", steps.LeaderReward);
        for (int d = 0; d < problem.Shape.Dimensions; d++) Require(problem, steps, $"next state's dimension {d}", steps.Next[d]);
    }

    private static void Require(ContinuousProblem problem, StepSpans steps, string what, ReadOnlySpan<double> values)
    {
        for (int s = 0; s < values.Length; s++)
        {
            if (double.IsFinite(values[s])) continue;
            string[] at = new string[problem.Shape.Dimensions];
            for (int d = 0; d < at.Length; d++) at[d] = steps.States[d][s].ToString("G6", CultureInfo.InvariantCulture);
            throw new InvalidInputException(
                $"{problem.Name}: Step wrote {values[s]} as {what}, from state ({string.Join(", ", at)}) by action {steps.Actions[s]}; " +
                    $"expected a finite number");
        }
    }
}
