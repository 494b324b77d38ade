using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

/// <summary>
/// MDP instances of one structure for tests: some rows empty (they terminate), some substochastic, rewards in [−1, 1).
/// Arrays are host order, one a instance.
/// </summary>
internal sealed class RandomInstances
{
    private readonly Random _random;

    public RandomInstances(int seed, int states, int actions, int instances = 1, double discount = 0.8)
    {
        _random = new Random(seed);
        Discount = discount;
        long[] offsets = new long[(states * actions) + 1];
        List<int> columns = [];
        for (int row = 0; row < states * actions; row++)
        {
            int successors = _random.Next(6) == 0 ? 0 : 1 + _random.Next(Math.Min(4, states));
            columns.AddRange(Enumerable.Range(0, states).OrderBy(_ => _random.Next()).Take(successors).Order());
            offsets[row + 1] = columns.Count;
        }

        Transitions = new Transitions(states, actions, new SparseMatrix(states, offsets, [.. columns], Probabilities(offsets)));
        Own = Each(instances, _ => Probabilities(offsets));
        Rewards = Each(instances, _ => Numbers(states * actions));
        LeaderRewards = Each(instances, _ => Numbers(states * actions));
        Initial = Each(instances, _ => Distribution(states));
        Temperatures = [.. Enumerable.Range(0, instances).Select(_ => 0.2 + _random.NextDouble())];
    }

    public Transitions Transitions { get; }

    public double Discount { get; }

    public double[][] Own { get; }

    public double[][] Rewards { get; }

    public double[][] LeaderRewards { get; }

    public double[][] Initial { get; }

    public double[] Temperatures { get; }

    public int States => Transitions.States;

    public int Actions => Transitions.Actions;

    public int Instances => Temperatures.Length;

    public static T[] Each<T>(int instances, Func<int, T> make) => [.. Enumerable.Range(0, instances).Select(make)];

    public double[] Numbers(int count) => Each(count, _ => (2 * _random.NextDouble()) - 1);

    public double[][] Numbers(int count, int instances) => Each(instances, _ => Numbers(count));

    public double[][] Policies() => Each(Instances, _ => Each(States, _ => Distribution(Actions)).SelectMany(row => row).ToArray());

    public Reference Reference(int instance, bool own) => new(Transitions, own ? Own[instance] : Transitions.Matrix.Values);

    private double[] Distribution(int count)
    {
        double[] weights = Each(count, _ => 0.05 + _random.NextDouble());
        double sum = weights.Sum();
        return [.. weights.Select(w => w / sum)];
    }

    private double[] Probabilities(long[] offsets)
    {
        List<double> values = [];
        for (int row = 0; row + 1 < offsets.Length; row++)
        {
            double mass = _random.Next(3) == 0 ? _random.NextDouble() : 1;
            values.AddRange(Distribution((int)(offsets[row + 1] - offsets[row])).Select(p => p * mass));
        }

        return [.. values];
    }
}
