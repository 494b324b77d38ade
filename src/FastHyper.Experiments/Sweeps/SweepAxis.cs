using FastHyper.Experiments.Configuration;

namespace FastHyper.Experiments.Sweeps;

/// <summary>
/// One axis of a sweep: points, each of which sets some keys. <c>grid</c> has each value of a key with each of the others, <c>zip</c> goes
/// along its keys together, <c>list</c> names its points, and <c>random</c> draws them.
/// </summary>
internal static class SweepAxis
{
    private static readonly string[] s_kinds = ["grid", "zip", "list", "random"];

    /// <summary>The points of an axis, in order; the last key of a grid runs fastest.</summary>
    /// <param name="axis">The axis, as it is written.</param>
    /// <param name="where">Its name in messages: <c>axes[0]</c>.</param>
    /// <exception cref="InvalidInputException">It is no axis.</exception>
    public static IReadOnlyList<IReadOnlyList<Setting>> Points(Node axis, string where)
    {
        string expected = $"a section with one of {string.Join(", ", s_kinds)}";
        if (axis is not MapNode { Entries.Count: > 0 } map) throw Refusal.WrongValue(where, axis, expected);
        (string kind, Place place, Node value) = map.Entries.FirstOrDefault(entry => s_kinds.Contains(entry.Key));
        string[] known = kind == "random" ? ["random", .. RandomOptions.Select(option => option.Key)] : kind is null ? s_kinds : [kind];
        (string? unknown, Place at, _) = map.Entries.FirstOrDefault(entry => !known.Contains(entry.Key));
        if (unknown is not null) throw Refusal.UnknownKey(where, unknown, at, known);
        string name = Refusal.Join(where, kind!);
        IReadOnlyList<IReadOnlyList<Setting>> points = kind switch
        {
            "grid" => Grid(Lists(value, name)),
            "zip" => Zip(Lists(value, name), name),
            "list" => List(value, name),
            _ => RandomDraws.Points(Keys(value, name), Options(map)),
        };
        return points.Count > 0 ? points : throw Refusal.At(name, place, "no points; expected at least one");
    }

    private static IReadOnlyList<Option> RandomOptions => Table<RandomAxisOptions>();

    private static IReadOnlyList<Option> Table<T>()
        where T : class, IOptions<T>, new() => T.Options;

    private static RandomAxisOptions Options(MapNode map) => new Binder(
        map.Entries.Where(entry => entry.Key != "random").Select(entry => new Setting(entry.Key, entry.Value, entry.KeyPlace)))
        .Bind<RandomAxisOptions>();

    private static IReadOnlyList<IReadOnlyList<Setting>> Grid(IReadOnlyList<(Setting Key, ListNode Values)> keys)
    {
        IEnumerable<IReadOnlyList<Setting>> points = [[]];
        foreach ((Setting key, ListNode values) in keys)
            points = points.SelectMany(
                point => values.Items.Select(value => (IReadOnlyList<Setting>)[.. point, key with { Value = value }]));
        return [.. points];
    }

    private static IReadOnlyList<IReadOnlyList<Setting>> Zip(IReadOnlyList<(Setting Key, ListNode Values)> keys, string name)
    {
        int count = keys[0].Values.Items.Count;
        foreach ((Setting key, ListNode values) in keys)
        {
            if (values.Items.Count != count)
                throw Refusal.At(
                    Refusal.Join(name, key.Key), key.Place, $"{values.Items.Count} values; expected {count}, as {keys[0].Key.Key} has");
        }

        return [.. Enumerable.Range(0, count)
            .Select(i => (Setting[])[.. keys.Select(key => key.Key with { Value = key.Values.Items[i] })])];
    }

    private static IReadOnlyList<IReadOnlyList<Setting>> List(Node value, string name) => value is not ListNode list
        ? throw Refusal.WrongValue(name, value, "a list of sections, each of keys with their values")
        : [.. list.Items.Select((item, i) => item is MapNode { Entries.Count: > 0 } point
            ? Setting.Of(point)
            : throw Refusal.WrongValue($"{name}[{i}]", item, "a section of keys with their values"))];

    private static IReadOnlyList<Setting> Keys(Node value, string name) => value is MapNode { Entries.Count: > 0 } map
        ? Setting.Of(map)
        : throw Refusal.WrongValue(name, value, "a section of keys");

    private static IReadOnlyList<(Setting Key, ListNode Values)> Lists(Node value, string name) =>
    [
        .. Keys(value, name).Select(key => key.Value is ListNode { Items.Count: > 0 } list
            ? (key, list)
            : throw Refusal.WrongValue(Refusal.Join(name, key.Key), key.Value, "a list of at least one value")),
    ];
}
