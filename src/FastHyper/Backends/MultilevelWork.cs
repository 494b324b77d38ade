namespace FastHyper.Backends;

/// <summary>What linear solves did through levels of aggregated states.</summary>
/// <param name="Levels">Levels of the last set-up; 0 where there was none.</param>
/// <param name="SetUps">Set-ups, one for a policy.</param>
/// <param name="Cycles">Cycles through the levels, of about four products with P_π each.</param>
/// <param name="SetUpSeconds">Seconds of all set-ups.</param>
internal readonly record struct MultilevelWork(int Levels, int SetUps, int Cycles, double SetUpSeconds);
