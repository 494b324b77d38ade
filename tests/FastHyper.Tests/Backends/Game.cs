using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

/// <summary>
/// A game on an engine with a random leader's policy f, and the same written out naively: the follower's MDP over z = (s, a),
/// P'((s',a')|z,b) = P(s'|s,a,b) f(a'|s'), in dense algebra. In the first state the leader never takes its first action.
/// </summary>
internal sealed class Game : IDisposable
{
    public Game(Device device)
    {
        Device = device;
        double[][] f = RandomInstances.Each(Data.Instances, _ => new double[Data.States * LeaderActions]);
        double[][] joint = Data.Policies();
        for (int i = 0; i < f.Length; i++)
        {
            for (int row = 0; row < joint[i].Length; row++) f[i][row / FollowerActions] += joint[i][row];
            if (LeaderActions == 1) continue;
            f[i][1] += f[i][0];
            f[i][0] = 0;
        }

        // What pads the array must not matter.
        Engine.Fill(Engine.LeaderPolicy!, double.NaN);
        SetLeader(f);
        F = device.Get(Engine.LeaderPolicy!);
    }

    public Device Device { get; }

    public Engine Engine => Device.Engine;

    public RandomInstances Data => Device.Data;

    public int LeaderActions => Engine.LeaderActions;

    public int FollowerActions => Engine.FollowerActions;

    /// <summary>f of each instance, (S, L), as the engine holds it.</summary>
    public double[][] F { get; }

    public void SetLeader(double[][] f)
    {
        for (int i = 0; i < f.Length; i++) Engine.Upload(Engine.LeaderPolicy!, i, f[i]);
    }

    /// <summary>The follower's MDP over z of one instance, under the leader's policy f.</summary>
    public Reference Chain(int instance, double[] f)
    {
        SparseMatrix p = Data.Transitions.Matrix;
        double[] probabilities = Engine.Options.OwnTransitions ? Data.Own[instance] : p.Values;
        long[] offsets = [.. p.Offsets.Select(offset => offset * LeaderActions)];
        int[] columns = [.. p.Columns.SelectMany(s => Enumerable.Range(s * LeaderActions, LeaderActions))];
        double[] values =
            [.. p.Columns.SelectMany((s, k) => Enumerable.Range(s * LeaderActions, LeaderActions).Select(z => probabilities[k] * f[z]))];
        return new Reference(
            new Transitions(
                Data.States * LeaderActions, FollowerActions,
                new SparseMatrix(Data.States * LeaderActions, offsets, columns, new double[values.Length])), values);
    }

    public Reference Chain(int instance) => Chain(instance, F[instance]);

    /// <summary>Random answers g(b|z), (S·L, A) of the follower alone.</summary>
    public double[][] Answers() => [.. Data.Policies().Select(joint => new Answers(joint, FollowerActions).G)];

    /// <summary>f(a|s) g(b|s,a).</summary>
    public double[] Joint(int instance, double[] g) => [.. g.Select((x, row) => F[instance][row / FollowerActions] * x)];

    /// <summary>Σ_a x(s,a).</summary>
    public double[] Sums(double[] x) => [.. x.Chunk(LeaderActions).Select(row => row.Sum())];

    /// <summary>Σ_a f(a|s) x(s,a).</summary>
    public double[] Means(int instance, double[] x) => Means(F[instance], x);

    public double[] Means(double[] f, double[] x) => Sums([.. x.Select((y, z) => f[z] * y)]);

    public void Dispose() => Device.Dispose();
}
