using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Tests.Followers.LinearQuadratic;

/// <summary>
/// A linear-quadratic problem whose every matrix x moves along a random direction, x of one number for each matrix and the cost.
/// </summary>
internal sealed class RandomLinearQuadratic : LinearQuadraticProblem
{
    private readonly LinearQuadraticArrays _centre;
    private readonly LinearQuadraticArrays _direction;

    public RandomLinearQuadratic(int seed, int states, int actions, int? horizon)
        : base("random-lqr", new LinearQuadraticShape(states, actions, 0.9, 0.85, 0.3, horizon), 9)
    {
        Random random = new(seed);
        (_centre, _direction) = (Draw(random, states, actions), Draw(random, states, actions));
    }

    public override void InitialParameters(ulong seed, Span<double> x) => x.Clear();

    public override void Configure(ReadOnlySpan<double> x, LinearQuadraticArrays arrays)
    {
        double[][,] to = Matrices(arrays), from = Matrices(_centre), along = Matrices(_direction);
        for (int array = 0; array < to.Length; array++)
            for (int i = 0; i < to[array].GetLength(0); i++)
                for (int j = 0; j < to[array].GetLength(1); j++)
                    to[array][i, j] = from[array][i, j] + (x[array] * along[array][i, j]);
        arrays.Cost = 0.4 + x[8];
    }

    public override void Pullback(ReadOnlySpan<double> x, LinearQuadraticArrays cotangents, Span<double> gradient)
    {
        double[][,] bars = Matrices(cotangents), along = Matrices(_direction);
        for (int array = 0; array < bars.Length; array++) gradient[array] += Inner(bars[array], along[array]);
        gradient[8] += cotangents.Cost;
    }

    private static double Inner(double[,] a, double[,] b) => a.Cast<double>().Zip(b.Cast<double>(), (x, y) => x * y).Sum();

    private static double[][,] Matrices(LinearQuadraticArrays a) => [a.A, a.B, a.Q, a.R, a.W, a.Start, a.M, a.U];

    private static LinearQuadraticArrays Draw(Random random, int states, int actions)
    {
        LinearQuadraticArrays drawn = new(states, actions);
        Fill(drawn.A, 0.9 / Math.Sqrt(states));
        Fill(drawn.B, 1);
        foreach (double[,] symmetric in (double[][,])[drawn.Q, drawn.R, drawn.W, drawn.Start, drawn.M, drawn.U])
        {
            double[,] root = new double[symmetric.GetLength(0), symmetric.GetLength(0)];
            for (int i = 0; i < root.GetLength(0); i++)
                for (int j = 0; j < root.GetLength(0); j++)
                    root[i, j] = (2 * random.NextDouble()) - 1;
            double[,] square = SlowLinearQuadratic.Times(1, root, SlowLinearQuadratic.Transposed(root));
            for (int i = 0; i < root.GetLength(0); i++)
            {
                for (int j = 0; j < root.GetLength(0); j++) symmetric[i, j] = square[i, j];
                symmetric[i, i] += 0.3;
            }
        }

        return drawn;

        void Fill(double[,] matrix, double size)
        {
            for (int i = 0; i < matrix.GetLength(0); i++)
                for (int j = 0; j < matrix.GetLength(1); j++)
                    matrix[i, j] = size * ((2 * random.NextDouble()) - 1);
        }
    }
}
