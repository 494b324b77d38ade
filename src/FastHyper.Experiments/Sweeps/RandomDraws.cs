using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using FastHyper.Experiments.Configuration;

namespace FastHyper.Experiments.Sweeps;

/// <summary>
/// Points of a random axis. A key takes <c>uniform(a, b)</c>, <c>log-uniform(a, b)</c>, <c>integer(a, b)</c>, both ends among them, or a
/// list, of which each value is as likely. Draw i of a key is a hash of the axis's seed, i and the key: more points, or another key beside
/// it, leave it as it is.
/// </summary>
internal static partial class RandomDraws
{
    private const string Expected = "uniform(a, b), log-uniform(a, b), integer(a, b), or a list of values";

    /// <summary>The points.</summary>
    /// <param name="keys">Each key with what it is drawn of.</param>
    /// <param name="options">How many, and by which seed.</param>
    /// <exception cref="InvalidInputException">A key is not drawn of anything known.</exception>
    public static IReadOnlyList<IReadOnlyList<Setting>> Points(IReadOnlyList<Setting> keys, RandomAxisOptions options)
    {
        Func<double, Node>[] draws = [.. keys.Select(Draw)];
        return
        [
            .. Enumerable.Range(0, options.Count).Select(i => (Setting[])
            [
                .. keys.Select((key, k) => key with { Value = draws[k](Uniform(i, key.Key, options.Seed)) }),
            ]),
        ];
    }

    private static double Uniform(int draw, string key, long seed)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{seed}/{draw}/{key}")));
        return (BinaryPrimitives.ReadUInt64LittleEndian(hash) >> 11) * (1.0 / (1UL << 53));
    }

    private static Func<double, Node> Draw(Setting key)
    {
        if (key.Value is ListNode { Items: { Count: > 0 } items }) return u => items[(int)(u * items.Count)];
        if (key.Value is not ScalarNode scalar || Law().Match(scalar.Text) is not { Success: true } law
            || !Number(law.Groups[2].Value, out double low) || !Number(law.Groups[3].Value, out double high) || !(low <= high))
            throw Refusal.WrongValue(key.Key, key.Value, Expected + ", a no more than b");
        string kind = law.Groups[1].Value;
        if (kind == "log-uniform" && !(low > 0)) throw Refusal.WrongValue(key.Key, key.Value, "log-uniform(a, b) of a above 0");
        if (kind == "integer" && (low != Math.Truncate(low) || high != Math.Truncate(high) || high - low > 1e9))
            throw Refusal.WrongValue(key.Key, key.Value, "integer(a, b) of integers no more than 10⁹ apart");
        return u => new ScalarNode(
            kind switch
            {
                "integer" => (low + Math.Floor(u * (high - low + 1))).ToString("F0", CultureInfo.InvariantCulture),
                "log-uniform" => Text(low * Math.Pow(high / low, u)),
                _ => Text(low + (u * (high - low))),
            },
            Plain: true, key.Place);
    }

    // Six digits tell draws apart, and can be read.
    private static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static bool Number(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    [GeneratedRegex(@"^\s*(uniform|log-uniform|integer)\(\s*([^,()\s]+)\s*,\s*([^,()\s]+)\s*\)\s*\z")]
    private static partial Regex Law();
}
