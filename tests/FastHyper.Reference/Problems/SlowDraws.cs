namespace FastHyper.Reference.Problems;

/// <summary>Draws that are the same bits everywhere, for ever: SplitMix64.</summary>
public sealed class SlowDraws(ulong seed)
{
    private ulong _state = seed;

    public ulong Bits()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number in [0, 1).</summary>
    public double Uniform() => (Bits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number in [low, high).</summary>
    public double Uniform(double low, double high) => low + ((high - low) * Uniform());

    /// <summary>An integer from low to high, both included.</summary>
    public int Integer(int low, int high) => low + (int)(Bits() % (ulong)(high - low + 1));

    public bool Chance(double probability) => Uniform() < probability;

    public T Of<T>(params ReadOnlySpan<T> choices) => choices[Integer(0, choices.Length - 1)];
}
