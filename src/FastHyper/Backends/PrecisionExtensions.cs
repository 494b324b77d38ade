namespace FastHyper.Backends;

/// <summary>What follows from a precision.</summary>
internal static class PrecisionExtensions
{
    /// <summary>The distance from 1 to the next number.</summary>
    /// <param name="precision">The precision.</param>
    public static double Epsilon(this Precision precision) => precision == Precision.F64 ? 2.2204460492503131e-16 : 1.1920929e-07;
}
