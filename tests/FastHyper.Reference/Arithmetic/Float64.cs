using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace FastHyper.Reference.Arithmetic;

/// <summary>Plain float64: what numpy computes in.</summary>
public readonly record struct Float64(double Value) : IScalar<Float64>
{
    public static double Rounding => 1.1102230246251565e-16;

    public static Float64 Of(double value) => new(value);

    public static Float64 Exp(Float64 x) => new(Math.Exp(x.Value));

    public static Float64 Log(Float64 x) => new(Math.Log(x.Value));

    public static Float64 operator +(Float64 a, Float64 b) => new(a.Value + b.Value);

    public static Float64 operator -(Float64 a, Float64 b) => new(a.Value - b.Value);

    public static Float64 operator *(Float64 a, Float64 b) => new(a.Value * b.Value);

    public static Float64 operator /(Float64 a, Float64 b) => new(a.Value / b.Value);

    public static Float64 operator -(Float64 a) => new(-a.Value);

    public static void SubtractMultiple(Span<Float64> target, Float64 factor, ReadOnlySpan<Float64> row)
    {
        Span<double> y = MemoryMarshal.Cast<Float64, double>(target);
        TensorPrimitives.FusedMultiplyAdd(MemoryMarshal.Cast<Float64, double>(row), -factor.Value, y, y);
    }
}
