namespace FastHyper.Backends;

/// <summary>What linear solves did through levels of aggregated states.</summary>
/// <param name="Levels">Levels of the last set-up; 0 where there was none.</param>
/// <param name="SetUps">Set-ups, one for a policy.</param>
/// <param name="Cycles">Cycles through the levels, of about four products with P_π each.</param>
/// <param name="SetUpSeconds">Seconds of all set-ups.</param>
public readonly record struct MultilevelWork(int Levels, int SetUps, int Cycles, double SetUpSeconds)
{
    /// <summary>What was done since an earlier look.</summary>
    internal MultilevelWork Since(in MultilevelWork before) => SetUps == before.SetUps && Cycles == before.Cycles
        ? default
        : new MultilevelWork(Levels, SetUps - before.SetUps, Cycles - before.Cycles, SetUpSeconds - before.SetUpSeconds);
}
