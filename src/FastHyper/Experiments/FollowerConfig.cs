using FastHyper.Experiments.Configuration;
using FastHyper.Followers;

namespace FastHyper.Experiments;

/// <summary>Who answers the leader.</summary>
public enum FollowerKind
{
    /// <summary>The best response, solved to its tolerance.</summary>
    BestResponse,

    /// <summary>A fixed number of soft sweeps a leader iteration.</summary>
    Sweeps,

    /// <summary>Tabular soft Q-learning from the follower's own samples.</summary>
    QLearning,
}

/// <summary>The follower.</summary>
public sealed class FollowerConfig : NotingOptions
{
    /// <summary>Who answers: best-response, sweeps or q-learning. Runs are judged by the best response whichever it is.</summary>
    public FollowerKind Kind { get => Read(field); set; }

    /// <summary>sweeps: soft sweeps a leader iteration.</summary>
    [SameRange(typeof(SweepFollower), nameof(SweepFollower.Sweeps))]
    public int Sweeps { get => Read(field); set; } = 10;

    /// <summary>q-learning: how it learns.</summary>
    public LearningConfig Learning { get => Read(field); set; } = new();

    /// <summary>sweeps, q-learning: whether it starts from its last values, rather than from zero.</summary>
    public bool CarryOver { get => Read(field); set; } = true;

    /// <summary>Largest change of a value in the last sweep, in reward units.</summary>
    [SameRange(typeof(SolveOptions), nameof(SolveOptions.Tolerance))]
    public double Tolerance { get => Read(field); set; } = 1e-4;

    /// <summary>auto, sweeps, gauss-seidel, shifted, anderson or policy-iteration.</summary>
    public SolveMethod Method { get => Read(field); set; }

    /// <summary>Sweeps at the most.</summary>
    [SameRange(typeof(SolveOptions), nameof(SolveOptions.MaximalSweeps))]
    public int MaximalSweeps { get => Read(field); set; } = new SolveOptions().MaximalSweeps;

    /// <summary>The follower of that kind.</summary>
    /// <param name="mdp">What it responds to.</param>
    public Follower Create(Problems.Mdp mdp) => Maker()(mdp);

    /// <summary>As options of the solve.</summary>
    public SolveOptions ToOptions() => new() { Tolerance = Tolerance, Method = Method, MaximalSweeps = MaximalSweeps };

    /// <summary>What makes the follower of that kind, with all that it needs of these options.</summary>
    internal Func<Problems.Mdp, Follower> Maker()
    {
        SolveOptions options = ToOptions();
        switch (Kind)
        {
            case FollowerKind.Sweeps:
                (int sweeps, bool carryOver) = (Sweeps, CarryOver);
                return mdp => new SweepFollower(mdp, sweeps, carryOver, options);
            case FollowerKind.QLearning:
                QLearningOptions learning = Learning.ToOptions(CarryOver);
                return mdp => new QLearningFollower(mdp, learning, options);
            default:
                return mdp => SolvedFollower.Create(mdp, options);
        }
    }
}

/// <summary>How a follower learns.</summary>
public sealed class LearningConfig : NotingOptions
{
    private static readonly QLearningOptions s_default = new();

    /// <summary>Environment steps of a round.</summary>
    [SameRange(typeof(QLearningOptions), nameof(QLearningOptions.Steps))]
    public int Steps { get => Read(field); set; } = s_default.Steps;

    /// <summary>Rounds in a leader iteration: the policy that acts is renewed after each.</summary>
    [SameRange(typeof(QLearningOptions), nameof(QLearningOptions.Rounds))]
    public int Rounds { get => Read(field); set; } = s_default.Rounds;

    /// <summary>Step size α.</summary>
    [SameRange(typeof(QLearningOptions), nameof(QLearningOptions.StepSize))]
    public double StepSize { get => Read(field); set; } = s_default.StepSize;

    /// <summary>Steps after which an episode is cut.</summary>
    [SameRange(typeof(QLearningOptions), nameof(QLearningOptions.EpisodeLimit))]
    public int EpisodeLimit { get => Read(field); set; } = s_default.EpisodeLimit;

    /// <summary>As options of the follower.</summary>
    /// <param name="carryOver">Whether the table is carried over.</param>
    public QLearningOptions ToOptions(bool carryOver) => new() { Steps = Steps, Rounds = Rounds, StepSize = StepSize, EpisodeLimit = EpisodeLimit, CarryOver = carryOver };
}
