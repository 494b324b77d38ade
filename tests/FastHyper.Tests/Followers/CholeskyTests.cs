using CommunityToolkit.HighPerformance;
using FastHyper.Followers.LinearFeatures;

namespace FastHyper.Tests.Followers;

public class CholeskyTests
{
    [Fact]
    public void SolvesPositiveDefiniteSystems()
    {
        double[] matrix = [4, 2, 0, 9, 2, 5, 1, 9, 0, 1, 3, 9], vector = [8, 15, 11];
        Assert.True(Cholesky.Solve(new Span2D<double>(matrix, 0, 3, 3, 1), vector));
        double[] expected = [1, 2, 3];
        for (int i = 0; i < 3; i++) Assert.Equal(expected[i], vector[i], 1e-14);
    }

    [Theory]
    [InlineData(1, 2, 1)]
    [InlineData(0, 0, 1)]
    [InlineData(double.NaN, 0, 1)]
    [InlineData(double.PositiveInfinity, 0, 1)]
    public void RefusesOthers(double a, double b, double c) => Assert.False(Cholesky.Solve(new Span2D<double>([a, b, b, c], 2, 2), [1, 1]));
}
