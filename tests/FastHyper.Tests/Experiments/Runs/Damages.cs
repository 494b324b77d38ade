using System.Text;

namespace FastHyper.Tests.Experiments.Runs;

/// <summary>
/// What befalls files: cuts, flipped bits, overwritten stretches, lines that go, come twice or change places, other digits.
/// </summary>
internal static class Damages
{
    /// <summary>One damage, of a kind that goes round with the trials.</summary>
    public static byte[] Of(byte[] bytes, Random random, int trial)
    {
        byte[] damaged = [.. bytes];
        string[] lines = Encoding.Latin1.GetString(bytes).Split('\n');
        int line = random.Next(lines.Length), other = random.Next(lines.Length), at = random.Next(bytes.Length);
        switch (trial / 2 % 8)
        {
            case 0: return bytes[..at];
            case 1: return [.. bytes, .. bytes[..random.Next(200)]];
            case 2: damaged[at] ^= (byte)(1 << random.Next(8)); return damaged;
            case 3: damaged.AsSpan(at, Math.Min(random.Next(64), bytes.Length - at)).Fill((byte)random.Next(256)); return damaged;
            case 4: return Joined([.. lines.Where((_, i) => i != line)]);
            case 5: return Joined([.. lines[..line], lines[line], .. lines[line..]]);
            case 6:
                (lines[line], lines[other]) = (lines[other], lines[line]);
                return Joined(lines);
            default:
                int digit = Array.FindIndex(damaged, at, b => b is >= (byte)'0' and <= (byte)'9');
                if (digit >= 0) damaged[digit] = (byte)('0' + random.Next(10));
                return damaged;
        }
    }

    private static byte[] Joined(string[] lines) => Encoding.Latin1.GetBytes(string.Join('\n', lines));
}
