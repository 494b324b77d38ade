namespace FastHyper.Backends.Cpu.Lanes;

/// <summary>
/// A float64 in two halves of 32 bits: its rounding to float32, and the difference in units of the float64's last place,
/// which is at most 2²⁸. Kernels that can do with 24 bits read half the bytes; the halves together are the number itself.
/// Numbers below float32's smallest normal one, 1.2e-38, become 0.
/// </summary>
internal static class SplitNumber
{
    private const float SmallestNormal = 1.17549435e-38f;

    public static (float High, int Low) Split(double value)
    {
        float high = (float)value;
        if (Math.Abs(high) < SmallestNormal) return (0, 0);
        return (high, (int)(BitConverter.DoubleToInt64Bits(value) - BitConverter.DoubleToInt64Bits(high)));
    }

    public static double Join(float high, int low) => BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(high) + low);
}
