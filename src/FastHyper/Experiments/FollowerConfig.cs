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
public sealed class FollowerConfig
{
    /// <summary>Who answers: best-response, sweeps or q-learning. Runs are judged by the best response whichever it is.</summary>
    public FollowerKind Kind { get; set; }

    /// <summary>sweeps: soft sweeps a leader iteration.</summary>
    [Range(Min = 1)]
    public int Sweeps { get; set; } = 10;

    /// <summary>q-learning: how it learns.</summary>
    public LearningConfig Learning { get; set; } = new();

    /// <summary>Whether a follower that is not solved exactly starts from its last values, rather than from zero.</summary>
    public bool CarryOver { get; set; } = true;

    /// <summary>Largest change of a value in the last sweep, in reward units.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Tolerance { get; set; } = 1e-4;

    /// <summary>auto, sweeps, gauss-seidel, shifted, anderson or policy-iteration.</summary>
    public SolveMethod Method { get; set; }

    /// <summary>Sweeps at the most.</summary>
    [Range(Min = 1)]
    public int MaximalSweeps { get; set; } = 1_000_000;

    /// <summary>The follower of that kind.</summary>
    /// <param name="mdp">What it responds to.</param>
    public Follower Create(Problems.Mdp mdp) => Kind switch
    {
        FollowerKind.Sweeps => new SweepFollower(mdp, Sweeps, CarryOver, ToOptions()),
        FollowerKind.QLearning => new QLearningFollower(mdp, Learning.ToOptions(CarryOver), ToOptions()),
        _ => new BestResponse(mdp, ToOptions()),
    };

    /// <summary>As options of the solve.</summary>
    public SolveOptions ToOptions() => new() { Tolerance = Tolerance, Method = Method, MaximalSweeps = MaximalSweeps };
}

/// <summary>How a follower learns.</summary>
public sealed class LearningConfig
{
    /// <summary>Environment steps of a round.</summary>
    [Range(Min = 1)]
    public int Steps { get; set; } = 1000;

    /// <summary>Rounds in a leader iteration: the policy that acts is renewed after each.</summary>
    [Range(Min = 1)]
    public int Rounds { get; set; } = 1;

    /// <summary>Step size α.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMin = true)]
    public double StepSize { get; set; } = 0.5;

    /// <summary>Steps after which an episode is cut.</summary>
    [Range(Min = 1)]
    public int EpisodeLimit { get; set; } = 200;

    /// <summary>As options of the follower.</summary>
    /// <param name="carryOver">Whether the table is carried over.</param>
    public QLearningOptions ToOptions(bool carryOver) => new() { Steps = Steps, Rounds = Rounds, StepSize = StepSize, EpisodeLimit = EpisodeLimit, CarryOver = carryOver };
}
