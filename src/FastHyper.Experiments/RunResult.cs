using FastHyper.Backends;
using FastHyper.Files;
using FastHyper.Leaders;

namespace FastHyper.Experiments;

/// <summary>
/// result.npz: what each leader came to. iteration (), leader, setting, seed and objective (n), x (n, P), and of a finite problem, at
/// its own temperature and for each of its C contexts, policy (n, C, S, A) and V (n, C, S); in a game policy is that of both together, over
/// the pairs of their actions.
/// </summary>
internal static class RunResult
{
    // 128 MiB of policies; more are computed from x where they are needed.
    private const long MostNumbers = 1 << 24;

    public static void Write(FileStore store, string path, Leader leader, ObjectiveEvaluator evaluator, int seeds, double[] objectives)
    {
        int leaders = objectives.Length;
        using NpzWriter writer = NpzWriter.Create(path, store);
        writer.WriteScalar("iteration", leader.Iteration);
        writer.Write("leader", [.. Enumerable.Range(0, leaders)], leaders);
        writer.Write("setting", [.. Enumerable.Range(0, leaders).Select(i => i / seeds)], leaders);
        writer.Write("seed", [.. leader.Settings.Select(setting => (long)setting.Seed)], leaders);
        writer.Write("objective", objectives, leaders);
        Engine engine = evaluator.Instances.Engine;
        int parameters = evaluator.Instances.Problem.ParameterCount;
        Array("x", evaluator.Instances.X, leaders, [leaders, parameters]);
        if (evaluator.Follower is Followers.SolvedFollower response)
        {
            int contexts = engine.Options.InstancesPerLeader, states = engine.States;
            long numbers = (long)engine.Instances * response.Policy.Length;
            if (numbers <= MostNumbers)
            {
                Array("policy", response.Policy, engine.Instances, [leaders, contexts, states, response.Policy.Length / states]);
                int[] values = response.V.Length == states ? [leaders, contexts, states]
                    : [leaders, contexts, states, response.V.Length / states];
                Array("V", response.V, engine.Instances, values);
            }
        }

        writer.Commit();

        void Array(string name, DeviceArray array, int count, int[] shape)
        {
            double[] all = new double[(long)count * array.Length];
            for (int i = 0; i < count; i++) engine.Download(array, i, all.AsSpan(i * array.Length, array.Length));
            writer.Write(name, all, shape);
        }
    }
}
