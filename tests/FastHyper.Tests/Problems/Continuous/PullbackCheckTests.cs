using FastHyper.Rollouts;

namespace FastHyper.Tests.Problems.Continuous;

/// <summary>What the check of pullbacks finds.</summary>
public class PullbackCheckTests
{
    [Theory, InlineData(1), InlineData(3)]
    public void ARightPullbackPasses(int dimensions)
    {
        PullbackCheck check = PullbackCheck.Of(new Drifting(dimensions), at: [0.3, -0.2, 0.5])!;
        Assert.True(check.Passed, $"{check}");
        Assert.Equal(3, check.Checked);
    }

    /// <summary>A part of the pullback that is wrong is named with the output that it belongs to.</summary>
    [Theory, InlineData(0, "follower reward", 2), InlineData(1, "leader reward", 2), InlineData(2, "next state's dimension 0", 1),
        InlineData(3, "next state's dimension 1", 1)]
    public void AWrongOneIsFoundAndNamed(int wrong, string output, int parameter)
    {
        PullbackCheck check = PullbackCheck.Of(new Drifting(2) { WrongPart = wrong }, at: [0.3, -0.2, 0.5])!;
        Assert.False(check.Passed);
        Assert.Equal((output, parameter), (check.WorstOutput, check.WorstParameter));
        Assert.Contains($"FAILED; 3 parameters", $"{check}");
        Assert.Contains($"worst in the {output} at x[{parameter}]", $"{check}");
    }
}
