using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Bench;

/// <summary>The building as one would write its loop: one step of one episode after another, with System.Random.</summary>
internal sealed class PlainBuilding
{
    private readonly LinearQuadraticArrays _arrays = new(4, 2);
    private readonly Random _random = new(1);
    private double? _spare;

    public PlainBuilding()
    {
        BuildingThermal.Create().Configure(new double[8], _arrays);
    }

    /// <summary>Sum of the leader's rewards, which nothing can leave out.</summary>
    public double Total { get; private set; }

    public void Roll(int steps, int limit)
    {
        double[] state = new double[4], next = new double[4], action = new double[2];
        for (int t = 0; t < steps; t++)
        {
            if (t % limit == 0)
                for (int i = 0; i < 4; i++) state[i] = 5 * Normal();
            double reward = 0, leader = 0, sum = 0, square = 0;
            for (int j = 0; j < 2; j++) action[j] = (-0.8 * state[j + 1]) + (0.2 * Normal());
            for (int i = 0; i < 4; i++)
            {
                next[i] = 0.02 * Normal();
                for (int j = 0; j < 4; j++) next[i] += _arrays.A[i, j] * state[j];
                for (int j = 0; j < 2; j++) next[i] += _arrays.B[i, j] * action[j];
                reward -= _arrays.Q[i, i] * state[i] * state[i];
                (sum, square) = (sum + state[i], square + (state[i] * state[i]));
            }

            for (int j = 0; j < 2; j++)
            {
                reward -= 0.01 * action[j] * action[j];
                leader -= 0.5 * action[j] * action[j];
            }

            Total += reward + leader - (square / 4) + (sum * sum / 16);
            (state, next) = (next, state);
        }
    }

    private double Normal()
    {
        if (_spare is double spare)
        {
            _spare = null;
            return spare;
        }

        double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())), angle = 2 * Math.PI * _random.NextDouble();
        _spare = radius * Math.Sin(angle);
        return radius * Math.Cos(angle);
    }
}
