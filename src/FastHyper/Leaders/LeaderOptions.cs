using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Leaders;

/// <summary>How a leader steps along its gradient.</summary>
public enum OptimizerKind
{
    /// <summary>x ← x + η g.</summary>
    Sgd,

    /// <summary>Adam (Kingma and Ba, 2015), ascending.</summary>
    Adam,
}

/// <summary>One of the leaders that run at once: a seed and the values of a grid point.</summary>
/// <param name="Seed">Key of all its draws.</param>
/// <param name="LearningRate">η at each iteration.</param>
/// <param name="Temperature">τ of its follower at each iteration; null for the problem's.</param>
public sealed record LeaderSetting(ulong Seed, Schedule LearningRate, Schedule? Temperature = null)
{
    /// <summary>Seed 1, and η = 0.1 at each iteration.</summary>
    public static LeaderSetting Default { get; } = new(1, 0.1);

    /// <summary>η at each iteration.</summary>
    /// <exception cref="InvalidInputException">It is the default of its type, which is no schedule.</exception>
    public Schedule LearningRate { get; init => field = value.Checked("learning_rate"); } = LearningRate.Checked("learning_rate");

    /// <summary>τ of its follower at each iteration; null for the problem's.</summary>
    /// <exception cref="InvalidInputException">It is the default of its type, which is no schedule.</exception>
    public Schedule? Temperature { get; init => field = value?.Checked("temperature"); } = Temperature?.Checked("temperature");

    /// <summary>In words: <c>seed 7, learning rate 0.1</c>.</summary>
    public override string ToString() =>
        $"seed {Seed}, learning rate {LearningRate}{(Temperature is Schedule temperature ? $", temperature {temperature}" : "")}";
}

/// <summary>Options of a <see cref="Leader"/>.</summary>
[Options]
public sealed partial record LeaderOptions
{
    /// <summary>The leaders that run at once.</summary>
    [OnlyInCode]
    public IReadOnlyList<LeaderSetting> Leaders { get; init; } = [LeaderSetting.Default];

    /// <summary>How they step.</summary>
    [Key("leader.optimizer")]
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Sgd;

    /// <summary>Largest norm of a gradient; a longer one is scaled down to it. Infinite for none.</summary>
    [Key("leader.gradient_clip"), Range(Min = 0, ExclusiveMin = true, OrInfinity = true)]
    public double GradientClip { get; init => field = InRange.Of<LeaderOptions>(value); } = double.PositiveInfinity;

    /// <summary>β₁ of Adam.</summary>
    [Key("leader.adam_first_decay"), Range(Min = 0, Max = 1, ExclusiveMax = true), OnlyWith(nameof(Optimizer), OptimizerKind.Adam)]
    public double AdamFirstDecay { get; init => field = InRange.Of<LeaderOptions>(value); } = 0.9;

    /// <summary>β₂ of Adam.</summary>
    [Key("leader.adam_second_decay"), Range(Min = 0, Max = 1, ExclusiveMax = true), OnlyWith(nameof(Optimizer), OptimizerKind.Adam)]
    public double AdamSecondDecay { get; init => field = InRange.Of<LeaderOptions>(value); } = 0.999;

    /// <summary>ε of Adam.</summary>
    [Key("leader.adam_floor"), Range(Min = 0, ExclusiveMin = true), OnlyWith(nameof(Optimizer), OptimizerKind.Adam)]
    public double AdamFloor { get; init => field = InRange.Of<LeaderOptions>(value); } = 1e-8;

    /// <summary>Called after each step, to project x on what is allowed.</summary>
    [OnlyInCode]
    public Action<Engine, DeviceArray>? Projection { get; init; }

    /// <summary>Whether contexts are drawn each iteration or averaged.</summary>
    [Key("contexts")]
    public ContextMode ContextMode { get; init; } = ContextMode.Drawn;

    /// <summary>When the follower's solve stops.</summary>
    [OnlyInCode]
    public SolveOptions Follower { get; init; } = new();

    /// <summary>
    /// The follower, made for the configured MDP; null for the best response, solved as <see cref="Follower"/> says.
    /// </summary>
    [OnlyInCode]
    public Func<Mdp, Follower>? CreateFollower { get; init; }

    /// <summary>
    /// Whether the leaders step against the gradient of their objective, x ← x − η ∇F, rather than along it. Objectives, norms and
    /// gradients are reported as they are, with no sign turned; the best setting is then the one with the least.
    /// </summary>
    [Key("objective.minimize")]
    public bool Minimize { get; init; }

    /// <summary>Precision of storage and lanes.</summary>
    public Precision Precision { get; init; } = Precision.F64;

    /// <summary>Which axis the lanes run over.</summary>
    [OnlyInCode]
    public EngineLayout Layout { get; init; } = EngineLayout.Auto;

    /// <summary>Leaders that differ only in their seed.</summary>
    /// <param name="seed">Seed of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="temperature">τ; null for the problem's.</param>
    public static IReadOnlyList<LeaderSetting> Seeds(ulong seed, int count, Schedule learningRate, Schedule? temperature = null) =>
        [.. Enumerable.Range(0, count).Select(i => new LeaderSetting(seed + (ulong)i, learningRate, temperature))];
}
