using FastHyper.Experiments.Reports;

namespace FastHyper.Tests.Experiments.Reports;

/// <summary>A report on the four-rooms map with invented learning curves and a solved follower.</summary>
internal static class FourRoomsExample
{
    private const string Map =
        "xxxxxxxxxxxxx" +
        "x     x     x" +
        "x     x     x" +
        "x           x" +
        "x     x     x" +
        "x     x     x" +
        "xx xxxx     x" +
        "x     xxx xxx" +
        "x     x     x" +
        "x     x     x" +
        "x           x" +
        "x     x     x" +
        "xxxxxxxxxxxxx";

    private const int Side = 13;

    public static ReportData Report() => new(
        "Four rooms",
        "Bi-level learning on a configurable MDP: the leader places incentives so that the follower passes the target on its way to the "
            + "goal.",
        [
            new("Final objective", "1.35 ± 0.04"), new("Estimator", "bc-hg"), new("Temperature τ", "0.005"),
            new("Seeds", "10"), new("Leader iterations", "10,000"), new("Time", "41.7 s"),
        ],
        [Learning()],
        Maps(),
        "FastHyper 0.1.0 · seed 1 · cpu, 8 lanes · bands are one standard error over seeds. S start, G goal, T target.");

    public static Curve Learning()
    {
        double[] x = [.. Enumerable.Range(0, 401).Select(i => 25.0 * i)];
        return new Curve(
            "Leader objective while learning",
            "Leader iterations",
            "Objective J (discounted leader return)",
            [Series("BC-HG", x, 1.35, 1400, 1), Series("HPGD (MC)", x, 1.2, 3600, 2), Series("HPGD (SA)", x, 0.82, 3000, 3),
                Series("Naive", x, 0.02, 600, 4)],
            [new("Temperature continuation", 1.48), new("No incentives", -0.667)]);
    }

    public static GridMap[] Maps()
    {
        double[] incentive = new double[Side * Side];
        for (int i = 0; i < incentive.Length; i++)
        {
            (int row, int column) = (i / Side, i % Side);
            incentive[i] = Map[i] == 'x' ? double.NaN : row < 6 && column is > 4 and < 8 ? -0.06 : (row, column) is (3, 6) ? -0.18 : -0.002;
        }

        double[] none = [.. incentive.Select(value => double.IsNaN(value) ? value : 0)];
        double[] leader = [.. incentive.Select(
            (value, i) => double.IsNaN(value) ? value : 0.9 * Math.Exp(-0.3 * (Math.Abs(i / Side - 8) + Math.Abs(i % Side - 4))) - 0.35)];
        return
        [
            Solved("Before", none, 0.06), Solved("After 10,000 iterations", incentive, 0.02),
            new(
                "Leader's value, before", "leader value", Side, Side, Walls, [.. leader.Select(value => 0.4 * value - 0.1)], null, Marks,
                "Leader's value"),
            new("Leader's value, after", "leader value", Side, Side, Walls, leader, null, Marks, "Leader's value"),
        ];
    }

    private static bool[] Walls => [.. Map.Select(c => c == 'x')];

    private static GridMark[] Marks => [new(4, 1, "S"), new(1, 9, "G"), new(8, 4, "T")];

    private static CurveSeries Series(string name, double[] x, double final, double rate, int seed)
    {
        var members = new List<double[]>();
        for (int member = 0; member < 8; member++)
        {
            double phase = 7 * seed + 1.7 * member;
            double reach = final + 0.06 * Math.Sin(phase);
            members.Add([.. x.Select(t =>
                -0.667 + (reach + 0.667) / (1 + Math.Exp(4 - 6 * t / rate)) + 0.03 * Math.Sin(t / 90 + phase) * Math.Cos(
                    t / 37 + 2 * phase))]);
        }

        double[] mean = [.. x.Select((_, i) => members.Average(values => values[i]))];
        double[] error =
            [.. x.Select((_, i) => 2 * Math.Sqrt(members.Average(values => Math.Pow(values[i] - mean[i], 2)) / members.Count))];
        return new(name, x, mean, [.. mean.Zip(error, (m, e) => m - e)], [.. mean.Zip(error, (m, e) => m + e)], members);
    }

    private static GridMap Solved(string title, double[] incentive, double temperature)
    {
        int[] moves = [-Side, 1, Side, -1];
        int goal = Side + 9;
        double[] values = new double[Side * Side];
        double[] policy = new double[4 * Side * Side];
        for (int sweep = 0; sweep < 400; sweep++)
        {
            for (int cell = 0; cell < values.Length; cell++)
            {
                if (Map[cell] == 'x')
                    continue;
                double[] q = [.. moves.Select(
                    move => cell == goal ? 1 : incentive[cell] + 0.95 * values[Map[cell + move] == 'x' ? cell : cell + move])];
                double[] weights = [.. q.Select(value => Math.Exp((value - q.Max()) / temperature))];
                values[cell] = q.Zip(weights, (value, weight) => value * weight).Sum() / weights.Sum();
                for (int a = 0; a < 4; a++)
                    policy[4 * cell + a] = weights[a] / weights.Sum();
            }
        }

        return new(
            title, "follower value V", Side, Side, Walls, [.. values.Select((value, cell) => Map[cell] == 'x' ? double.NaN : value)],
            policy, Marks, "Follower's value and policy");
    }
}
