namespace FastHyper.Experiments.Logs;

/// <summary>The CRC-32C (Castagnoli; polynomial 0x1EDC6F41, reflected 0x82F63B78) of TFRecords.</summary>
internal static class Crc32C
{
    private static readonly uint[] s_table = [.. Enumerable.Range(0, 256).Select(Remainder)];

    /// <summary>The sum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        foreach (byte b in bytes) crc = s_table[(byte)(crc ^ b)] ^ (crc >> 8);
        return ~crc;
    }

    /// <summary>The sum as records store it, which a sum of data with sums in it is not: rotated, with a constant.</summary>
    public static uint Masked(ReadOnlySpan<byte> bytes) => uint.RotateRight(Of(bytes), 15) + 0xA282EAD8u;

    private static uint Remainder(int value)
    {
        uint crc = (uint)value;
        for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
        return crc;
    }
}
