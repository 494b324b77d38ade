using System.Text;
using System.Text.Json;
using FastHyper.Experiments.Catalogues;

namespace FastHyper.Experiments.Sweeps;

/// <summary>
/// Many runs as one: cells, which are configurations, and the runs that have them. Cells of one shape, that differ in seed, learning rate
/// and training temperature alone, are packed as lanes of one run, to the same bits. Which run has which cell follows from the sweep alone,
/// so that shards in any number of processes do the same work as one.
/// </summary>
public sealed class Sweep
{
    private Sweep(IReadOnlyList<SweepUnit> units, IReadOnlyList<SweepCell> cells) => (Units, Cells) = (units, cells);

    /// <summary>The runs, in the order in which they are done.</summary>
    public IReadOnlyList<SweepUnit> Units { get; }

    /// <summary>The cells, in the order of the axes; of those that are the same, the first.</summary>
    public IReadOnlyList<SweepCell> Cells { get; }

    /// <summary>Reads a sweep.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="catalogue">What can be chosen; null for what FastHyper has.</param>
    /// <param name="pack">Leaders at the most that one run has; null for what the file says.</param>
    /// <exception cref="InvalidInputException">It cannot be read, or a cell is refused; nothing has been computed.</exception>
    public static Sweep Load(string path, Catalogue? catalogue = null, int? pack = null)
    {
        if (pack is < 1) throw new InvalidInputException($"pack: {pack}; expected at least 1");
        (IReadOnlyList<CellConfig> cells, int most) = SweepFile.Load(path, catalogue ?? new());
        return Of(cells, pack ?? most);
    }

    /// <summary>The sweep of some cells.</summary>
    internal static Sweep Of(IReadOnlyList<CellConfig> cells, int pack)
    {
        Dictionary<string, int> numbers = [];
        for (int i = 0; i < cells.Count; i++) numbers.TryAdd(cells[i].Id, i);
        int[] different = [.. numbers.Values.Order()];
        RequireSeedsApart(cells, different);
        List<SweepUnit> units = [];
        foreach (int[] group in Groups(cells, different, pack))
        {
            CellConfig first = cells[group[0]];
            RunConfig config = group.Length == 1
                ? first.Config
                : first.Config.With($"grid.points=[{string.Join(", ", group.Select(i => $"'{cells[i].Point}'"))}]");
            string id = group.Length == 1 ? first.Id : new CellConfig("", config, []).Id;
            units.Add(new SweepUnit(id, config, [.. group.Select((i, point) => Cell(cells[i], i, id, point))]));
        }

        return new Sweep(units, [.. units.SelectMany(unit => unit.Cells).OrderBy(cell => cell.Number)]);
    }

    /// <summary>Which cells are in which run, as the sweep's folder keeps it.</summary>
    internal string Manifest()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("cells");
            foreach (SweepCell cell in Cells)
            {
                json.WriteStartObject();
                json.WriteNumber("cell", cell.Number);
                json.WriteString("id", cell.Id);
                if (cell.Name.Length > 0) json.WriteString("name", cell.Name);
                json.WriteString("run", cell.Unit);
                json.WriteNumber("point", cell.Point);
                json.WriteStartObject("settings");
                foreach ((string key, string value) in cell.Settings) json.WriteString(key, value);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>The cells of a manifest.</summary>
    /// <exception cref="InvalidInputException">It is none.</exception>
    internal static IReadOnlyList<SweepCell> ReadManifest(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            return
            [
                .. document.RootElement.GetProperty("cells").EnumerateArray().Select(cell => new SweepCell(
                    cell.GetProperty("cell").GetInt32(), cell.GetProperty("id").GetString()!,
                    cell.TryGetProperty("name", out JsonElement name) ? name.GetString()! : "",
                    [.. cell.GetProperty("settings").EnumerateObject()
                        .Select(one => KeyValuePair.Create(one.Name, one.Value.GetString()!))],
                    cell.GetProperty("run").GetString()!, cell.GetProperty("point").GetInt32())),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException
            or InvalidOperationException or FormatException)
        {
            throw new InvalidInputException($"{OneLine.Path(path)}: {OneLine.Cause(e)}; expected the cells of a sweep", e);
        }
    }

    private static SweepCell Cell(CellConfig cell, int number, string unit, int point) => new(
        number, cell.Id, cell.Name, [.. cell.Settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value.ToText()))], unit,
        point);

    /// <summary>Cells that run together: of one shape, of one number of seeds, and with no more leaders than fit.</summary>
    private static IEnumerable<int[]> Groups(IReadOnlyList<CellConfig> cells, int[] numbers, int pack)
    {
        foreach (IGrouping<string, int> shape in numbers.GroupBy(i => cells[i].Shape ?? cells[i].Id))
        {
            CellConfig first = cells[shape.First()];
            int most = Math.Max(1, pack / first.Config.Options.Seeds);
            bool isPacked = most > 1 && shape.Skip(1).Any() && Lanes.Suit(first.Config.CreateProblem());
            foreach (int[] group in shape.Chunk(isPacked ? most : 1)) yield return group;
        }
    }

    /// <summary>Requires that leaders of cells that are the same but for their seeds have seeds of their own.</summary>
    private static void RequireSeedsApart(IReadOnlyList<CellConfig> cells, int[] numbers)
    {
        foreach (IGrouping<string, int> same in numbers.GroupBy(i => cells[i].WithoutSeeds))
        {
            int[] order = [.. same.OrderBy(i => cells[i].Config.Options.Seed)];
            for (int k = 1; k < order.Length; k++)
            {
                RunOptions before = cells[order[k - 1]].Config.Options, after = cells[order[k]].Config.Options;
                if (before.Seed + (decimal)before.Seeds <= after.Seed) continue;
                throw new InvalidInputException(
                    $"cells {order[k - 1]} and {order[k]}: differ in nothing but seeds, {before.Seed} to {before.Seed + before.Seeds - 1} "
                        + $"and "
                        + $"{after.Seed} to {after.Seed + after.Seeds - 1}, which overlap; expected seeds that are apart, as replicates "
                            + $"makes "
                        + "them");
            }
        }
    }
}
