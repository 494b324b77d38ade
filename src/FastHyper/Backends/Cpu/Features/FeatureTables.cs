using System.Numerics;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>The features that an engine has been asked for, in its order, kept from call to call.</summary>
internal sealed class FeatureTables<T>(int[]? positions) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly List<FeatureTable<T>> _tables = [];

    public FeatureTable<T> Of(FeatureRows features)
    {
        foreach (FeatureTable<T> known in _tables)
            if (ReferenceEquals(known.Source, features)) return known;
        FeatureTable<T> table = new(features, positions);
        _tables.Add(table);
        return table;
    }

    public void Dispose()
    {
        foreach (FeatureTable<T> table in _tables) table.Dispose();
    }
}
