namespace FastHyper.Tests.Backends;

/// <summary>The follower's part of a joint policy: f(z) = Σ_b π(z,b) and g(b|z) = π(z,b)/f(z), z = (s, a).</summary>
internal sealed class Answers
{
    private readonly int _actions;

    public Answers(double[] joint, int actions)
    {
        _actions = actions;
        F = [.. joint.Chunk(actions).Select(row => row.Sum())];
        G = [.. joint.Select((p, row) => F[row / actions] == 0 ? 0 : p / F[row / actions])];
    }

    public double[] F { get; }

    public double[] G { get; }

    /// <summary>Σ_b g(b|z) q(z,b).</summary>
    public double Mean(double[] q, int z) => Samples.Mean(G, q, z, _actions);

    /// <summary>q(z,b) − τ log g(b|z) for every row (z,b).</summary>
    public double[] Entropic(double[] q, double temperature) =>
        [.. q.Select((x, row) => G[row] == 0 ? x : x - (temperature * Math.Log(G[row])))];
}
