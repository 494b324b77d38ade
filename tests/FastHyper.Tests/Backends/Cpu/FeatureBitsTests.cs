using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Backends.Cpu;

/// <summary>Products with features against plain loops, and the same bits at every width and number of threads.</summary>
public class FeatureBitsTests
{
    public static TheoryData<bool, bool, EngineLayout, Precision> Engines
    {
        get
        {
            TheoryData<bool, bool, EngineLayout, Precision> data = [];
            foreach (bool perAction in (bool[])[false, true])
                foreach (bool dense in (bool[])[false, true])
                    foreach (EngineLayout layout in (EngineLayout[])[EngineLayout.States, EngineLayout.Instances])
                        foreach (Precision precision in Enum.GetValues<Precision>())
                            data.Add(perAction, dense, layout, precision);
            return data;
        }
    }

    // States of a group have the same features; from four states on there are few enough groups to be used.
    [Theory]
    [InlineData(true, Precision.F64)]
    [InlineData(true, Precision.F32)]
    [InlineData(false, Precision.F64)]
    [InlineData(false, Precision.F32)]
    public void ProductsOfGroupsAreThoseOfTheirStates(bool dense, Precision precision)
    {
        for (int states = 1; states <= 130; states++)
        {
            int actions = 1 + (states % 5), width = 1 + (states * 7 % 11);
            Case first = OnLanes(1, 64);
            foreach ((int threads, int laneBits) in ((int, int)[])[(2, 256), (1, 512), (2, 64)])
            {
                Case other = OnLanes(threads, laneBits);
                foreach (string name in first.Numbers.Keys) Assert.Equal(first.Numbers[name], other.Numbers[name]);
            }

            first.Expect(precision == Precision.F64 ? 1e-13 : 2e-5, $"{states} x {actions}, {width}");
            Assert.Equal(states >= 4, first.Groups > 0);

            Case OnLanes(int threads, int laneBits)
            {
                using CpuBackend backend = new(threads, laneBits);
                return Compute(backend, states, actions, width, true, dense, EngineLayout.States, precision, grouped: true);
            }
        }
    }

    // Every number of states to 130, and features up to 40, go through all tails of registers, tiles and blocks.
    [Theory, MemberData(nameof(Engines))]
    public void ProductsAreThoseOfPlainLoops(bool perAction, bool dense, EngineLayout layout, Precision precision)
    {
        double tolerance = precision == Precision.F64 ? 1e-13 : 2e-5;
        for (int states = 1; states <= 130; states++)
        {
            int actions = 1 + (states % (states < 20 ? 9 : 3)), width = 1 + (states * 7 % (states < 20 ? 40 : 11));
            Case first = OnLanes(1, 64);
            foreach ((int threads, int laneBits) in ((int, int)[])[(2, 256), (1, 512), (2, 64)])
            {
                Case other = OnLanes(threads, laneBits);
                foreach (string name in first.Numbers.Keys) Assert.Equal(first.Numbers[name], other.Numbers[name]);
            }

            first.Expect(tolerance, $"{states} x {actions}, {width}");

            Case OnLanes(int threads, int laneBits)
            {
                using CpuBackend backend = new(threads, laneBits);
                return Compute(backend, states, actions, width, perAction, dense, layout, precision);
            }
        }
    }

    /// <summary>What verbs with features come to on a backend, and plain loops.</summary>
    internal static Case Compute(
        Backend backend, int states, int actions, int width, bool perAction, bool dense, EngineLayout layout, Precision precision,
        bool grouped = false)
    {
        int instances = layout == EngineLayout.Instances ? 3 : 1, rows = perAction ? states : states * actions, pairs = states * actions;
        double[] numbers = Draws(rows * width, 1);
        if (!dense) for (int k = 0; k < numbers.Length; k++) if (k % 3 != 0) numbers[k] = 0;
        int repeated = width * Math.Max(1, states / 5);
        if (grouped) for (int k = repeated; k < numbers.Length; k++) numbers[k] = numbers[k - repeated];
        FeatureRows features = dense
            ? perAction ? FeatureRows.OfStates(states, actions, numbers) : FeatureRows.OfPairs(states, actions, numbers)
            : perAction
                ? FeatureRows.OfStates(states, actions, Sparse(rows, width, numbers))
                : FeatureRows.OfPairs(states, actions, Sparse(rows, width, numbers));
        features = features.Fitted([.. Draws(pairs, 2).Select(Math.Abs)], 0);
        Transitions transitions = Transitions(states, actions);
        using Engine engine = backend.CreateEngine(transitions, new EngineOptions(instances, 1, Precision: precision, Layout: layout));
        double temperature = 0.7;
        engine.SetTemperatures([.. Enumerable.Repeat(temperature, instances)]);
        int c = features.Count;
        double[] w = Draws(instances * c, 3), y = Draws(pairs, 4), sums = new double[instances * c],
            matrices = new double[instances * c * c];
        using DeviceArray v = engine.Allocate(ArrayKind.State), policy = engine.Allocate(ArrayKind.StateAction),
            values = engine.Allocate(ArrayKind.StateAction), given = engine.Allocate(ArrayKind.StateAction);
        for (int i = 0; i < instances; i++) engine.Upload(given, i, y);
        engine.FeatureValues(features, w, weighted: true, values);
        engine.FeatureResponse(features, w, v, policy);
        engine.FeatureSums(features, given, weighted: true, sums);
        engine.FeatureMatrices(features, policy, 0.9, matrices);
        using DeviceArray shares = engine.Allocate(ArrayKind.StateAction), flows = engine.Allocate(ArrayKind.Entry),
            backup = engine.Allocate(ArrayKind.StateAction);
        double[] d = [.. Draws(pairs, 5).Select(value => value < -0.3 ? 0 : Math.Abs(value))];
        double[] f = Draws(transitions.EntryCount, 6);
        for (int k = 0; k < f.Length; k++) if (d[k / (f.Length / pairs)] == 0) f[k] = 0;
        for (int i = 0; i < instances; i++)
        {
            engine.Upload(shares, i, d);
            engine.Upload(flows, i, f);
        }

        engine.WeightedBackup(shares, given, flows, v, 0.9, backup);
        using DeviceArray arrivals = engine.Allocate(ArrayKind.State);
        engine.TransposedFlows(flows, given, 0.7, arrivals);
        double[] sampled = new double[instances * c * c];
        engine.FeatureMatrices(features, policy, 0.9, sampled, shares, flows);
        int last = instances - 1;
        Case result = new() { Groups = features.Groups?.Count ?? 0 };
        double[] pi = Read(policy, pairs), q = new double[pairs], softMaxima = new double[states], attained = new double[pairs];
        result.Numbers["values"] = Read(values, pairs);
        result.Numbers["V"] = Read(v, states);
        result.Numbers["policy"] = pi;
        result.Numbers["backup"] = Read(backup, pairs);
        result.Numbers["arrivals"] = Read(arrivals, states);
        result.Numbers["sums"] = sums[(last * c)..];
        result.Numbers["matrices"] = matrices[(last * c * c)..];
        result.Numbers["sampled matrices"] = sampled[(last * c * c)..];

        double[][] phi = [.. Enumerable.Range(0, pairs).Select(row => Row(features, row / actions, row % actions))];
        for (int row = 0; row < pairs; row++) q[row] = phi[row].Zip(w[(last * c)..], (f, weight) => f * weight).Sum();
        for (int s = 0; s < states; s++)
        {
            double[] of = q[(s * actions)..((s + 1) * actions)];
            double maximum = of.Max(), total = of.Sum(value => Math.Exp((value - maximum) / temperature));
            softMaxima[s] = maximum + (temperature * Math.Log(total));
            for (int a = 0; a < actions; a++) attained[(s * actions) + a] = Math.Exp((of[a] - maximum) / temperature) / total;
        }

        double[] expectedSums = new double[c], expectedMatrices = new double[c * c], expectedSampled = new double[c * c];
        for (int row = 0; row < pairs; row++)
        {
            double weight = features.Weights![row];
            double[] difference = [.. phi[row]], flow = [.. phi[row].Select(number => d[row] * number)];
            int[] columns = new int[transitions.LongestRow];
            double[] probabilities = new double[transitions.LongestRow];
            int entries = transitions.CopyRow(row / actions, row % actions, columns, probabilities);
            for (int e = 0; e < entries; e++)
                for (int b = 0; b < actions; b++)
                    for (int j = 0; j < c; j++)
                    {
                        double following = 0.9 * pi[(columns[e] * actions) + b] * phi[(columns[e] * actions) + b][j];
                        difference[j] -= probabilities[e] * following;
                        flow[j] -= f[(row * (f.Length / pairs)) + e] * following;
                    }

            for (int i = 0; i < c; i++)
            {
                expectedSums[i] += weight * phi[row][i] * y[row];
                for (int j = 0; j < c; j++)
                {
                    expectedMatrices[(i * c) + j] += weight * phi[row][i] * difference[j];
                    expectedSampled[(i * c) + j] += phi[row][i] * flow[j];
                }
            }
        }

        int each = f.Length / pairs;
        result.Expected["backup"] = [.. Enumerable.Range(0, pairs).Select(row =>
            (d[row] * y[row]) + (0.9 * Enumerable.Range(row * each, each).Sum(k => f[k] * softMaxima[transitions.Matrix.Columns[k]])))];
        double[] arriving = new double[states];
        for (int k = 0; k < f.Length; k++) arriving[transitions.Matrix.Columns[k]] += 0.7 * f[k] * y[k / each];
        result.Expected["arrivals"] = arriving;
        result.Expected["values"] = [.. q.Select((value, row) => features.Weights![row] * value)];
        result.Expected["V"] = softMaxima;
        result.Expected["policy"] = attained;
        result.Expected["sums"] = expectedSums;
        result.Expected["matrices"] = expectedMatrices;
        result.Expected["sampled matrices"] = expectedSampled;
        return result;

        double[] Read(DeviceArray array, int length)
        {
            double[] read = new double[length];
            engine.Download(array, last, read);
            return read;
        }
    }

    private static double[] Row(FeatureRows features, int state, int action)
    {
        double[] row = new double[features.Count];
        features.Row(state, action, out int first, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
        for (int j = 0; j < values.Length; j++) row[first + (features.Dense is null ? columns[j] : j)] = values[j];
        return row;
    }

    private static SparseMatrix Sparse(int rows, int width, double[] numbers)
    {
        long[] offsets = new long[rows + 1];
        List<int> columns = [];
        List<double> values = [];
        for (int row = 0; row < rows; row++)
        {
            for (int j = 0; j < width; j++)
            {
                if (numbers[(row * width) + j] == 0) continue;
                columns.Add(j);
                values.Add(numbers[(row * width) + j]);
            }

            offsets[row + 1] = columns.Count;
        }

        return new SparseMatrix(width, offsets, [.. columns], [.. values]);
    }

    private static Transitions Transitions(int states, int actions)
    {
        int rows = states * actions, each = Math.Min(states, 3);
        int[] columns = [.. Enumerable.Range(0, rows)
            .SelectMany(row => Enumerable.Range(0, each).Select(e => ((row * 5) + (e * Math.Max(1, states / each))) % states).Order())];
        return new Transitions(
            states, actions,
            new SparseMatrix(
                states, [.. Enumerable.Range(0, rows + 1).Select(row => (long)row * each)], columns,
                [.. Enumerable.Repeat(0.9 / each, rows * each)]));
    }

    private static double[] Draws(int count, uint what) =>
        [.. Enumerable.Range(0, count).Select(k => Philox.Uniforms((uint)k, Philox.Purpose.Problem, what, 3, 1).First - 0.5)];

    /// <summary>Numbers by name, and what they have to be.</summary>
    internal sealed class Case
    {
        public Dictionary<string, double[]> Numbers { get; } = [];

        public Dictionary<string, double[]> Expected { get; } = [];

        /// <summary>Groups of states with the same features; 0 where there are none.</summary>
        public int Groups { get; init; }

        public void Expect(double tolerance, string what)
        {
            foreach (string name in Numbers.Keys)
            {
                double scale = Expected[name].Max(Math.Abs) + 1e-300,
                    error = Close.Largest(Close.Difference(Numbers[name], Expected[name]));
                Assert.True(
                    error <= tolerance * scale * (name.EndsWith("matrices", StringComparison.Ordinal) ? 10 : 1),
                        $"{name}, {what}: {error / scale:E2}");
            }
        }
    }
}
