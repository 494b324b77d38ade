namespace FastHyper.Experiments.Reports;

/// <summary>Adjacent maps of one group and the colour scale of each.</summary>
internal sealed record MapGroup(string? Name, IReadOnlyList<(GridMap Map, ColourScale? Scale)> Maps)
{
    /// <summary>The maps in their order, cut wherever the group changes.</summary>
    public static List<MapGroup> Of(IReadOnlyList<GridMap> maps)
    {
        foreach (GridMap map in maps)
            GridMapSvg.Check(map);
        var groups = new List<MapGroup>();
        for (int start = 0; start < maps.Count;)
        {
            string? name = maps[start].Group;
            GridMap[] members = [.. maps.Skip(start).TakeWhile(map => map.Group == name)];
            ColourScale? shared = ColourScale.Of(members.SelectMany(GridMapSvg.ScaledValues));
            groups.Add(
                new MapGroup(
                    name, [.. members.Select(map => (map, name is null ? ColourScale.Of(GridMapSvg.ScaledValues(map)) : shared))]));
            start += members.Length;
        }

        return groups;
    }
}
