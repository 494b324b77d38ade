using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.BlackBoxes;

/// <summary>
/// A follower as a black box: it lives in the world that the leader configured, and is seen only by what it does there.
/// One serves all instances; what it learns it keeps in the memory that it is handed, which checkpoints hold.
/// </summary>
public interface IBlackBoxAgent
{
    /// <summary>Adapts to the world as it is now, by whatever it does there.</summary>
    /// <param name="world">The world, to act in.</param>
    /// <param name="memory">(S·A) numbers of the agent's own, zero at first, kept between leader iterations.</param>
    void Adapt(BlackBoxWorld world, Span<double> memory);

    /// <summary>What it does in a state.</summary>
    /// <param name="state">s.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="draw">A uniform draw in [0, 1), should it want one: a run replays if there is no other chance in it.</param>
    int Act(int state, ReadOnlySpan<double> memory, double draw);
}

/// <summary>
/// A follower that nothing is known of but rollouts: the agent adapts, is then watched for a number of steps, and the policy
/// is what was seen, π̂(a|s) = (n(s,a) + κ/A)/(n(s) + κ), with κ imagined visits of uniform actions; uniform where it never
/// came. The leader's own samples are drawn from π̂. There are no values to see (V is zero), so that leaders must control
/// rewards only. O(steps) of the agent, on the host.
/// </summary>
public sealed class BlackBoxFollower : TabularFollower
{
    private readonly IBlackBoxAgent _agent;
    private readonly DeviceArray _memory;
    private readonly double[] _host;
    private readonly double[] _counts;
    private readonly BlackBoxWorld _world;

    /// <summary>Watches an agent.</summary>
    /// <param name="mdp">What it responds to.</param>
    /// <param name="agent">The agent.</param>
    /// <param name="steps">Steps that it is watched for in each leader iteration.</param>
    /// <param name="episodeLimit">Steps after which an episode is cut.</param>
    /// <param name="prior">κ, above 0.</param>
    /// <param name="options">How what is linear in an estimate is solved.</param>
    /// <exception cref="InvalidInputException">An option is out of range, or the leader controls transitions.</exception>
    public BlackBoxFollower(
        Mdp mdp, IBlackBoxAgent agent, int steps = 1000, int episodeLimit = 200, double prior = 1, SolveOptions? options = null)
        : base(mdp, options)
    {
        ArgumentNullException.ThrowIfNull(agent);
        Steps = InRange.Of<BlackBoxFollower>(steps, nameof(Steps));
        EpisodeLimit = InRange.Of<BlackBoxFollower>(episodeLimit, nameof(EpisodeLimit));
        Prior = InRange.Of<BlackBoxFollower>(prior, nameof(Prior));
        if (mdp.Problem.ControlsTransitions)
            throw new InvalidInputException(
                $"follower: the leader of {mdp.Problem.Name} controls transitions, which needs the follower's values; expected rewards "
                    + "only from a black box");
        if (mdp.Problem.LeaderActions > 0)
            throw new InvalidInputException(
                $"follower: the leader of {mdp.Problem.Name} acts, which needs the follower's values; expected rewards only from a black "
                    + "box");
        _agent = agent;
        _memory = mdp.Engine.Allocate(ArrayKind.StateAction);
        _host = new double[mdp.Engine.States * mdp.Engine.Actions];
        _counts = new double[_host.Length];
        _world = new BlackBoxWorld(mdp);
    }

    /// <summary>Steps that the agent is watched for in each leader iteration.</summary>
    [Range(Min = 1)]
    public int Steps { get; }

    /// <summary>Steps after which an episode is cut.</summary>
    [Range(Min = 1)]
    public int EpisodeLimit { get; }

    /// <summary>κ, the imagined visits of uniform actions in each state.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Prior { get; }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, DeviceArray Array)> State => [("follower_memory", _memory)];

    /// <inheritdoc/>
    public override void Respond(ReadOnlySpan<ulong> seeds, uint iteration)
    {
        Engine engine = Mdp.Engine;
        for (int i = 0; i < engine.Instances; i++)
        {
            Mdp.Monitor.Check("followers watched", i, engine.Instances);
            engine.Download(_memory, i, _host);
            _world.Enter(i, seeds[i / engine.Options.InstancesPerLeader], iteration);
            _agent.Adapt(_world, _host);
            Watch();
            engine.Upload(Policy, i, _counts);
            engine.Upload(_memory, i, _host);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) _memory.Dispose();
    }

    /// <summary>Counts what the agent does, and makes a policy of the counts.</summary>
    private void Watch()
    {
        int actions = Mdp.Engine.Actions;
        Array.Fill(_counts, Prior / actions);
        for (int done = 0; done < Steps;)
        {
            _world.Reset();
            for (int time = 0; time < EpisodeLimit && done < Steps && !_world.Ended; time++, done++)
            {
                int s = _world.State, a = _agent.Act(s, _host, _world.Draw());
                _world.Step(a);
                _counts[(s * actions) + a]++;
            }
        }

        for (int s = 0; s < Mdp.Engine.States; s++)
        {
            Span<double> row = _counts.AsSpan(s * actions, actions);
            double sum = 0;
            foreach (double n in row) sum += n;
            foreach (ref double n in row) n /= sum;
        }
    }
}
