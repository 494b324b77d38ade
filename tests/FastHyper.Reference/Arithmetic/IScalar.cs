using System.Numerics;

namespace FastHyper.Reference.Arithmetic;

/// <summary>A real number in some arithmetic: what the dense algebra here is written over, so that it is written once.</summary>
public interface IScalar<T> :
    IAdditionOperators<T, T, T>, ISubtractionOperators<T, T, T>, IMultiplyOperators<T, T, T>, IDivisionOperators<T, T, T>,
        IUnaryNegationOperators<T, T>
    where T : struct, IScalar<T>
{
    /// <summary>The largest relative error of one operation.</summary>
    static abstract double Rounding { get; }

    /// <summary>The number as float64 has it.</summary>
    double Value { get; }

    static abstract T Of(double value);

    static abstract T Exp(T x);

    static abstract T Log(T x);

    /// <summary>target ← target − factor · row, element by element.</summary>
    static abstract void SubtractMultiple(Span<T> target, T factor, ReadOnlySpan<T> row);
}
