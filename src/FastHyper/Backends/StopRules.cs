namespace FastHyper.Backends;

/// <summary>
/// When solves stop, and how exact their parts are: the numbers that followers and backends go by, each with its reason. Units are in the
/// last place of the precision, of the largest value and what a sweep adds to it, unless it is said otherwise.
/// </summary>
internal static class StopRules
{
    /// <summary>Units that a limit leaves beside the tolerance: a value that is rounded to its neighbour and back changes by two.</summary>
    public const double LimitUnits = 2;

    /// <summary>
    /// Units of changes that only move rounding about once they do not shrink; of sums of n terms √n units come beside them.
    /// </summary>
    public const double FloorUnits = 16;

    /// <summary>
    /// The same where each round is a sweep and a correction that is solved for to a part: the correction adds rounding of its own. Of
    /// fits, in units times the condition.
    /// </summary>
    public const double CorrectedFloorUnits = 64;

    /// <summary>Of a direct step so many units larger than the change that it is to undo, or more, no digit is left to trust.</summary>
    public const double StepUnits = 16;

    /// <summary>What a Krylov solve with vectors of float32 leaves of a residual: less would be their rounding.</summary>
    public const double NarrowForcing = 0.03;

    /// <summary>The same with vectors of float64: the rest is for the next round, whose residual is computed anew.</summary>
    public const double WideForcing = 1e-5;

    /// <summary>
    /// Horizons, in steps, up to which vectors of float32 do: a solve amplifies their rounding by the horizon, and they do not reach the
    /// residuals that a longer one asks for.
    /// </summary>
    public const double MaxNarrowHorizon = 3000;

    /// <summary>Horizons up to which P_π is kept in float32: its rounding changes row sums by 10⁻⁷, as much as is left of one.</summary>
    public const double MaxMatrixHorizon = 1e6;

    /// <summary>
    /// Iterations of a Krylov method without a smaller residual after which it is stuck. Where values travel along a path the residual
    /// stays as it is for as many iterations as the path is long, and then falls.
    /// </summary>
    public const int KrylovPatience = 400;

    /// <summary>Products of a Krylov solve on the processor: twenty times the patience.</summary>
    public const int MaxKrylovProducts = 8000;

    /// <summary>Iterations of a Krylov solve on a device, of two products each.</summary>
    public const int MaxKrylovIterations = 4000;

    /// <summary>Rounds of a linear solve on a device; each leaves 10⁻⁵ of its residual where it succeeds.</summary>
    public const int MaxLinearRounds = 40;

    /// <summary>Passes of a direct solve with a policy that stays: two or three refine it to rounding.</summary>
    public const int MaxRefinements = 8;

    /// <summary>Steps of policy iteration without half the residual after which the processor sweeps for a while.</summary>
    public const int StepsToRescue = 14;

    /// <summary>Steps of policy iteration without half the residual after which inexact ones lead nowhere.</summary>
    public const int StepsToHalve = 96;

    /// <summary>
    /// The same of exact steps, as many as there are states up to this: along a chain better actions may spread by a state a step, and the
    /// residual stays until they have arrived.
    /// </summary>
    public const int MaxStepsToHalve = 2048;

    /// <summary>Residuals of policies that improve grow on their way, but hardly by this, or by so many rewards as a horizon has.</summary>
    public const double Astray = 1e6;

    /// <inheritdoc cref="Astray"/>
    public const double AstrayHorizons = 4;

    /// <summary>Rounds in which float32 engines refine values of float64: each gains six or seven digits of sixteen.</summary>
    public const int MaxRounds = 6;

    /// <summary>Sweeps, beside two for each state, before it is asked whether values grow for ever.</summary>
    public const int SweepsToGrow = 1024;

    /// <summary>Changes that shrink less between two looks are constant: they would take more than 10¹⁰ sweeps to vanish.</summary>
    public const double ConstantChange = 1 - 1e-6;

    /// <summary>The share of what a sweep adds that rounding may come to where values could grow for ever: more would hide it.</summary>
    public const double MaxRoundingOfGrowth = 0.01;

    /// <summary>The largest bound, as a part of the values, that an answer without a discount is accepted with.</summary>
    public const double MaxBoundOfValues = 0.01;

    /// <summary>Looks at a solver that halves its residual each time: more than there are powers of two in float64.</summary>
    public const int MaxLooks = 200;

    /// <summary>
    /// Relative residuals of what is refined in float64 and handed out in float32: its last digits are rounded away.
    /// </summary>
    public const double RefinedTolerance = 1e-12;

    /// <summary>
    /// Horizons up to which a linear solve is held to its tolerance, and from which to less: the error is the residual's times the horizon.
    /// </summary>
    public const double MaxUnscaledHorizon = 1e4;

    /// <summary>Sweeps of a linear solve that contracts without a smaller residual, in horizons.</summary>
    public const double HorizonsOfPatience = 8;

    /// <summary>The same of one that may not contract, in sweeps.</summary>
    public const double MaxPatience = 200_000;

    /// <summary>Passes of a fit without half the residual: so many, and eight horizons, but no more than the last.</summary>
    public const int PassesToHalve = 64;

    /// <inheritdoc cref="PassesToHalve"/>
    public const double HorizonsToHalve = 8;

    /// <inheritdoc cref="PassesToHalve"/>
    public const double MaxPassesToHalve = 100_000;

    /// <summary>A fit's residual so many times its first is that of weights that diverge.</summary>
    public const double Diverged = 1e12;

    /// <summary>Passes of a fit without a smaller residual that show it to be all rounding.</summary>
    public const int PassesAtRounding = 4;
}
