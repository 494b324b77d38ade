using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Native;

/// <summary>
/// A follower of the caller's: it is handed the rewards and the start of each instance, and writes a policy, by whatever it does to come
/// by one. There are no values to see, so that leaders must control rewards only.
/// </summary>
internal sealed unsafe class CallbackFollower : TabularFollower
{
    private readonly delegate* unmanaged<void*, FollowerCall*, int> _respond;
    private readonly void* _user;
    private readonly double[] _reward;
    private readonly double[] _initial;
    private readonly double[] _policy;

    public CallbackFollower(Mdp mdp, SolveOptions options, delegate* unmanaged<void*, FollowerCall*, int> respond, void* user)
        : base(mdp, options)
    {
        if (mdp.Problem.ControlsTransitions || mdp.Problem.LeaderActions > 0)
            throw new InvalidInputException(
                $"follower: the leader of {mdp.Problem.Name} sets more than rewards, which needs the follower's values; expected rewards "
                    + $"only");
        _respond = respond;
        _user = user;
        _reward = new double[mdp.Engine.States * mdp.Engine.Actions];
        _policy = new double[_reward.Length];
        _initial = new double[mdp.Engine.States];
    }

    public override IEnumerable<(string Name, DeviceArray Array)> State => [];

    public override void Respond(ReadOnlySpan<ulong> seeds, uint iteration)
    {
        Engine engine = Mdp.Engine;
        for (int i = 0; i < engine.Instances; i++)
        {
            Mdp.Monitor.Check("followers asked", i, engine.Instances);
            engine.Download(Mdp.Reward, i, _reward);
            engine.Download(Mdp.Initial, i, _initial);
            _policy.AsSpan().Fill(1.0 / engine.Actions);
            int status;
            fixed (double* reward = _reward, initial = _initial, policy = _policy)
            {
                FollowerCall call = new()
                {
                    States = engine.States,
                    Actions = engine.Actions,
                    Instance = i,
                    Iteration = iteration,
                    Seed = seeds[i / engine.Options.InstancesPerLeader],
                    Reward = reward,
                    Initial = initial,
                    Policy = policy,
                };
                status = _respond(_user, &call);
            }

            if (status != 0)
                throw new InvalidOperationException($"the follower of instance {i} failed with status {status} in iteration {iteration}");
            RequirePolicy(i);
            engine.Upload(Policy, i, _policy);
        }
    }

    /// <summary>Throws unless each row is a distribution with no action of probability zero; divides it by its sum.</summary>
    private void RequirePolicy(int instance)
    {
        int actions = Mdp.Engine.Actions;
        for (int s = 0; s < Mdp.Engine.States; s++)
        {
            double sum = 0;
            for (int a = 0; a < actions; a++)
            {
                double p = _policy[(s * actions) + a];
                if (!(p >= 0 && double.IsFinite(p)))
                    throw new InvalidInputException($"follower: policy[{s}, {a}] of instance {instance} = {p}; expected a probability");
                sum += p;
            }

            if (!(Math.Abs(sum - 1) <= 1e-6))
                throw new InvalidInputException($"follower: policy[{s}] of instance {instance} sums to {sum}; expected 1");
            for (int a = 0; a < actions; a++) _policy[(s * actions) + a] /= sum;
        }
    }
}
