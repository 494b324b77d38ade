using FastHyper.Backends;
using FastHyper.Problems.Continuous;
using FastHyper.Problems.Worlds;

namespace FastHyper.Problems.Features;

/// <summary>Which features.</summary>
public enum FeatureKind
{
    /// <summary>The problem's own, <see cref="FiniteProblem.ValueFeatures"/>.</summary>
    Problem,

    /// <summary><see cref="TabularFeatures"/>.</summary>
    Tabular,

    /// <summary><see cref="AggregatedFeatures"/>.</summary>
    Aggregated,

    /// <summary><see cref="InterpolatedFeatures"/>.</summary>
    Interpolated,

    /// <summary><see cref="PolynomialFeatures"/>.</summary>
    Polynomial,

    /// <summary><see cref="FourierFeatures"/>.</summary>
    Fourier,

    /// <summary><see cref="RandomFourierFeatures"/>.</summary>
    RandomFourier,

    /// <summary><see cref="RadialFeatures"/>.</summary>
    Radial,

    /// <summary><see cref="Features.TileCoding"/>.</summary>
    TileCoding,
}

/// <summary>Features of a problem by name: its own, or a family over the coordinates of a grid's states.</summary>
[Options]
public partial record FeatureFamilyOptions
{
    /// <summary>Which; the problem's own by default.</summary>
    public FeatureKind Kind { get; init; }

    /// <summary>State aggregation.</summary>
    [OnlyWith(nameof(Kind), FeatureKind.Aggregated)]
    public AggregatedFeatures Aggregated { get; init; } = new();

    /// <summary>Multilinear interpolation.</summary>
    [OnlyWith(nameof(Kind), FeatureKind.Interpolated)]
    public InterpolatedFeatures Interpolated { get; init; } = new();

    /// <summary>Monomials.</summary>
    [OnlyWith(nameof(Kind), FeatureKind.Polynomial)]
    public PolynomialFeatures Polynomial { get; init; } = new();

    /// <summary>The Fourier basis.</summary>
    [OnlyWith(nameof(Kind), FeatureKind.Fourier)]
    public FourierFeatures Fourier { get; init; } = new();

    /// <summary>Random Fourier features.</summary>
    [OnlyWith(nameof(Kind), FeatureKind.RandomFourier)]
    public RandomFourierFeatures RandomFourier { get; init; } = new();

    /// <summary>Gaussian bumps.</summary>
    [OnlyWith(nameof(Kind), FeatureKind.Radial)]
    public RadialFeatures Radial { get; init; } = new();

    /// <summary>Tile coding.</summary>
    [OnlyWith(nameof(Kind), FeatureKind.TileCoding)]
    public TileCoding TileCoding { get; init; } = new();

    /// <summary>The features of a problem.</summary>
    /// <param name="problem">The problem.</param>
    /// <exception cref="InvalidInputException">It has none of its own, or no grid that a family could be of.</exception>
    public FeatureRows RowsOf(FiniteProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (Kind == FeatureKind.Problem)
        {
            return problem.ValueFeatures ?? throw new InvalidInputException(
                $"features: {problem.Name} has none; expected value_features or state_features in its file, or another kind");
        }

        if (problem is DiscretisedProblem discretised) return Map().Create(problem.Transitions.Actions, discretised.Coordinates);
        if (problem is not IGridProblem grid)
            throw new InvalidInputException(
                $"features: the states of {problem.Name} have no coordinates; expected a grid, or features in its file");
        return Map().Create(problem.Transitions.Actions, StateCoordinates.Of(grid.Grid));
    }

    internal FeatureMap Map() => Kind switch
    {
        FeatureKind.Aggregated => Aggregated,
        FeatureKind.Interpolated => Interpolated,
        FeatureKind.Polynomial => Polynomial,
        FeatureKind.Fourier => Fourier,
        FeatureKind.RandomFourier => RandomFourier,
        FeatureKind.Radial => Radial,
        FeatureKind.TileCoding => TileCoding,
        _ => new TabularFeatures(),
    };
}

/// <summary>Features of a problem by name, with the ridge of a fit.</summary>
[Options]
public sealed partial record FeatureOptions : FeatureFamilyOptions
{
    /// <summary>ρ of the fit; 1e-6 by default. The problem's own features have one of their own.</summary>
    [Range(Min = 0), OnlyWith(nameof(Kind), FeatureKind.Problem, Not = true)]
    public double Ridge { get; init => field = InRange.Of<FeatureOptions>(value); } = 1e-6;

    /// <summary>The features of a problem, and ρ.</summary>
    /// <param name="problem">The problem.</param>
    /// <exception cref="InvalidInputException">It has none of its own, or no grid that a family could be of.</exception>
    public FeatureRows Of(FiniteProblem problem) => Kind == FeatureKind.Problem ? RowsOf(problem) : RowsOf(problem).Fitted(null, Ridge);
}
