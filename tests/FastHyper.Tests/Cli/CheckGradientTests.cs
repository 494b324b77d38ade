namespace FastHyper.Tests.Cli;

[Collection(Host.Alone)]
public class CheckGradientTests
{
    public static TheoryData<string, string[]> Problems => new()
    {
        { "four-rooms", [] },
        { "four-rooms", ["incentive=sigmoid"] },
        { "four-rooms", ["incentive=sigmoid", "incentive_range=[-0.3, 0.2]"] },
        { "four-rooms", ["goals=[[1, 9], [11, 11]]"] },
        { "four-rooms", ["doors_closed=[0.3,0,0.5,0]", "gamma=0.9", "temperature=0.05"] },
        { "four-rooms", ["slip=0"] },
        { "four-rooms", ["temperature=0.001"] },
        { "four-rooms", ["temperature=0.05"] },
        { "four-rooms", ["gamma_leader=0.9"] },
        { "random", [] },
        { "random-mdp", [] },
        { "frozen-lake", [] },
        { "cliff-walking", [] },
        { "taxi", [] },
        { "preference", [] },
        { "warehouse", [] },
        { Golden.Problem("random-30x4"), [] },
    };

    [Theory]
    [MemberData(nameof(Problems))]
    public void TheExactGradientIsThatOfTheObjective(string problem, string[] settings)
    {
        CliResult result = Host.Run(
            ["check-gradient", problem, "--parameters", "3", .. settings.SelectMany(s => new[] { "--set", "four_rooms." + s })]);
        Assert.Equal((0, ""), (result.ExitCode, result.Complaints));
        Assert.Contains(": passed; 3 of ", result.Output);
    }

    [Theory]
    [InlineData("building-thermal", 8)]
    [InlineData("bilevel-lqr", 2)]
    public void ContinuousStatesAreCheckedLikeOthers(string problem, int parameters)
    {
        CliResult result = Host.Run("check-gradient", problem, "--seed", "5");
        Assert.Equal((0, ""), (result.ExitCode, result.Complaints));
        Assert.Contains($": passed; {parameters} of {parameters}", result.Output);
    }

    [Fact]
    public void APendulumIsCheckedOverItsGrid()
    {
        CliResult result = Host.Run("check-gradient", "pendulum", "--set", "pendulum.grid.points=[11, 11]", "--x", "0.3,-0.2,0.1,0.4,0.2");
        Assert.Equal((0, ""), (result.ExitCode, result.Complaints));
        Assert.Contains(": passed; 5 of 5", result.Output);
    }

    [Fact]
    public void StepsOfContinuousStatesAreCheckedWithTheSameDraws()
    {
        CliResult grid = Host.Run("check-gradient", "pendulum", "--set", "pendulum.grid.points=[11, 11]");
        Assert.Contains("pendulum: steps with the same draws: passed; 5 parameters", grid.Output);
        CliResult free = Host.Run("check-gradient", "guided-cart-pole", "--x", "0.1,0.2,-0.3,0.4,1,0,0.2,-0.5,0.3");
        Assert.Equal((0, ""), (free.ExitCode, free.Complaints));
        Assert.StartsWith("guided-cart-pole: steps with the same draws: passed; 9 parameters", free.Output);
    }

    [Fact]
    public void TransitionsThatTaxesMoveAreDifferentiatedToo()
    {
        CliResult result = Host.Run("check-gradient", "tax-design", "--set", "tax_design.points=61");
        Assert.Equal((0, ""), (result.ExitCode, result.Complaints));
        Assert.Contains(": passed; 4 of 4", result.Output);
    }

    [Fact]
    public void DifferencesOfAbsurdStepAreTakenAgainBySmallerOnes()
    {
        CliResult result = Host.Run("check-gradient", "random", "--parameters", "3", "--step", "3");
        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("FAILED", result.Output);
    }

    [Theory]
    [InlineData("--step", "0", "step: 0; expected")]
    [InlineData("--step", "-1", "step: -1; expected")]
    [InlineData("--parameters", "0", "parameters: 0; expected")]
    [InlineData("--step", "Infinity", "step: Infinity; expected a finite number above 0")]
    [InlineData("--set", "random.states=0", "random.states: value 0 (override random.states=0), expected an integer of at least 1")]
    [InlineData("--set", "estimator.name=naive", "estimator.name: not read by check-gradient (override estimator.name=naive)")]
    [InlineData("--set", "random.stats=5", "random.stats: unknown key")]
    public void RefusesOptionsByName(string option, string value, string expected) =>
        Assert.Contains(expected, Host.Refusal("check-gradient", "random", option, value));
}
