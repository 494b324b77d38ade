using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;

namespace FastHyper.Tests.Followers;

public class DenseSystemTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(15)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(130)]
    [InlineData(581)]
    public void SolvesAndTransposes(int order)
    {
        double[] a = [.. Enumerable.Range(0, order * order).Select(k => Draw(k) + (k % (order + 1) == 0 ? 1e-3 : 0))],
            x = [.. Enumerable.Range(0, order).Select(k => Draw(k + 7))];
        DenseSystem system = new(order);
        Assert.Equal(-1, system.Factorise(a, 0.25));
        for (int k = 0; k < order; k++) a[(k * order) + k] += 0.25;
        double[] b = new double[order], c = new double[order];
        for (int i = 0; i < order; i++)
        {
            for (int j = 0; j < order; j++)
            {
                b[i] += a[(i * order) + j] * x[j];
                c[j] += a[(i * order) + j] * x[i];
            }
        }

        system.Solve(b);
        system.SolveTransposed(c);
        double norm = system.InverseNorm();
        Assert.All(b.Zip(x), pair => Assert.Equal(pair.Second, pair.First, 1e-12 * norm * order));
        Assert.All(c.Zip(x), pair => Assert.Equal(pair.Second, pair.First, 1e-12 * norm * order));
    }

    [Fact]
    public void TheNormOfTheInverseIsFound()
    {
        DenseSystem system = new(3);
        Assert.Equal(-1, system.Factorise([2, 0, 0, 0, 0.5, 0, 0, 0, 4], 0));
        Assert.Equal(2, system.InverseNorm(), 12);
    }

    [Theory]
    [InlineData(5, 2)]
    [InlineData(150, 149)]
    public void AColumnThatFollowsFromOthersIsNamed(int order, int column)
    {
        double[] a = [.. Enumerable.Range(0, order * order).Select(Draw)];
        for (int i = 0; i < order; i++) a[(i * order) + column] = a[i * order] + a[(i * order) + 1];
        Assert.Equal(column, new DenseSystem(order).Factorise(a, 0));
        a[3] = double.NaN;
        Assert.NotEqual(-1, new DenseSystem(order).Factorise(a, 0));
    }

    private static double Draw(int k) => Philox.Uniforms((uint)k, Philox.Purpose.Problem, 1, 1, 4).First - 0.5;
}
