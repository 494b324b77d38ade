using FastHyper.Backends;
using FastHyper.Reference.Arithmetic;

namespace FastHyper.Reference.Dense;

/// <summary>Arrays of numbers.</summary>
internal static class Numbers
{
    /// <summary>The numbers as float64 has them.</summary>
    public static double[] Of<T>(T[] numbers)
        where T : struct, IScalar<T> => Array.ConvertAll(numbers, number => number.Value);

    /// <summary>The largest magnitude; 0 where there are none.</summary>
    public static double Largest(double[] values) => values.Length == 0 ? 0 : values.Max(Math.Abs);

    /// <summary>As <see cref="Largest(double[])"/>.</summary>
    public static double Largest<T>(T[] numbers)
        where T : struct, IScalar<T> => Largest(Of(numbers));

    /// <summary>Φᵀ w, (P); zeros where there is no Φ.</summary>
    public static double[] Pullback<T>(SparseMatrix? features, T[] cotangent, int parameters)
        where T : struct, IScalar<T>
    {
        T[] gradient = new T[parameters];
        for (int row = 0; row < (features?.RowCount ?? 0); row++)
            for (long k = features!.Offsets[row]; k < features.Offsets[row + 1]; k++)
                gradient[features.Columns[k]] += T.Of(features.Values[k]) * cotangent[row];
        return Of(gradient);
    }
}
