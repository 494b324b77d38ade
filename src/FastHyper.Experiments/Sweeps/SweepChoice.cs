namespace FastHyper.Experiments.Sweeps;

/// <summary>Cells that are the same but for their seeds, with all of their leaders.</summary>
/// <param name="Settings">What the axes set, without the seed.</param>
/// <param name="Cells">The cells that are done, in order.</param>
public sealed record SweepSetting(IReadOnlyList<KeyValuePair<string, string>> Settings, IReadOnlyList<CollectedCell> Cells)
{
    /// <summary>The final objective of each leader, in the order of seeds; NaN of those that diverged.</summary>
    public double[] Objectives { get; } =
        [.. Cells.SelectMany(cell => cell.Seeds.Zip(cell.Objectives)).OrderBy(leader => leader.First).Select(leader => leader.Second)];

    /// <summary>In words.</summary>
    public override string ToString() => Cells[0].Cell.Name.Length > 0
        ? Cells[0].Cell.Name
        : string.Join(", ", Settings.Select(setting => $"{setting.Key}={setting.Value}"));

    /// <summary>The value of an axis's key; empty where it sets none.</summary>
    internal string Value(string key) => Settings.FirstOrDefault(setting => setting.Key == key).Value ?? "";

    /// <summary>All settings that have a cell that is done, in the order of the sweep.</summary>
    internal static IReadOnlyList<SweepSetting> Of(IEnumerable<CollectedCell> cells) =>
    [
        .. cells.Where(cell => cell.State == CellState.Done)
            .GroupBy(cell => string.Join('\n', Free(cell.Cell).Select(setting => $"{setting.Key}={setting.Value}").Prepend(cell.Cell.Name)))
            .Select(group => new SweepSetting([.. Free(group.First().Cell)], [.. group])),
    ];

    private static IEnumerable<KeyValuePair<string, string>> Free(SweepCell cell) => cell.Settings.Where(setting => setting.Key != "seed");
}

/// <summary>
/// The best setting of some, chosen on the first leaders of each and told by the others: what is reported has had no part in the choice.
/// </summary>
/// <param name="Group">The values that the settings have in common.</param>
/// <param name="Best">The setting chosen: of those of which the fewest choosing leaders diverged, the one with the best mean.</param>
/// <param name="Among">How many settings it was chosen of.</param>
/// <param name="Choosing">The objectives that chose it.</param>
/// <param name="Reporting">The objectives of its other leaders; the same where it has one leader alone, or nothing was to be
/// chosen.</param>
public sealed record SweepChoice(
    IReadOnlyList<KeyValuePair<string, string>> Group, SweepSetting Best, int Among, double[] Choosing, double[] Reporting)
{
    /// <summary>Whether what is reported has had no part in the choice.</summary>
    public bool IsHonest => Among == 1 || !ReferenceEquals(Choosing, Reporting);

    /// <summary>Mean of what is reported.</summary>
    public double Mean => SettingSummary.MeanOf(Reporting);

    /// <summary>Standard error of that mean.</summary>
    public double StandardError => SettingSummary.StandardErrorOf(Reporting);

    /// <summary>The best setting of each group.</summary>
    /// <param name="cells">Cells of a sweep.</param>
    /// <param name="by">Keys whose values make groups; none for one group.</param>
    /// <param name="choosing">Leaders of each setting that choose; null for half of them.</param>
    /// <exception cref="InvalidInputException">A key is none of an axis, or too many leaders are to choose.</exception>
    public static IReadOnlyList<SweepChoice> Of(IReadOnlyList<CollectedCell> cells, IReadOnlyList<string> by, int? choosing = null)
    {
        string[] keys =
            [.. cells.SelectMany(cell => cell.Cell.Settings).Select(setting => setting.Key).Where(key => key != "seed").Distinct()];
        if (by.FirstOrDefault(key => !keys.Contains(key)) is string unknown)
        {
            throw new InvalidInputException(
                $"--by: '{OneLine.Value(unknown)}' is no key of an axis{Names.DidYouMean(unknown, keys)}; expected {Expected(keys)}");
        }

        IReadOnlyList<SweepSetting> settings = SweepSetting.Of(cells);
        int fewest = settings.Count == 0 ? 0 : settings.Min(setting => setting.Objectives.Length);
        if (choosing is int asked && settings.Count > 0 && (asked < 1 || asked >= fewest))
            throw new InvalidInputException($"--choose-seeds: {asked}; expected 1 to {fewest - 1}, of the {fewest} leaders of a setting");
        return
        [
            .. settings.GroupBy(setting => string.Join('\n', by.Select(setting.Value)))
                .Select(group => Choose([.. group], [.. by.Select(key => KeyValuePair.Create(key, group.First().Value(key)))], choosing)),
        ];
    }

    private static SweepChoice Choose(
        IReadOnlyList<SweepSetting> settings, IReadOnlyList<KeyValuePair<string, string>> group, int? asked)
    {
        double sign = settings[0].Cells[0].Minimized ? -1 : 1;
        (SweepSetting best, double[] choosing) = settings.Select(setting => (setting, First(setting)))
            .OrderBy(item => item.Item2.Count(objective => !double.IsFinite(objective)))
            .ThenByDescending(
                item => sign * SettingSummary.MeanOf(item.Item2) is var mean && double.IsFinite(mean) ? mean : double.MinValue)
            .First();
        bool isSplit = settings.Count > 1 && choosing.Length < best.Objectives.Length;
        if (settings.Count == 1) choosing = best.Objectives;
        return new SweepChoice(group, best, settings.Count, choosing, isSplit ? best.Objectives[choosing.Length..] : choosing);

        double[] First(SweepSetting setting) => setting.Objectives[..Math.Max(1, asked ?? (setting.Objectives.Length / 2))];
    }

    private static string Expected(string[] keys) => keys.Length > 0 ? Names.OneOf(keys) : "none, the sweep has no axes";
}
