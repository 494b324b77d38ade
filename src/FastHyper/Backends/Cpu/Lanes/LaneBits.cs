namespace FastHyper.Backends.Cpu.Lanes;

/// <summary>Bit patterns that the lanes' exponent arithmetic needs.</summary>
internal static class LaneBits
{
    public const long One64 = 0x3FF0000000000000;
    public const ulong RootHalf64 = 0x3FE6A09E667F3BCD;
    public const ulong TwoTo52 = 0x4330000000000000;
    public const double TwoTo52AndBias = 4503599627370496.0 + 1023.0;

    public const int One32 = 0x3F800000;
    public const uint RootHalf32 = 0x3F3504F3;
    public const uint TwoTo23 = 0x4B000000;
    public const double TwoTo23AndBias = 8388608.0 + 127.0;
}
