namespace FastHyper.Hypergradients;

/// <summary>The names of a leader iteration's draws: the same names give the same numbers.</summary>
public sealed class Draws
{
    // An odd constant of 64 bits: no seed counted up from a small one becomes another.
    private const ulong Apart = 0x9E3779B97F4A7C15;
    private readonly ulong[] _seeds;
    private readonly ulong[] _others;

    /// <summary>Creates the names of iteration 0.</summary>
    /// <param name="seeds">Seed of each leader.</param>
    public Draws(ReadOnlySpan<ulong> seeds)
    {
        _seeds = seeds.ToArray();
        _others = Array.ConvertAll(_seeds, seed => seed ^ Apart);
    }

    /// <summary>Seed of each leader (leaders).</summary>
    public ReadOnlySpan<ulong> Seeds => _seeds;

    /// <summary>Seeds whose draws are independent of those of <see cref="Seeds"/> (leaders).</summary>
    public ReadOnlySpan<ulong> OtherSeeds => _others;

    /// <summary>Leader iteration.</summary>
    public uint Iteration { get; set; }
}
