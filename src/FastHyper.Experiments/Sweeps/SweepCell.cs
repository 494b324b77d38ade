namespace FastHyper.Experiments.Sweeps;

/// <summary>One configuration of a sweep, whose leaders differ in their seeds alone.</summary>
/// <param name="Number">Its place in the sweep, from 0.</param>
/// <param name="Id">The configuration's hash: the same in every process, and in every sweep that has it.</param>
/// <param name="Name">What a list calls it; empty where its settings tell.</param>
/// <param name="Settings">What the axes set, keys with values as text, in the order of the axes.</param>
/// <param name="Unit">The folder of the run that has it, under <c>runs</c>.</param>
/// <param name="Point">Which of the run's grid points it is.</param>
public sealed record SweepCell(
    int Number, string Id, string Name, IReadOnlyList<KeyValuePair<string, string>> Settings, string Unit, int Point)
{
    /// <summary>In words, for messages: what is set, or the name.</summary>
    public override string ToString() =>
        Name.Length > 0 ? Name : string.Join(", ", Settings.Select(setting => $"{setting.Key}={setting.Value}"));
}

/// <summary>A run of a sweep: one cell, or several of one shape that are packed as its grid points.</summary>
/// <param name="Id">Its configuration's hash, and its folder.</param>
/// <param name="Config">Its configuration.</param>
/// <param name="Cells">Its cells, in the order of its grid points.</param>
public sealed record SweepUnit(string Id, RunConfig Config, IReadOnlyList<SweepCell> Cells);
