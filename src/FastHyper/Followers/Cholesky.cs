namespace FastHyper.Followers;

/// <summary>Small symmetric positive definite systems on the host.</summary>
internal static class Cholesky
{
    /// <summary>Solves M z = b in place.</summary>
    /// <param name="matrix">M, its rows a <paramref name="stride"/> apart; its factor afterwards.</param>
    /// <param name="stride">Distance between rows.</param>
    /// <param name="size">Rows and columns.</param>
    /// <param name="vector">b; z afterwards.</param>
    /// <returns>False where M is not positive definite, or something is not finite.</returns>
    public static bool Solve(Span<double> matrix, int stride, int size, Span<double> vector)
    {
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = matrix[(i * stride) + j];
                for (int k = 0; k < j; k++) sum -= matrix[(i * stride) + k] * matrix[(j * stride) + k];
                if (i != j) matrix[(i * stride) + j] = sum / matrix[(j * stride) + j];
                else if (sum > 0 && double.IsFinite(sum)) matrix[(i * stride) + i] = Math.Sqrt(sum);
                else return false;
            }

            for (int k = 0; k < i; k++) vector[i] -= matrix[(i * stride) + k] * vector[k];
            vector[i] /= matrix[(i * stride) + i];
        }

        for (int i = size - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < size; k++) vector[i] -= matrix[(k * stride) + i] * vector[k];
            vector[i] /= matrix[(i * stride) + i];
            if (!double.IsFinite(vector[i])) return false;
        }

        return true;
    }
}
