using FastHyper.Backends;
using FastHyper.Problems.Features;

namespace FastHyper.Problems.Continuous;

/// <summary>A problem of continuous states as it is, whose follower's values are linear in features and fitted to support points.</summary>
internal sealed class UngriddedProblem : Problem
{
    // Starts that are looked at.
    private const int Looks = 64;

    public UngriddedProblem(ContinuousProblem problem, FeatureOptions features, SupportPointOptions points)
        : base(problem.Name, problem.ParameterCount, problem.Discount, problem.LeaderDiscount, problem.Temperature)
    {
        (Continuous, Points, FeatureOptions) = (problem, points, features);
        Features = new PointFeatures(problem, features);
        NoticeList.AddRange(problem.Notices);
        int uniforms = problem.Shape.StartUniforms;
        double[] numbers = new double[uniforms * Looks], states = new double[problem.Shape.Dimensions * Looks];
        for (int k = 0; k < numbers.Length; k++) numbers[k] = Philox.Uniforms((uint)k, Philox.Purpose.Start, 0, 0, 0).First;
        CheckedSteps.Start(problem, new SampleSpans(numbers, Looks), new SampleSpans(states, Looks));
    }

    /// <summary>The problem.</summary>
    public ContinuousProblem Continuous { get; }

    /// <summary>The features of the follower's values.</summary>
    public PointFeatures Features { get; }

    /// <summary>The features by name, and ρ.</summary>
    public FeatureOptions FeatureOptions { get; }

    /// <summary>What they are fitted to.</summary>
    public SupportPointOptions Points { get; }

    public override IReadOnlyList<double> ContextProbabilities => Continuous.ContextProbabilities;

    public override bool ContextsAreTogether => Continuous.ContextsAreTogether;

    public override IReadOnlyList<int> ParameterShape => Continuous.ParameterShape;

    public override void InitialParameters(ulong seed, Span<double> x) => Continuous.InitialParameters(seed, x);

    protected internal override ProblemInstances On(Backend backend, InstanceLayout options) =>
        new UngriddedInstances(this, backend, options);
}
