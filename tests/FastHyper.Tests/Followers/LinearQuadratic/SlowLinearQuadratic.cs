using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Tests.Followers.LinearQuadratic;

/// <summary>
/// Linear-quadratic problems by definition: value iteration of the follower, the leader's value function backwards, inverses by
/// elimination; no doubling, no moments, nothing of what is tested.
/// </summary>
internal static class SlowLinearQuadratic
{
    /// <summary>P, K and Σ after that many steps of value iteration from zero.</summary>
    public static (double[,] P, double[,] K, double[,] Covariance) Response(
        double[,] a, double[,] b, double[,] q, double[,] r, double discount, double temperature, int steps)
    {
        double[,] p = new double[a.GetLength(0), a.GetLength(0)], k = Times(1, Transposed(b), a), inverse = r;
        for (int step = 0; step <= steps; step++)
        {
            inverse = Inverse(Plus(r, Times(discount, Transposed(b), Times(1, p, b))));
            k = Times(discount, inverse, Times(1, Transposed(b), Times(1, p, a)));
            double[,] loop = Plus(a, Times(-1, b, k));
            if (step < steps) p =
                Plus(Plus(q, Times(1, Transposed(k), Times(1, r, k))), Times(discount, Transposed(loop), Times(1, p, loop)));
        }

        return (p, k, Scaled(temperature / 2, inverse));
    }

    /// <summary>The leader's return by its value function sᵀP s + c, backwards from the horizon.</summary>
    public static double Return(LinearQuadraticArrays model, LinearQuadraticShape shape, int responseSteps, int horizon)
    {
        (_, double[,] k, double[,] covariance) =
            Response(model.A, model.B, model.Q, model.R, shape.Discount, shape.Temperature, responseSteps);
        return Return(model, k, covariance, shape.LeaderDiscount, horizon);
    }

    /// <summary>The same where the follower plays u ~ N(−K s, Σ), whatever it costs.</summary>
    public static double Return(LinearQuadraticArrays model, double[,] k, double[,] covariance, double discount, int horizon)
    {
        double[,] loop = Plus(model.A, Times(-1, model.B, k)), cost = Plus(model.M, Times(1, Transposed(k), Times(1, model.U, k)));
        double[,] noise = Plus(model.W, Times(1, model.B, Times(1, covariance, Transposed(model.B))));
        double[,] value = new double[model.States, model.States];
        double constant = 0, each = model.Cost + Trace(model.U, covariance);
        for (int t = 0; t < horizon; t++)
        {
            constant = each + (discount * (constant + Trace(value, noise)));
            value = Plus(cost, Times(discount, Transposed(loop), Times(1, value, loop)));
        }

        return -(Trace(value, model.Start) + constant);
    }

    public static double[,] Times(double scale, double[,] a, double[,] b)
    {
        double[,] product = new double[a.GetLength(0), b.GetLength(1)];
        for (int i = 0; i < a.GetLength(0); i++)
            for (int j = 0; j < b.GetLength(1); j++)
                for (int k = 0; k < a.GetLength(1); k++)
                    product[i, j] += scale * a[i, k] * b[k, j];
        return product;
    }

    public static double[,] Plus(double[,] a, double[,] b)
    {
        double[,] sum = (double[,])a.Clone();
        for (int i = 0; i < a.GetLength(0); i++)
            for (int j = 0; j < a.GetLength(1); j++)
                sum[i, j] += b[i, j];
        return sum;
    }

    public static double[,] Scaled(double scale, double[,] a)
    {
        double[,] product = (double[,])a.Clone();
        for (int i = 0; i < a.GetLength(0); i++)
            for (int j = 0; j < a.GetLength(1); j++)
                product[i, j] *= scale;
        return product;
    }

    public static double[,] Transposed(double[,] a)
    {
        double[,] transposed = new double[a.GetLength(1), a.GetLength(0)];
        for (int i = 0; i < a.GetLength(0); i++)
            for (int j = 0; j < a.GetLength(1); j++)
                transposed[j, i] = a[i, j];
        return transposed;
    }

    public static double Trace(double[,] a, double[,] b)
    {
        double trace = 0;
        for (int i = 0; i < a.GetLength(0); i++)
            for (int j = 0; j < a.GetLength(1); j++)
                trace += a[i, j] * b[j, i];
        return trace;
    }

    /// <summary>By Gauss and Jordan, with pivots by rows.</summary>
    public static double[,] Inverse(double[,] matrix)
    {
        int n = matrix.GetLength(0);
        double[,] work = new double[n, 2 * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++) work[i, j] = matrix[i, j];
            work[i, n + i] = 1;
        }

        for (int c = 0; c < n; c++)
        {
            int pivot = c;
            for (int i = c + 1; i < n; i++)
                if (Math.Abs(work[i, c]) > Math.Abs(work[pivot, c])) pivot = i;
            for (int j = 0; j < 2 * n; j++) (work[c, j], work[pivot, j]) = (work[pivot, j], work[c, j]);
            double inverse = 1 / work[c, c];
            for (int j = 0; j < 2 * n; j++) work[c, j] *= inverse;
            for (int i = 0; i < n; i++)
            {
                double factor = work[i, c];
                if (i == c || factor == 0) continue;
                for (int j = 0; j < 2 * n; j++) work[i, j] -= factor * work[c, j];
            }
        }

        double[,] result = new double[n, n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                result[i, j] = work[i, n + j];
        return result;
    }
}
