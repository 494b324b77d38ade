using FastHyper.Followers.LinearQuadratic;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Tests.Support;
using static FastHyper.Tests.Followers.LinearQuadratic.SlowLinearQuadratic;

namespace FastHyper.Tests.Followers.LinearQuadratic;

public class LinearQuadraticGameTests
{
    private const double Discount = 0.9;
    private const double LeaderDiscount = 0.95;
    private const double Temperature = 0.3;

    public static TheoryData<int, int, int, int> Shapes =>
        new() { { 1, 1, 1, 5 }, { 2, 1, 1, 100 }, { 3, 2, 2, 12 }, { 4, 1, 3, 1 }, { 2, 3, 1, 7 } };

    /// <summary>
    /// Against the same game over states z = (s, a), of which the follower sees all: z' = (A s + B u + C a + w, L s' + noise).
    /// </summary>
    [Theory, MemberData(nameof(Shapes))]
    public void ReturnsAreThoseOfTheGameOverStatesAndLeaderActions(int states, int actions, int leaderActions, int horizon)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            LinearQuadraticGameArrays game = Draw(new Random(seed), states, actions, leaderActions);
            LinearQuadraticGameReturn solution = new(Shape(states, actions, horizon), leaderActions);
            Assert.True(solution.Evaluate(game));
            Close.Within(1e-11, [Slow(game, horizon)], [solution.Return], $"return of seed {seed}");
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void GradientsAreThoseOfDifferences(int states, int actions, int leaderActions, int horizon)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            Random random = new(seed);
            LinearQuadraticGameArrays game = Draw(random, states, actions, leaderActions),
                along = Draw(random, states, actions, leaderActions);
            LinearQuadraticGameArrays moved = Draw(random, states, actions, leaderActions), bars = new(states, actions, leaderActions);
            LinearQuadraticGameReturn solution = new(Shape(states, actions, horizon), leaderActions);
            solution.Evaluate(game);
            solution.Differentiate(game, bars);
            double[] gradient = [.. Moved(bars).Zip(Moved(along), (bar, direction) => Trace(bar, Transposed(direction)))];
            double[] differences = Differences.Of(Return, new double[gradient.Length], 1e-4);
            Close.Within(1e-7, differences, gradient, $"seed {seed}");

            double Return(double[] x)
            {
                (double[][,] to, double[][,] from, double[][,] direction) = ([.. All(moved)], [.. All(game)], [.. Moved(along)]);
                for (int k = 0; k < to.Length; k++)
                    Array.Copy(k < x.Length ? Plus(from[k], Scaled(x[k], direction[k])) : from[k], to[k], to[k].Length);
                game.StartMean.CopyTo(moved.StartMean, 0);
                game.Goal.CopyTo(moved.Goal, 0);
                Assert.True(solution.Evaluate(moved));
                return solution.Return;
            }
        }
    }

    [Fact]
    public void NothingIsAllocatedByAnEvaluationAndItsGradient()
    {
        LinearQuadraticGameArrays game = Draw(new Random(1), 3, 2, 1), bars = new(3, 2, 1);
        LinearQuadraticGameReturn solution = new(Shape(3, 2, 20), 1);
        Evaluate();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Evaluate();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Evaluate()
        {
            solution.Evaluate(game);
            solution.Differentiate(game, bars);
        }
    }

    [Fact]
    public void AGameWithoutHorizonIsRefused() =>
        Assert.Equal(
            "linear-quadratic game: no horizon; expected one",
            Assert.Throws<InvalidInputException>(
                () => new LinearQuadraticGameReturn(new LinearQuadraticShape(1, 1, 0.9, 0.9, 1, null), 1)).Message);

    private static LinearQuadraticShape Shape(int states, int actions, int horizon) =>
        new(states, actions, Discount, LeaderDiscount, Temperature, horizon);

    private static double Slow(LinearQuadraticGameArrays g, int horizon)
    {
        int n = g.Q.GetLength(0);
        double[,] identity = new double[n, n];
        for (int i = 0; i < n; i++) identity[i, i] = 1;
        double[,] lift = Stack(identity, g.Gain);
        double[,] drift = Times(1, lift, Beside(g.A, g.C)), control = Times(1, lift, g.B);
        double[,] cost = new double[lift.GetLength(0), lift.GetLength(0)], noise = Times(1, lift, Times(1, g.W, Transposed(lift)));
        double[,] covariance = Times(1, lift, Times(1, g.StartCovariance, Transposed(lift)));
        double[,] mean = new double[n, 1];
        for (int i = 0; i < n; i++)
        {
            mean[i, 0] = g.StartMean[i];
            for (int j = 0; j < n; j++) cost[i, j] = g.Q[i, j];
        }

        for (int i = 0; i < g.LeaderNoise.GetLength(0); i++)
        {
            for (int j = 0; j < g.LeaderNoise.GetLength(0); j++)
            {
                noise[n + i, n + j] += g.LeaderNoise[i, j];
                covariance[n + i, n + j] += g.LeaderNoise[i, j];
            }
        }

        mean = Times(1, lift, mean);
        (_, double[,] gain, double[,] spread) = Response(drift, control, cost, g.R, Discount, Temperature, 600);
        double[,] loop = Plus(drift, Times(-1, control, gain));
        noise = Plus(noise, Times(1, control, Times(1, spread, Transposed(control))));
        double total = 0;
        for (int t = 0; t < horizon; t++)
        {
            double[,] wide = Plus(Corner(covariance, n), g.Width), away = Rows(mean, n);
            for (int i = 0; i < n; i++) away[i, 0] -= g.Goal[i];
            double form = Times(1, Transposed(away), Times(1, Inverse(wide), away))[0, 0];
            total += Math.Pow(LeaderDiscount, t) * Math.Sqrt(Determinant(g.Width) / Determinant(wide)) * Math.Exp(-form / 2);
            mean = Times(1, loop, mean);
            covariance = Plus(Times(1, loop, Times(1, covariance, Transposed(loop))), noise);
        }

        return total;
    }

    private static IEnumerable<double[,]> Moved(LinearQuadraticGameArrays g) => [g.A, g.B, g.C, g.Q, g.R, g.Gain];

    private static IEnumerable<double[,]> All(LinearQuadraticGameArrays g) => [.. Moved(g), g.LeaderNoise, g.W, g.StartCovariance, g.Width];

    private static LinearQuadraticGameArrays Draw(Random random, int states, int actions, int leaderActions)
    {
        LinearQuadraticGameArrays g = new(states, actions, leaderActions);
        foreach (double[,] matrix in (double[][,])[g.A, g.B, g.C, g.Gain])
            for (int i = 0; i < matrix.GetLength(0); i++)
                for (int j = 0; j < matrix.GetLength(1); j++)
                    matrix[i, j] = 0.8 * Centred() / Math.Sqrt(states);
        foreach (double[,] matrix in (double[][,])[g.Q, g.R, g.LeaderNoise, g.W, g.StartCovariance, g.Width])
        {
            int n = matrix.GetLength(0);
            double[,] root = new double[n, n];
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                    root[i, j] = Centred();
            double[,] square = Times(1, root, Transposed(root));
            for (int i = 0; i < n; i++) square[i, i] += 0.3;
            Array.Copy(square, matrix, square.Length);
        }

        for (int i = 0; i < states; i++) (g.StartMean[i], g.Goal[i]) = (Centred(), Centred());
        return g;

        double Centred() => (2 * random.NextDouble()) - 1;
    }

    private static double[,] Stack(double[,] above, double[,] below)
    {
        double[,] stack = new double[above.GetLength(0) + below.GetLength(0), above.GetLength(1)];
        Array.Copy(above, stack, above.Length);
        Array.Copy(below, 0, stack, above.Length, below.Length);
        return stack;
    }

    private static double[,] Beside(double[,] left, double[,] right) => Transposed(Stack(Transposed(left), Transposed(right)));

    private static double[,] Rows(double[,] matrix, int rows)
    {
        double[,] first = new double[rows, matrix.GetLength(1)];
        Array.Copy(matrix, first, first.Length);
        return first;
    }

    private static double[,] Corner(double[,] matrix, int order) => Rows(Transposed(Rows(matrix, order)), order);

    /// <summary>By Laplace's expansion.</summary>
    private static double Determinant(double[,] matrix)
    {
        int n = matrix.GetLength(0);
        if (n == 1) return matrix[0, 0];
        double sum = 0;
        for (int c = 0; c < n; c++)
        {
            double[,] minor = new double[n - 1, n - 1];
            for (int i = 1; i < n; i++)
                for (int j = 0; j < n - 1; j++)
                    minor[i - 1, j] = matrix[i, j < c ? j : j + 1];
            sum += (c % 2 == 0 ? 1 : -1) * matrix[0, c] * Determinant(minor);
        }

        return sum;
    }
}
