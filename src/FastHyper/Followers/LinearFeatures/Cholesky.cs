using CommunityToolkit.HighPerformance;

namespace FastHyper.Followers.LinearFeatures;

/// <summary>Small symmetric positive definite systems on the host.</summary>
internal static class Cholesky
{
    /// <summary>Solves M z = b in place.</summary>
    /// <param name="matrix">M, as many rows as <paramref name="vector"/>; its factor afterwards.</param>
    /// <param name="vector">b; z afterwards.</param>
    /// <returns>False where M is not positive definite, or something is not finite.</returns>
    public static bool Solve(Span2D<double> matrix, Span<double> vector)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            Span<double> row = matrix.GetRowSpan(i);
            for (int j = 0; j <= i; j++)
            {
                ReadOnlySpan<double> above = matrix.GetRowSpan(j);
                double sum = row[j];
                for (int k = 0; k < j; k++) sum -= row[k] * above[k];
                if (i != j) row[j] = sum / above[j];
                else if (sum > 0 && double.IsFinite(sum)) row[i] = Math.Sqrt(sum);
                else return false;
            }

            for (int k = 0; k < i; k++) vector[i] -= row[k] * vector[k];
            vector[i] /= row[i];
        }

        for (int i = vector.Length - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < vector.Length; k++) vector[i] -= matrix[k, i] * vector[k];
            vector[i] /= matrix[i, i];
            if (!double.IsFinite(vector[i])) return false;
        }

        return true;
    }
}
