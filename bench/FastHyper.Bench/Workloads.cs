using FastHyper.Backends;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

namespace FastHyper.Bench;

/// <summary>An MDP to sweep over: transitions and follower's rewards r(s,a).</summary>
internal sealed record Workload(string Name, Transitions Transitions, Func<int, int, double> RewardOf)
{
    private double[]? _reward;

    /// <summary>γ of every workload.</summary>
    public const double Discount = 0.99;

    /// <summary>τ of every workload.</summary>
    public const double Temperature = 0.05;

    /// <summary>Rows of P, S·A.</summary>
    public int Rows => Transitions.States * Transitions.Actions;

    /// <summary>The rewards in an array, row s·A+a.</summary>
    public double[] Reward =>
        _reward ??= [.. Enumerable.Range(0, Rows).Select(row => RewardOf(row / Transitions.Actions, row % Transitions.Actions))];

    /// <summary>
    /// Bytes that a sweep must move at the least: each stored transition's column (4) and probability, each row's
    /// reward, V once read and once written.
    /// </summary>
    public long Bytes(int sizeOf) =>
        (Transitions.EntryCount * (4L + sizeOf)) + ((long)Rows * sizeOf) + (2L * Transitions.States * sizeOf);

    /// <summary>
    /// Bytes of the problem's arrays: compressed rows (offsets of 8, columns of 4, probabilities of 8 bytes) and rewards.
    /// </summary>
    public long ArrayBytes => (Transitions.EntryCount * 12L) + (16L * Rows);

    /// <summary>
    /// The MDPs that other solvers were timed on: a, 100 000 states with 8 random successors; b, the grid of 1000 × 1000
    /// cells; c, 20 000 states with 32 random successors; grid:n, the grid of n × n; and shuffled:n, its states in random order.
    /// </summary>
    public static Workload Peer(string name, bool quick) => name switch
    {
        "a" => Random(quick ? 10_000 : 100_000, 8, 8),
        "b" => Grid(quick ? 200 : 1000),
        "c" => Random(quick ? 5000 : 20_000, 16, 32, seed: 3),
        _ when name.StartsWith("grid:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), out int side) => Grid(side),
        _ when name.StartsWith("shuffled:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(9), out int side) =>
            Grid(side).Shuffled(),
        _ => throw new InvalidInputException($"problem '{name}'; expected a, b, c, grid:n or shuffled:n"),
    };

    /// <summary>The workload as a problem on a device, states as lanes where there is one leader.</summary>
    public Mdp OnDevice(Backend backend, double discount = Discount, int leaders = 1)
    {
        double[] initial = new double[Transitions.States];
        initial[0] = 1;
        IncentiveContext context = new(1, new AffineMap(RewardOf), new AffineMap((_, _) => 0), initial);
        IncentiveProblem problem = new(
            Name, Transitions, 0, new LinkMap(LinkKind.Identity), [context], (_, _) => { }, discount, discount, Temperature);
        Mdp mdp = new(problem, backend, leaders, layout: leaders == 1 ? EngineLayout.States : EngineLayout.Instances);
        mdp.Initialise([.. Enumerable.Range(1, leaders).Select(seed => (ulong)seed)]);
        mdp.Configure();
        return mdp;
    }

    /// <summary>An engine with states as lanes, its rewards and values.</summary>
    public Sweep CreateSweep(Backend backend, Precision precision) => new(this, backend, precision);

    /// <summary>
    /// Four moves on side × side cells; with a slip drawn for each cell from U(0.1, 0.4), one of the three other moves
    /// happens, or none, with weights drawn for each cell and action. A move into a wall stays.
    /// </summary>
    /// <param name="side">Cells a side.</param>
    /// <param name="seed">Key of the draws.</param>
    /// <param name="slips">What slips are multiplied with.</param>
    public static Workload Grid(int side, ulong seed = 1, double slips = 1)
    {
        return Create($"grid {side} x {side}", side * side, 4, 5, Row, seed);

        int Row(int s, int a, Span<int> columns, Span<double> values)
        {
            (int row, int column) = Math.DivRem(s, side);
            ReadOnlySpan<int> to =
            [
                row > 0 ? s - side : s,
                column < side - 1 ? s + 1 : s,
                row < side - 1 ? s + side : s,
                column > 0 ? s - 1 : s,
            ];
            Span<double> weights = stackalloc double[4];
            double slip = slips * (0.1 + (0.3 * Uniform(s, 0, seed))), sum = 0;
            for (int i = 0; i < 4; i++) sum += weights[i] = -Math.Log(1 - Uniform((4 * s) + a, 2 + (uint)i, seed));
            // Of the weights, the action's own is that of not moving.
            int stored = Add(columns, values, 0, s, slip * weights[a] / sum);
            for (int move = 0; move < 4; move++)
                stored = Add(columns, values, stored, to[move], move == a ? 1 - slip : slip * weights[move] / sum);
            columns[..stored].Sort(values[..stored]);
            return stored;
        }

        static int Add(Span<int> columns, Span<double> values, int stored, int column, double probability)
        {
            int at = columns[..stored].IndexOf(column);
            if (at >= 0)
            {
                values[at] += probability;
                return stored;
            }

            columns[stored] = column;
            values[stored] = probability;
            return stored + 1;
        }
    }

    /// <summary>
    /// The same moves at a cost of 1 each, to a goal in the middle that is never left; there a reward of −τ log A makes up for the
    /// entropy, so that it is worth nothing.
    /// </summary>
    /// <param name="temperature">τ.</param>
    public Workload TowardsAGoal(double temperature)
    {
        int goal = (Transitions.States + (int)Math.Sqrt(Transitions.States)) / 2;
        double rest = -temperature * Math.Log(Transitions.Actions);
        return new Workload(
            $"{Name} with a goal", Transitions.FromRows(Transitions.States, Transitions.Actions, 5, Row), (s, _) => s == goal ? rest : -1);

        int Row(int s, int a, Span<int> columns, Span<double> values)
        {
            if (s != goal) return Transitions.CopyRow(s, a, columns, values);
            (columns[0], values[0]) = (s, 1);
            return 1;
        }
    }

    /// <summary>The same with its states in random order.</summary>
    public Workload Shuffled(ulong seed = 5)
    {
        int states = Transitions.States, actions = Transitions.Actions, longest = 0;
        int[] order = [.. Enumerable.Range(0, states)], places = new int[states];
        for (int s = states - 1; s > 0; s--)
        {
            int other = (int)(Uniform(s, 3, seed) * (s + 1));
            (order[s], order[other]) = (order[other], order[s]);
        }

        for (int s = 0; s < states; s++) places[order[s]] = s;
        for (long row = 0; row < Rows; row++) longest = Math.Max(longest, Transitions.RowLength(row));
        return new Workload($"{Name}, shuffled", Transitions.FromRows(states, actions, longest, Row), (s, a) => RewardOf(order[s], a));

        int Row(int s, int a, Span<int> columns, Span<double> values)
        {
            int length = Transitions.CopyRow(order[s], a, columns, values);
            foreach (ref int column in columns[..length]) column = places[column];
            columns[..length].Sort(values[..length]);
            return length;
        }
    }

    /// <summary>Every row leads to distinct states drawn uniformly, with weights drawn from Dirichlet(1).</summary>
    public static Workload Random(int states, int actions, int successors, ulong seed = 2)
    {
        return Create($"random {states} x {actions} x {successors}", states, actions, successors, Row, seed);

        int Row(int s, int a, Span<int> columns, Span<double> values)
        {
            double sum = 0;
            uint draw = 0;
            for (int k = 0; k < successors; k++)
            {
                double weight;
                do
                {
                    (double where, weight) = Philox.Uniforms(draw++, Philox.Purpose.Problem, (uint)((s * actions) + a), 0, seed);
                    columns[k] = (int)(where * states);
                }
                while (columns[..k].Contains(columns[k]));
                sum += values[k] = -Math.Log(1 - weight);
            }

            for (int k = 0; k < successors; k++) values[k] /= sum;
            columns.Sort(values);
            return successors;
        }
    }

    private static Workload Create(string name, int states, int actions, int longest, TransitionRow row, ulong seed) =>
        new(name, Transitions.FromRows(states, actions, longest, row), (s, a) => Uniform((s * actions) + a, 1, seed));

    private static double Uniform(int which, uint stream, ulong seed) =>
        Philox.Uniforms((uint)which, Philox.Purpose.Problem, stream, 1, seed).First;
}

/// <summary>A workload on an engine, ready to be swept.</summary>
internal sealed class Sweep : IDisposable
{
    private readonly SweepStatus _status = new(1);

    public Sweep(Workload workload, Backend backend, Precision precision)
    {
        Engine = backend.CreateEngine(workload.Transitions, new EngineOptions(Precision: precision, Layout: EngineLayout.States));
        Engine.SetTemperatures([Workload.Temperature]);
        Reward = Engine.Allocate(ArrayKind.StateAction);
        V = Engine.Allocate(ArrayKind.State);
        Engine.Upload(Reward, 0, workload.Reward);
    }

    public Engine Engine { get; }

    public DeviceArray Reward { get; }

    public DeviceArray V { get; }

    /// <summary>Soft Bellman sweeps, none of which converges.</summary>
    public void Run(int count)
    {
        _status.Begin();
        Engine.SoftSweeps(V, Reward, Workload.Discount, new SweepLimits(count, -1, 0), _status);
    }

    public void Dispose()
    {
        Reward.Dispose();
        V.Dispose();
        Engine.Dispose();
    }
}

/// <summary>The sweep that a good engineer would write first: compressed rows in arrays, Math.Exp, one thread.</summary>
internal sealed class PlainSweep(Workload workload)
{
    private double[] _from = new double[workload.Transitions.States];
    private double[] _to = new double[workload.Transitions.States];

    public double[] V => _from;

    public void Run()
    {
        SparseMatrix p = workload.Transitions.Matrix;
        long[] offsets = p.Offsets;
        int[] columns = p.Columns;
        double[] values = p.Values, reward = workload.Reward, from = _from, to = _to;
        int actions = workload.Transitions.Actions;
        double[] q = new double[actions];
        for (int s = 0; s < to.Length; s++)
        {
            double maximum = double.NegativeInfinity;
            for (int a = 0; a < q.Length; a++)
            {
                int row = (s * actions) + a;
                double sum = 0;
                for (long k = offsets[row]; k < offsets[row + 1]; k++) sum += values[k] * from[columns[k]];
                q[a] = reward[row] + (Workload.Discount * sum);
                maximum = Math.Max(maximum, q[a]);
            }

            double total = 0;
            for (int a = 0; a < q.Length; a++) total += Math.Exp((q[a] - maximum) / Workload.Temperature);
            to[s] = maximum + (Workload.Temperature * Math.Log(total));
        }

        (_from, _to) = (_to, _from);
    }
}

/// <summary>Views of native memory.</summary>
internal static unsafe class NativeArrayViews
{
    public static Span<T> Span<T>(this NativeArray<T> array)
        where T : unmanaged => new(array.Pointer, checked((int)array.Length));
}
