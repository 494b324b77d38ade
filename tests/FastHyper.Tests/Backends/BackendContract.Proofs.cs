using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

public abstract partial class BackendContract
{
    [Theory, MemberData(nameof(Engines))]
    public void ProofsOfValuesAreTheNormsOfTheResidual(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] values = d.Data.Numbers(37, d.Data.Instances), policies = d.Data.Policies();
        DeviceArray policy = d.Put(ArrayKind.StateAction, policies), reward = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        DeviceArray residual = d.Unwritten(ArrayKind.StateAction);
        foreach (ArrayKind kind in (ArrayKind[])[ArrayKind.State, ArrayKind.WideState])
        {
            LinearResidual[] found = new LinearResidual[d.Data.Instances];
            d.Engine.EvaluationResidual(d.Put(kind, values), policy, reward, 0.4, residual, found);
            double[][] left = d.Get(residual);
            for (int i = 0; i < found.Length; i++)
            {
                double[] next = d.Reference(i).ActionValues(values[i], d.Data.Rewards[i], 0.4);
                double[] expected = Means(policies[i], [.. next.Select((q, row) => q - values[i][row / 3])]);
                Near(expected.Max(Math.Abs), found[i].Residual);
                Near(values[i].Max(Math.Abs), found[i].Solution);
                Near(Means(policies[i], d.Data.Rewards[i]).Max(Math.Abs), found[i].Source);
                for (int row = 0; row < left[i].Length; row++) Assert.Equal(expected[row / 3], left[i][row], 1e-5);
            }
        }

        void Near(double expected, double actual) => Assert.Equal(expected, actual, d.Narrow ? 1e-5 : 1e-12);
    }

    [Theory, MemberData(nameof(Engines))]
    public void ProofsOfAdjointsAreTheSumsOfTheResidual(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] values = d.Data.Numbers(37, d.Data.Instances), policies = d.Data.Policies(),
            sources = d.Data.Numbers(37, d.Data.Instances);
        DeviceArray policy = d.Put(ArrayKind.StateAction, policies), source = d.Put(ArrayKind.State, sources);
        DeviceArray residual = d.Unwritten(ArrayKind.State);
        foreach (ArrayKind kind in (ArrayKind[])[ArrayKind.State, ArrayKind.WideState])
        {
            foreach (DeviceArray? written in (DeviceArray?[])[null, residual])
            {
                LinearResidual[] found = new LinearResidual[d.Data.Instances];
                if (kind == ArrayKind.WideState && written is null && d.Engine.Options.Precision == Precision.F64) continue;
                d.Engine.AdjointResidual(d.Put(kind, values), policy, source, 0.4, written, found);
                for (int i = 0; i < found.Length; i++)
                {
                    double[] rows = [.. policies[i].Select((p, row) => p * values[i][row / 3])];
                    double[] flow = d.Reference(i).TransposedProduct(rows, 0.4);
                    double[] expected = [.. flow.Select((f, s) => sources[i][s] + f - values[i][s])];
                    Near(expected.Sum(Math.Abs), found[i].Residual);
                    Near(values[i].Sum(Math.Abs), found[i].Solution);
                    Near(sources[i].Sum(Math.Abs), found[i].Source);
                    Near(values[i].Sum(), found[i].SolutionSum);
                    Near(sources[i].Sum(), found[i].SourceSum);
                    if (written is null) continue;
                    double[] left = d.Get(residual)[i];
                    for (int s = 0; s < left.Length; s++) Assert.Equal(expected[s], left[s], 1e-5);
                }
            }
        }

        void Near(double expected, double actual) => Assert.Equal(expected, actual, d.Narrow ? 1e-4 : 1e-11);
    }

    /// <summary>A proof is no proof where a number that goes in is not finite, and tells the others all the same.</summary>
    [Theory, MemberData(nameof(Engines))]
    public void ProofsNeverDropWhatIsNotANumber(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        DeviceArray policy = d.Put(ArrayKind.StateAction, d.Data.Policies());
        foreach (int state in (int[])[0, 17, 36])
        {
            double[][] rewards = [.. d.Data.Rewards.Select(r => r.ToArray())], sources = d.Data.Numbers(37, d.Data.Instances);
            rewards[^1][(3 * state) + 1] = sources[^1][state] = double.NaN;
            LinearResidual[] values = new LinearResidual[d.Data.Instances], adjoints = new LinearResidual[d.Data.Instances];
            DeviceArray v = d.Put(ArrayKind.State, d.Data.Numbers(37, d.Data.Instances));
            d.Engine.EvaluationResidual(v, policy, d.Put(ArrayKind.StateAction, rewards), 0.4, null, values);
            d.Engine.AdjointResidual(v, policy, d.Put(ArrayKind.State, sources), 0.4, null, adjoints);
            for (int i = 0; i < values.Length; i++)
                Assert.Equal(
                    (i == values.Length - 1, i == values.Length - 1),
                    (double.IsNaN(values[i].Relative), double.IsNaN(adjoints[i].Relative)));
        }
    }

    private static double[] Means(double[] policy, double[] rows) =>
        [.. Enumerable.Range(0, rows.Length / 3).Select(s => Enumerable.Range(3 * s, 3).Sum(row => policy[row] * rows[row]))];
}
