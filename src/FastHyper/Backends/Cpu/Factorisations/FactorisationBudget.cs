namespace FastHyper.Backends.Cpu.Factorisations;

/// <summary>
/// What a factorisation may take. It depends on the structure alone, so that neither lanes nor threads show in which solver is used.
/// </summary>
/// <param name="Updates">Products l_ik u_kj at the most; the place of each is kept, in four bytes.</param>
/// <param name="Entries">Numbers in the factors at the most.</param>
internal readonly record struct FactorisationBudget(long Updates, long Entries)
{
    // 2^17 entries of 32 bytes, which lanes of instances make of each, are 4 MiB: they stay in the caches.
    private const long EntriesInCaches = 1 << 17;
    private const long SmallUpdates = 1 << 14;
    private const int ExpCost = 16;
    private const long UpdatesOfInstances = 16;
    private const long UpdatesOfOne = 2;

    /// <summary>
    /// Lanes over instances: all of them take the same steps, and what is factorised for all at once costs less than the sweeps that it
    /// saves.
    /// </summary>
    public static FactorisationBudget ForInstances(SparseMatrix p) =>
        new(Math.Max(SmallUpdates, UpdatesOfInstances * Sweep(p)), EntriesInCaches);

    /// <summary>One MDP, number by number: beside it sweeps and Krylov methods run over lanes of states and all threads.</summary>
    public static FactorisationBudget ForOne(SparseMatrix p) => new(Math.Max(SmallUpdates, UpdatesOfOne * Sweep(p)), EntriesInCaches);

    /// <summary>Where Krylov methods have failed: 64 MiB, a tenth of a second.</summary>
    public static FactorisationBudget ForRescue => new(1 << 24, 1 << 22);

    /// <summary>Multiplications that a sweep takes about as long as.</summary>
    private static long Sweep(SparseMatrix p) => p.EntryCount + ((long)ExpCost * p.RowCount);
}
