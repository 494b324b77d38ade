using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.BlackBoxes;

/// <summary>The world of a black box: one instance of the configured MDP, as it appears to those who act in it.</summary>
public sealed class BlackBoxWorld
{
    // Any constant parts the world's draws from the leader's.
    private const ulong WorldKey = 0xA24BAED4963EE407;
    private const uint DrawsBetweenLooks = 1 << 12;
    private readonly Mdp _mdp;
    private readonly double[] _reward;
    private readonly double[] _initial;
    private readonly double[] _own;
    private double[] _probabilities = [];
    private ulong _seed;
    private uint _instance;
    private uint _iteration;
    private uint _draws;

    internal BlackBoxWorld(Mdp mdp)
    {
        _mdp = mdp;
        _reward = new double[mdp.Engine.States * mdp.Engine.Actions];
        _initial = new double[mdp.Engine.States];
        _own = mdp.Engine.Probabilities is null ? [] : new double[mdp.Problem.Transitions.Matrix.EntryCount];
    }

    /// <summary>Number of states S.</summary>
    public int States => _mdp.Engine.States;

    /// <summary>Number of actions A.</summary>
    public int Actions => _mdp.Engine.Actions;

    /// <summary>The follower's discount γ.</summary>
    public double Discount => _mdp.Problem.Discount;

    /// <summary>Temperature τ that the problem says the follower has; what the agent makes of it is its own affair.</summary>
    public double Temperature { get; private set; }

    /// <summary>The state that it is in.</summary>
    public int State { get; private set; }

    /// <summary>Whether the episode has ended.</summary>
    public bool Ended { get; private set; } = true;

    /// <summary>Begins an episode.</summary>
    /// <returns>Its first state.</returns>
    public int Reset()
    {
        State = Choose(_initial, 0, _initial.Length, Draw(), _initial.Length - 1);
        Ended = false;
        return State;
    }

    /// <summary>Acts.</summary>
    /// <param name="action">a.</param>
    /// <returns>The follower's reward r(s,a).</returns>
    /// <exception cref="InvalidOperationException">The action does not exist, or the episode has ended.</exception>
    public double Step(int action)
    {
        if (Ended) throw new InvalidOperationException("the episode has ended; expected a reset");
        if ((uint)action >= (uint)Actions)
            throw new InvalidOperationException($"the follower's action in state {State} is {action}; expected 0 to {Actions - 1}");
        SparseMatrix matrix = _mdp.Problem.Transitions.Matrix;
        int row = (State * Actions) + action;
        long from = matrix.Offsets[row];
        int slot = Choose(_probabilities, from, (int)(matrix.Offsets[row + 1] - from), Draw(), -1);
        Ended = slot < 0;
        if (!Ended) State = matrix.Columns[from + slot];
        return _reward[row];
    }

    /// <summary>A uniform draw in [0, 1) that replays with the run.</summary>
    /// <exception cref="OperationCanceledException">The follower shall stop.</exception>
    public double Draw()
    {
        if (_draws % DrawsBetweenLooks == 0) _mdp.Monitor.Check("draws of the follower's world", _draws);
        return Philox.Uniforms(_draws++, Philox.Purpose.Step, _instance, _iteration, _seed).First;
    }

    internal void Enter(int instance, ulong seed, uint iteration)
    {
        Engine engine = _mdp.Engine;
        engine.Download(_mdp.Reward, instance, _reward);
        engine.Download(_mdp.Initial, instance, _initial);
        if (engine.Probabilities is not null) engine.Download(engine.Probabilities, instance, _own);
        _probabilities = engine.Probabilities is null ? _mdp.Problem.Transitions.Matrix.Values : _own;
        Temperature = _mdp.Temperatures[instance];
        (_instance, _seed, _iteration, _draws, Ended) =
            ((uint)(instance % engine.Options.InstancesPerLeader), seed ^ WorldKey, iteration, 0, true);
    }

    /// <summary>
    /// Which of the probabilities a draw falls to, from 0; beyond them all it is <paramref name="beyond"/>, unless what they
    /// lack of one is rounding.
    /// </summary>
    private static int Choose(double[] probabilities, long from, int count, double draw, int beyond)
    {
        const double rounding = 1e-9;
        int last = beyond;
        double left = 1;
        for (int k = 0; k < count; k++)
        {
            double p = probabilities[from + k];
            left -= p;
            if (p > 0) last = k;
            if ((draw -= p) < 0) return k;
        }

        return left < rounding ? last : beyond;
    }
}
