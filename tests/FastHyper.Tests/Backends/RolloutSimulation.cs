using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

/// <summary>Rollouts written down again from the contract: which Philox draw decides what, and how.</summary>
internal sealed class RolloutSimulation(Device device, double[][] policies, RolloutShape shape)
{
    private readonly Transitions _transitions = device.Data.Transitions;
    private readonly int _trajectories = device.Data.Instances * shape.Streams;
    private readonly double[][] _initial = device.Get(device.Put(ArrayKind.State, device.Data.Initial));
    private readonly double[][] _rewards = device.Get(device.Put(ArrayKind.StateAction, device.Data.Rewards));
    private readonly double[][] _leaderRewards = device.Get(device.Put(ArrayKind.StateAction, device.Data.LeaderRewards));

    private readonly double[][] _probabilities = device.Engine.Probabilities is DeviceArray own
        ? device.Get(own)
        : RandomInstances.Each(device.Data.Instances, _ => device.Data.Transitions.Matrix.Values);

    public RolloutRecord Run(ulong[] seeds, uint iteration)
    {
        int length = shape.Steps * _trajectories;
        RolloutRecord record = new(
            new int[length], new int[length], new int[length], new double[length], new double[length], new int[length],
            new StepEnd[length]);
        for (int instance = 0; instance < device.Data.Instances; instance++)
            for (int w = 0; w < shape.Streams; w++)
                Stream(record, instance, w, seeds[instance / device.Engine.Options.InstancesPerLeader], iteration);
        return record;
    }

    /// <summary>The first index at which the running sum exceeds u; −1 if none does.</summary>
    private static int Inverse(IEnumerable<double> probabilities, double u)
    {
        double sum = 0;
        int index = 0;
        foreach (double p in probabilities)
        {
            sum += p;
            if (u < sum) return index;
            index++;
        }

        return -1;
    }

    private void Stream(RolloutRecord record, int instance, int w, ulong seed, uint iteration)
    {
        // The counter's third word numbers the streams of all the instances of a leader.
        uint trajectory = (uint)((instance % device.Engine.Options.InstancesPerLeader * shape.Streams) + w);
        int state = -1, time = 0;
        for (int t = 0; t < shape.Steps; t++)
        {
            if (state < 0)
            {
                state = Inverse(
                    _initial[instance],
                    _initial[instance].Sum() * Philox.Uniforms((uint)t, Philox.Purpose.Start, trajectory, iteration, seed).First);
                time = 0;
            }

            (double u, double v) = Philox.Uniforms((uint)t, Philox.Purpose.Step, trajectory, iteration, seed);
            int actions = _transitions.Actions;
            int action = Inverse(policies[instance].Skip(state * actions).Take(actions), u);
            if (action < 0) action = actions - 1;
            int row = (state * actions) + action;
            int begin = (int)_transitions.Matrix.Offsets[row], end = (int)_transitions.Matrix.Offsets[row + 1];
            double[] successors = _probabilities[instance][begin..end];
            int slot = Inverse(successors, v);
            if (slot < 0 && 1 - successors.Sum() < (device.Narrow ? 1e-5 : 1e-9)) slot = successors.Length - 1;

            int at = (t * _trajectories) + (instance * shape.Streams) + w;
            record.State[at] = state;
            record.Action[at] = action;
            record.Slot[at] = slot;
            record.Time[at] = time;
            record.Reward[at] = _rewards[instance][row];
            record.LeaderReward[at] = _leaderRewards[instance][row];
            bool cut = time + 1 == shape.EpisodeLimit || t + 1 == shape.Steps;
            record.End[at] = slot < 0 ? StepEnd.Terminated : cut ? StepEnd.Truncated : StepEnd.None;
            state = record.End[at] == StepEnd.None ? _transitions.Matrix.Columns[begin + slot] : -1;
            time++;
        }
    }
}
