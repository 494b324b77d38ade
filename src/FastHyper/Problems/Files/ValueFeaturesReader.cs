using FastHyper.Backends;
using FastHyper.Files;

namespace FastHyper.Problems.Files;

/// <summary>
/// The features that a problem file's follower is linear in: <c>value_features</c> (S, A, k), or compressed rows s·A+a,
/// <c>value_features_indptr</c>, <c>_indices</c> and <c>_data</c> of <c>value_features_columns</c> columns, or <c>state_features</c> (S,
/// f), which are used for each action apart; with <c>value_weights</c> (S, A), ones without it, and <c>ridge</c>, 0 without it.
/// </summary>
internal sealed class ValueFeaturesReader(NpzReader reader, string file, ProblemArrays arrays)
{
    private const string Features = "value_features", States = "state_features", Columns = "value_features_columns",
        Weights = "value_weights", Ridge = "ridge";
    private StoredMatrix? _stored;
    private int _count;

    /// <summary>Names of the arrays that are read.</summary>
    public static IReadOnlyList<string> ArrayNames { get; } =
        [Features, Features + "_indptr", Features + "_indices", Features + "_data", Columns, States, Weights, Ridge];

    /// <summary>The arrays and what they take in memory, for a judgement before they are read.</summary>
    public IEnumerable<(string Name, int ElementSize)> Arrays =>
    [
        .. _stored is null ? [] : _stored.IsDense ? [(reader.Contains(Features) ? Features : States, sizeof(double))] : _stored.Arrays,
        .. reader.Contains(Weights) ? [(Weights, sizeof(double))] : Array.Empty<(string, int)>(),
    ];

    /// <summary>Finds the arrays, and judges their shapes.</summary>
    public void RequireShapes(int states, int actions)
    {
        (string, int[]) rows = ("states x actions", [states, actions]);
        _stored = arrays.FindMatrix(Features, Features + "_", rows, "features");
        if (reader.Contains(States))
        {
            if (_stored is not null) throw arrays.Refuse(States, $"there beside {Features}", "one of them");
            _stored = arrays.RequireDense(States, ("states", [states]), "features");
        }

        if (_stored is { IsDense: false })
        {
            if (!reader.Contains(Columns))
                throw arrays.Refuse(Columns, $"missing, though {Features}_indptr is there", "the number of features");
        }
        else if (reader.Contains(Columns))
        {
            throw arrays.Refuse(Columns, $"there without {Features}_indptr", "both or none");
        }

        if (_stored is { IsDense: true, Columns: 0 })
            throw arrays.Refuse(reader.Contains(Features) ? Features : States, "no features", "at least one");
        foreach (string name in (string[])[Weights, Ridge])
            if (_stored is null && reader.Contains(name))
                throw arrays.Refuse(name, "there without features of values", $"{Features} or {States} beside it");
        if (reader.Contains(Weights)) arrays.RequireShape(Weights, "that of reward", states, actions);
        if (_stored is { IsDense: false }) _count = Count();
        if (_stored is { IsDense: false }) _stored.RequireEntries(_count);
    }

    /// <summary>Reads where sparse rows begin.</summary>
    public void ReadOffsets() => _stored?.ReadOffsets();

    /// <summary>Reads the features; null where there are none.</summary>
    public FeatureRows? Read(int states, int actions)
    {
        if (_stored is null) return null;
        try
        {
            FeatureRows features = !_stored.IsDense ? FeatureRows.OfPairs(states, actions, _stored.Read(_count))
                : reader.Contains(Features) ? FeatureRows.OfPairs(states, actions, reader.ReadDoubles(Features).Data)
                : FeatureRows.OfStates(states, actions, reader.ReadDoubles(States).Data);
            return features.Fitted(
                reader.Contains(Weights) ? reader.ReadDoubles(Weights).Data : null,
                reader.Contains(Ridge) ? reader.ReadScalar(Ridge) : 0);
        }
        catch (InvalidInputException e) when (!e.Message.StartsWith(file, StringComparison.Ordinal))
        {
            throw new InvalidInputException($"{file}: {e.Message}", e);
        }
    }

    private int Count()
    {
        double count = reader.ReadScalar(Columns);
        if (!(count >= 1 && count <= Array.MaxLength && count == Math.Floor(count)))
            throw arrays.Refuse(Columns, $"{count}", "an integer of at least 1");
        return (int)count;
    }
}
